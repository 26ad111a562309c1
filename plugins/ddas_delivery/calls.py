"""Calls by who fetches the data: a token, then `POST /gegevens`; every refusal in its own shape.

By the OAS (1.0.0 and 2.0.0) a question that cannot be read is a 400 and one that cannot be answered
a 422, both as problem documents (RFC 9457); what concerns access and address has the shape of an
FSC error and its code in a header too. All that is wrong with a question is told at once.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from hub.connector import Answer, Incoming, PermanentError, read_json
from plugins.ddas_delivery.answers import Question
from plugins.ddas_delivery.signature import announces
from schemas import problems

TOKEN_SECONDS = 300

_FORM: dict[str, str | list[Any] | dict[Any, Any]] = {
    "invalid": "heeft niet de juiste vorm",
    "null": "is leeg (null)",
}
_DAY = {**_FORM, "invalid": "is geen datum als 2026-06-30"}
_NUMBER = {**_FORM, "invalid": "is geen geheel getal"}

_TITLES = {
    "ACCESS_TOKEN_MISSING": "Token ontbreekt",
    "ACCESS_TOKEN_INVALID": "Token is ongeldig",
    "ACCESS_TOKEN_EXPIRED": "Token is verlopen",
    "SERVICE_NOT_FOUND": "Onbekend adres",
    "SERVICE_UNREACHABLE": "Gegevens zijn nu niet te leveren",
    "METHOD_UNSUPPORTED": "Onbekende methode",
}

#: What HTTP wants beside a refusal (RFC 9110, 15.5.2 and 15.5.6).
_ALSO = {401: {"WWW-Authenticate": "Bearer"}, 405: {"Allow": "POST"}}


@dataclass(frozen=True)
class Refused(Exception):
    """A call that is not answered; `answer` says why."""

    answer: Answer


def refused(status: int, code: str, detail: str) -> Refused:
    """Return a refusal in the shape of an FSC error; `code` without ERROR_CODE_."""
    told = {
        "code": f"ERROR_CODE_{code}",
        "domain": "ERROR_DOMAIN_INWAY",
        "title": _TITLES[code],
        "detail": detail,
        "status": status,
    }
    headers = {"Fsc-Error-Code": f"ERROR_CODE_{code}"}
    headers |= _ALSO.get(status, {})
    return Refused(_problem(status, told, headers))


def wrong(status: int, title: str, found: list[str]) -> Refused:
    """Return a refusal of a question, as a problem document with all that was found."""
    told = {"type": "about:blank", "title": title, "status": status, "detail": "; ".join(found)}
    return Refused(_problem(status, told, {}))


def _problem(status: int, told: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
    body = json.dumps(told, ensure_ascii=False).encode()
    return Answer(status, body, {"Content-Type": "application/problem+json", **headers})


# --- who calls ---------------------------------------------------------------------------------


class Door:
    """Gives out tokens and knows them again; nothing has to be remembered."""

    def __init__(self, settings: Mapping[str, Any], now: datetime) -> None:
        self._settings = settings
        self._now = int(now.timestamp())
        secret = settings["client_secret"].encode()
        made = HKDF(hashes.SHA256(), 32, b"", b"schuldenhub ddas token").derive(secret)
        self._key = OctKey.import_key(made)
        # A token for the one delivery opens no other.
        self._claims = {"aud": settings["standard"], "scope": "read"}

    def give(self, call: Incoming) -> Answer:
        """Answer a request for a token by the client credentials grant (RFC 6749, 4.4 and 5)."""
        form = parse_qs(call.body.decode("utf-8", "replace"))
        told = {name: values[0] for name, values in form.items()}
        if told.get("grant_type") != "client_credentials":
            known = "grant_type" in told
            return _json(400, {"error": "unsupported_grant_type" if known else "invalid_request"})
        given = _basic(call.headers) or [(told.get("client_id", ""), told.get("client_secret", ""))]
        ours = "\n".join((self._settings["client_id"], self._settings["client_secret"]))
        if not any(_same("\n".join(who), ours) for who in given):
            return _json(401, {"error": "invalid_client"}, {"WWW-Authenticate": "Basic"})
        claims = self._claims | {"exp": self._now + TOKEN_SECONDS}
        token = jwt.encode({"alg": "HS256"}, claims, self._key)
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
        return _json(200, answer | {"scope": "read"})

    def admit(self, headers: Mapping[str, str]) -> None:
        """Let a caller in by its token. Raises Refused."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not given.strip():
            raise refused(401, "ACCESS_TOKEN_MISSING", "Stuur een token mee: Bearer.")
        gateway = self._settings["gateway_token"]
        if gateway and _same(given.strip(), gateway):
            return
        try:
            claims = jwt.decode(given.strip(), self._key, algorithms=["HS256"]).claims
        except (JoseError, ValueError) as error:
            detail = "Dit token is hier niet gegeven."
            raise refused(401, "ACCESS_TOKEN_INVALID", detail) from error
        if any(claims.get(name) != value for name, value in self._claims.items()):
            raise refused(401, "ACCESS_TOKEN_INVALID", "Dit token is voor een andere levering.")
        if not isinstance(claims.get("exp"), int) or claims["exp"] <= self._now:
            raise refused(401, "ACCESS_TOKEN_EXPIRED", "Vraag een nieuw token.")


