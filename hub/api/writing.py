"""Writing: a version that was seen, a key that makes it happen once, an answer that names nobody.

The key and the answer are kept in the transaction of the effect: both are there or neither is.
Because an answer may be given again, it holds ids, states and links, and nothing of a person.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Response, request
from sqlalchemy import Connection

from hub.api.access import account, role
from hub.api.problems import Problem
from hub.api.reading import body
from hub.front.access import the_hub
from hub.sync.once import Request, before, keep

#: What may be a key: a UUID will do.
_KEY = re.compile(r"[\x21-\x7e]{8,200}")

KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Names this request, so that sending it again changes nothing more: a UUID.",
    "schema": {"type": "string", "pattern": "^[!-~]+$", "minLength": 8, "maxLength": 200},
}

IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of what was seen. Somebody else's change since then gives 412.",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,9}(-[0-9]{1,9})?"$'},
}


@dataclass(frozen=True)
class Answer:
    """What a write came to."""

    body: Mapping[str, Any]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def once(act: Callable[[Connection], Answer]) -> tuple[Response, bool]:
    """Do an act once under the key of this request; return the answer and whether it is fresh.

    Raises Problem without a key, and KeyReused when it came with another request.
    """
    hub, asked = the_hub(), _request()
    with hub.engine.begin() as connection:
        told = before(connection, hub, asked)
        fresh = told is None
        if told is None:
            answer = act(connection)
            told = {"status": answer.status, "body": answer.body, "headers": dict(answer.headers)}
            keep(connection, hub, asked, told)
    made = Response(
        json.dumps(told["body"], ensure_ascii=False), told["status"], mimetype="application/json"
    )
    made.headers.update(told["headers"])
    if not fresh:
        made.headers["Idempotent-Replayed"] = "true"
    return made, fresh


def _request() -> Request:
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        place = {"in": "header", "location": {"name": "Idempotency-Key"}, "code": "invalid"}
        text = "Geef elk verzoek een eigen Idempotency-Key van 8 tot 200 tekens, zoals een UUID."
        raise Problem(400, text, errors=[place | {"detail": text}])
    told = json.dumps(body(), sort_keys=True) if request.get_data() else ""
    seen = request.headers.get("If-Match", "")
    content = "\n".join((request.method, request.path, role(), seen, told))
    return Request(account(), key, content)


def seen_version() -> str:
    """Return the version that this request says it saw. Raises Problem when it says none."""
    told = request.if_match
    if not told or told.star_tag or len(told.as_set()) != 1:
        raise Problem(
            428, "Stuur in de kop If-Match de ETag mee van wat u zag, zodat niets ongezien wijzigt."
        )
    return str(next(iter(told.as_set())))


def seen_number() -> int:
    """Return the same where versions are numbers; -1, which nothing has, for another word."""
    told = seen_version()
    return int(told) if re.fullmatch(r"[0-9]{1,9}", told) else -1


def etag(version: object) -> dict[str, str]:
    """Return the header that tells which version an answer shows."""
    return {"ETag": f'"{version}"'}
