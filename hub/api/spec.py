"""The OpenAPI of this API, made from its routes and shapes, at /api/v1/openapi.json.

What every route has in common is added here once: problems, the version, who may call. It keeps
to the NL API Design Rules (Logius), which a test holds it to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Flask, Response, jsonify
from flask_smorest import Api

from hub.api.problems import TITLES
from hub.api.shapes.commands import CommandRequest
from hub.api.shapes.fields import ProblemDetails
from hub.api.shapes.findings import StepRequest
from hub.front.access import EVERYBODY, only

#: The full version, which every answer tells in its header API-Version.
VERSION = "1.0.0"

DESCRIPTION = """One overview per resident of debts to local government: the same sight, the same
rights and the same log as the pages. Amounts are euro cents, days are ISO, times have a zone."""

_CONTACT = {
    "name": "Schuldenhub",
    "url": "https://schuldenhub.example/",
    "email": "beheer@schuldenhub.example",
}

_VERSION_HEADER = {
    "API-Version": {
        "description": "The full version of this API.",
        "schema": {"type": "string", "example": VERSION},
    }
}
_ETAG_HEADER = {"ETag": {"description": "What to send in If-Match.", "schema": {"type": "string"}}}


def publish(app: Flask, api: Api) -> None:
    """Serve the OpenAPI of `api`, and tell its version with every answer of `app`."""
    api.spec.components.schema("ProblemDetails", schema=ProblemDetails)
    finished = finish(api.spec.to_dict())

    @app.get("/openapi.json")
    @only(EVERYBODY)
    def openapi() -> Response:
        return jsonify(finished)

    @app.after_request
    def _version(response: Response) -> Response:
        response.headers["API-Version"] = VERSION
        return response


def finish(told: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI document with what all its operations share."""
    told["info"] |= {
        "contact": _CONTACT,
        "license": {"name": "EUPL-1.2", "url": "https://eupl.eu/1.2/nl/"},
    }
    told["servers"] = [{"url": "/api/v1"}]
    told["security"] = [{"token": []}]
    told["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "Of `hub accounts api`."}
    }
    _tell_what_belongs_together(told["components"]["schemas"])
    for path, method, operation in _operations(told):
        operation["operationId"] = _id(path, method)
        _finish(path, operation)
    return told


def _operations(told: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in told["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation


def _id(path: str, method: str) -> str:
    words = [part.strip("_{}") for part in path.split("/") if part]
    return method + "".join(word.title().replace("_", "") for word in words)


def _finish(path: str, operation: dict[str, Any]) -> None:
    names = {one.get("name") for one in operation.get("parameters", [])}
    wrong = {400, 401, 403, 404, 405, 406, 409, 429, 500, 503}
    if "requestBody" in operation:
        wrong |= {413, 415}
    if "Idempotency-Key" in names:
        wrong |= {422}
    if "If-Match" in names:
        wrong |= {412, 428}
    for answer in operation["responses"].values():
        answer["headers"] = {**_VERSION_HEADER, **_ETAG_HEADER}
    for status in sorted(wrong):
        operation["responses"][str(status)] = _problem(status)


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    return {
        "description": TITLES[status],
        "headers": _VERSION_HEADER,
        "content": {"application/problem+json": {"schema": schema}},
    }


def _tell_what_belongs_together(schemas: dict[str, Any]) -> None:
    """Say what a list of fields alone cannot: which of them go together."""
    _one_of(schemas, "Search", [({}, ["bsn"]), ({}, ["surname", "birthDate"])])
    for shape in (CommandRequest, StepRequest):
        words = [({shape.by: [word]}, [*names]) for word, names in shape.needs.items()]
        _one_of(schemas, shape.__name__, words)


def _one_of(
    schemas: dict[str, Any], name: str, choices: Sequence[tuple[dict[str, list[str]], list[str]]]
) -> None:
    known = schemas[name]["properties"]
    schemas[name] = {
        "oneOf": [
            {
                "type": "object",
                "required": [*words, *names],
                "properties": {
                    **{one: {"type": "string", "enum": told} for one, told in words.items()},
                    **{one: known[one] for one in names},
                },
                "additionalProperties": False,
            }
            for words, names in choices
        ]
    }