def _basic(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return who calls by a Basic header: as it stands, and as RFC 6749 (2.3.1) encodes it."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return []
    try:
        name, _, password = base64.b64decode(given).decode().partition(":")
    except ValueError:
        # So are binascii.Error and UnicodeDecodeError.
        return []
    return [(name, password), (unquote_plus(name), unquote_plus(password))]


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _json(status: int, told: Mapping[str, Any], also: Mapping[str, str] | None = None) -> Answer:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    headers |= {"Pragma": "no-cache"} | dict(also or {})
    return Answer(status, json.dumps(told).encode(), headers)


# --- what is asked -----------------------------------------------------------------------------


class _Day(fields.Date):
    """A day as RFC 3339 writes it; ISO 8601 has more ways, and the OAS does not."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        found: date = super()._deserialize(value, attr, data, **kwargs)
        if found.isoformat() != value:
            raise self.make_error("invalid")
        return found


class _Asked(Schema):
    """The body of a question: a closed object in which nothing is obliged."""

    class Meta:
        unknown = RAISE

    error_messages = {"type": "is geen groep velden", "unknown": "is hier geen veld"}

    since = _Day(data_key="aanleverperiodeStartdatum", error_messages=_DAY)
    until = _Day(data_key="aanleverperiodeEinddatum", error_messages=_DAY)
    page = fields.Integer(
        strict=True,
        validate=validate.Range(1, error="is lager dan 1"),
        error_messages=_NUMBER,
    )
    size = fields.Integer(
        strict=True,
        data_key="pageSize",
        validate=validate.Range(1, error="is lager dan 1"),
        error_messages=_NUMBER,
    )


def understood(
    call: Incoming, organisation_fields: Sequence[str], organisation: str, today: date
) -> Question:
    """Return the question of a call. Raises Refused with all that is wrong with it.

    By each of `organisation_fields` the organisation may be named.
    """
    told = _body(call)
    names: dict[str, Any] = {
        f"organisation_{at}": fields.String(data_key=name, error_messages=_FORM)
        for at, name in enumerate(organisation_fields)
    }
    try:
        asked: dict[str, Any] = _Asked.from_dict(names)().load(told)
    except ValidationError as error:
        raise wrong(400, "Ongeldig verzoek", problems(error, "vraag")) from error
    since, until = period(asked.get("since"), asked.get("until"), today)
    found = []
    if since > until:
        found.append("vraag.aanleverperiodeEinddatum ligt voor het begin van de periode")
    for ours, field in names.items():
        if asked.get(ours, organisation).strip().casefold() != organisation.strip().casefold():
            found.append(f"vraag.{field.data_key} is geen organisatie die hier levert")
    if found:
        raise wrong(422, "Vraag niet te beantwoorden", found)
    return Question(since, until, asked.get("page", 1), asked.get("size"))


def _body(call: Incoming) -> Any:
    """Return the JSON of a question that came as it was sent. Raises Refused."""
    kind = call.headers.get("content-type", "application/json").partition(";")[0].strip()
    if kind.lower() != "application/json":
        raise wrong(400, "Ongeldig verzoek", ["De vraag is geen application/json (Content-Type)."])
    if "digest" in call.headers and not announces(call.headers["digest"], call.body):
        raise wrong(400, "Ongeldig verzoek", ["De Digest klopt niet met de vraag."])
    try:
        return read_json(call.body, "De vraag")
    except PermanentError as error:
        # What comes after its first sentence is for who reads a source.
        raise wrong(400, "Ongeldig verzoek", [error.user.partition(". ")[0] + "."]) from error


def period(since: date | None, until: date | None, today: date) -> tuple[date, date]:
    """Return the period of a question; what it leaves open is ours to say.

    By the page on messages it is then the last whole period of reporting. With an end alone it is
    the half year of that end; with a beginning alone it lasts until the end of that period, or
    until today when it begins later.
    """
    if until is None:
        last = _half_year(today)[0] - timedelta(days=1)
        until = last if since is None or since <= last else max(since, today)
    return since or _half_year(until)[0], until


def _half_year(day: date) -> tuple[date, date]:
    """Return the first and last day of the half year of `day`."""
    if day.month < 7:
        return date(day.year, 1, 1), date(day.year, 6, 30)
    return date(day.year, 7, 1), date(day.year, 12, 31)
