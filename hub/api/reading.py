"""Reading a request: JSON through the one strict reader, faults as one problem."""

from __future__ import annotations

from typing import Any, NoReturn

from flask import Request, request
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser

from hub.api.problems import Problem, faults
from hub.errors import PermanentError
from hub.wire import read_json


class _Parser(FlaskParser):
    """Refuses what is no JSON, and whatever no field asks for."""

    DEFAULT_VALIDATION_STATUS = 400
    DEFAULT_UNKNOWN_BY_LOCATION = {
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "json": RAISE,
        "query": RAISE,
    }

    def load_json(self, req: Request, schema: Any) -> Any:
        """Return the body. Raises Problem."""
        return body()

    def load_querystring(self, req: Request, schema: Any) -> Any:
        """Return what stands behind the question mark. Raises Problem for a name told twice."""
        twice = [name for name, values in req.args.lists() if len(values) > 1]
        if twice:
            errors = faults({"query": {name: ["staat er meer dan eens"] for name in twice}})
            raise Problem(400, "Een vraagteken-veld staat er meer dan eens.", errors=errors)
        return super().load_querystring(req, schema)

    def handle_error(
        self,
        error: ValidationError,
        req: Request,
        schema: Schema,
        *,
        error_status_code: int | None,
        error_headers: Any,
    ) -> NoReturn:
        """Answer every fault at once."""
        found = faults(error.messages_dict)
        detail = f"{len(found)} veld(en) kloppen niet. Er is niets gewijzigd."
        raise Problem(400, detail, errors=found)


def body() -> Any:
    """Return the JSON of this request. Raises Problem when there is none, or it is no JSON."""
    if request.mimetype != "application/json":
        raise Problem(415, "Stuur de inhoud als JSON, met de kop Content-Type: application/json.")
    try:
        return read_json(request.get_data(), "De inhoud van dit verzoek")
    except PermanentError as error:
        place = {"in": "body", "location": {"pointer": ""}, "code": "json", "detail": error.user}
        raise Problem(400, "De inhoud is geen leesbare JSON.", errors=[place]) from error


class Blueprint(SmorestBlueprint):
    """A group of routes of the API."""

    ARGUMENTS_PARSER = _Parser()
