"""What goes wrong, as problem details (RFC 9457), with every fault of a request at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from hub.errors import HubError, Outdated, TransientError
from hub.front.inputs import BadInput
from hub.logs import mask
from hub.sync.once import KeyReused

TITLES = {
    400: "Verzoek klopt niet",
    401: "Geen geldig token",
    403: "Geen toegang",
    404: "Niet gevonden",
    405: "Methode niet mogelijk",
    406: "Antwoord niet mogelijk in deze vorm",
    409: "Kan nu niet",
    412: "Intussen gewijzigd",
    413: "Verzoek te groot",
    415: "Inhoud in deze vorm onleesbaar",
    422: "Sleutel al gebruikt",
    428: "Versie ontbreekt",
    429: "Te veel pogingen",
    500: "Fout in de hub",
    503: "Tijdelijk niet mogelijk",
}

_DETAILS = {
    404: "Dit adres bestaat niet. Zie /api/v1/openapi.json voor wat er is.",
    405: "Dit adres kent deze methode niet. De kop Allow noemt wat wel kan.",
    413: "Het verzoek is groter dan de hub aanneemt. Er is niets gewijzigd.",
    500: "De hub maakte een onverwachte fout. Er is niets gewijzigd. Meld dit uw beheerder.",
}


class Problem(Exception):
    """An answer that is a problem. `errors` name each fault with where it stands."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(f"{status}")
        self.status, self.detail = status, detail
        self.errors, self.headers, self.more = errors, dict(headers or {}), more

    def answer(self) -> Response:
        """Return the answer."""
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": TITLES.get(self.status, TITLES[400 if self.status < 500 else 500]),
            "status": self.status,
            "detail": self.detail,
            **self.more,
        }
        if self.errors:
            body["errors"] = list(self.errors)
        made = Response(
            json.dumps(body, ensure_ascii=False), self.status, mimetype="application/problem+json"
        )
        made.headers.update(self.headers)
        return made


def answer_in_problems(app: Flask) -> None:
    """Let every error of `app` be answered as a problem."""

    @app.errorhandler(Problem)
    def _problem(problem: Problem) -> Response:
        return problem.answer()

    @app.errorhandler(HubError)
    def _hub_error(error: HubError) -> Response:
        return _of_hub(error).answer()

    @app.errorhandler(HTTPException)
    def _other(error: HTTPException) -> Response:
        status = error.code or 500
        detail = _DETAILS.get(status, "De hub kan dit verzoek niet lezen. Er is niets gewijzigd.")
        made = Problem(status, detail).answer()
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                made.headers[name] = value
        return made


def _of_hub(error: HubError) -> Problem:
    """Return an error of the hub as a problem.

    What is asked well and cannot be done as things stand is a 409.
    """
    if isinstance(error, Outdated):
        told = {"ETag": f'"{error.version}"'} if error.version else {}
        return Problem(412, error.user, headers=told, changes=list(error.changes))
    if isinstance(error, KeyReused):
        return Problem(422, error.user)
    if isinstance(error, BadInput):
        return Problem(400, error.user)
    return Problem(503 if isinstance(error, TransientError) else 409, error.user)


def faults(messages: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what marshmallow found wrong, by place: `messages` are by location, then by field."""
    return [
        one
        for location, found in messages.items()
        for path, text in _texts(found)
        for one in [_fault(location, path, text)]
    ]


def _fault(location: str, path: tuple[str, ...], text: str) -> dict[str, Any]:
    # The name of an unknown field is what was sent, so it may be anything.
    parts = [mask(part)[:80] for part in path]
    name = ".".join(parts)
    pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
    place = {"pointer": pointer} if location == "json" else {"name": name}
    where = {"json": "body", "headers": "header"}.get(location, location)
    told = f"{name} {text}" if name else text
    return {"in": where, "location": place, "code": "invalid", "detail": told}


def _texts(found: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(found, Mapping):
        for name, inner in found.items():
            yield from _texts(inner, path if name == "_schema" else (*path, str(name)))
    else:
        for one in found if isinstance(found, list | tuple) else [found]:
            yield path, str(one)
