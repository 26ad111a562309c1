"""What a sender tells over HTTP: a CloudEvent 1.0, or a notification of the Notificaties API 1.x.

A CloudEvent comes in structured mode (one JSON object) or in binary mode (attributes in ce-
headers, the data as body). Rules: the CloudEvents specification 1.0.2 with its HTTP binding, and
the NL GOV profile 1.1 (base-registers.md 5.3). A sender of the Notificaties API 2 posts a
structured event as plain application/json; that is taken as well.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from hub.connector import PermanentError, read_json
from plugins.zaken.problems import Problem, Refused

_STRUCTURED = "application/cloudevents+json"
_JSON = re.compile(r"application/([a-z0-9.+-]+\+)?json")
_NAME = re.compile(r"[a-z0-9]+")
_URI = re.compile(r"[^\s<>\"{}|\\^`]+")

#: The attributes that no event may lack.
REQUIRED = ("specversion", "id", "source", "type")

#: The fields that no notification may lack.
_NOTIFIED = ("kanaal", "hoofdObject", "resource", "resourceUrl", "actie", "aanmaakdatum")

#: Where the address of the case may stand in an event's data: assumed, nothing prescribes it.
_ADDRESSES = ("hoofdObject", "zaak", "resourceUrl")


@dataclass(frozen=True, slots=True)
class Signal:
    """What a call was about. `case` is the address of a case, empty when it names none.

    `gone` tells that the sender says the case was destroyed; `perhaps` that the address may be of
    something else than a case: an event's `dataref` is wherever its data are.
    """

    case: str
    gone: bool = False
    perhaps: bool = False


def read_signal(headers: Mapping[str, str], body: bytes) -> Signal:
    """Return what a call tells; header names in small letters. Raises Refused with every fault."""
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    # The media type goes first: an event in the body is that event, whatever the headers say.
    in_headers = "ce-specversion" in headers or "ce-id" in headers
    if in_headers and not media.startswith("application/cloudevents"):
        return _event(_in_headers(headers), _data(media, body))
    if media != _STRUCTURED and media != "application/json":
        text = f"Stuur een CloudEvent ({_STRUCTURED}, of met ce-kopregels) of een notificatie."
        raise Refused(415, text)
    value = _parsed(body)
    if not isinstance(value, dict):
        raise Refused(400, "De melding is geen groep velden.")
    if media == _STRUCTURED or "specversion" in value:
        return _structured(value)
    return _notification(value)


def _in_headers(headers: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        name.removeprefix("ce-"): unquote(value)
        for name, value in headers.items()
        if name.startswith("ce-")
    }
    return found | {"datacontenttype": headers.get("content-type", "application/json")}


def _data(media: str, body: bytes) -> Any:
    return _parsed(body) if body and _JSON.fullmatch(media) else None


def _parsed(body: bytes) -> Any:
    try:
        return read_json(body, "De melding")
    except PermanentError as error:
        raise Refused(400, error.user) from error


def _structured(value: dict[str, Any]) -> Signal:
    attributes = {name: one for name, one in value.items() if name not in ("data", "data_base64")}
    if "data" in value and "data_base64" in value:
        one = Problem("data_base64", "double", "staat naast data; stuur een van beide")
        raise _faulty([*_faults(attributes), one])
    if "data_base64" not in value:
        return _event(attributes, value.get("data"))
    try:
        raw = b64decode(str(value["data_base64"]), validate=True)
    except ValueError as error:
        one = Problem("data_base64", "invalid", "is geen base64")
        raise _faulty([*_faults(attributes), one]) from error
    media = str(attributes.get("datacontenttype", "application/json"))
    return _event(attributes, _data(media.partition(";")[0].lower(), raw))


def _event(attributes: Mapping[str, Any], data: Any) -> Signal:
    if faults := list(_faults(attributes)):
        raise _faulty(faults)
    gone = re.search(r"vernietig|verwijder|destroy|delete", str(attributes["type"]), re.I)
    if address := _address(data):
        return Signal(address, bool(gone))
    return Signal(str(attributes.get("dataref") or ""), bool(gone), perhaps=True)


def _address(data: Any) -> str:
    if not isinstance(data, dict):
        return ""
    return next((data[name] for name in _ADDRESSES if isinstance(data.get(name), str)), "")


def _faults(attributes: Mapping[str, Any]) -> Iterator[Problem]:
    for name in REQUIRED:
        if name not in attributes:
            yield Problem(name, "required", "ontbreekt")
    for name, value in attributes.items():
        if not _NAME.fullmatch(name):
            text = "heeft een naam die niet mag: alleen kleine letters en cijfers"
            yield Problem(name[:40], "invalid-name", text)
        elif reason := _fault(name, value):
            yield Problem(name, "invalid", reason)


def _fault(name: str, value: Any) -> str:
    """Return what is wrong with one attribute, empty when nothing is."""
    if value is None and name not in REQUIRED:
        return ""
    if isinstance(value, bool | int) and name not in (*REQUIRED, *_KINDS):
        return ""
    if not isinstance(value, str):
        return "is geen tekst"
    if not value:
        return "is leeg"
    return _KINDS[name](value) if name in _KINDS else ""


def _of_version(value: str) -> str:
    return "" if value == "1.0" else "is een andere versie; de hub kent alleen 1.0"


def _of_uri(value: str) -> str:
    return "" if _URI.fullmatch(value) else "is geen adres of URN"


def _of_type(value: str) -> str:
    fits = re.fullmatch(r"[^\s.]+(\.[^\s.]+)+", value)
    return "" if fits else "verwacht een soort met punten, zoals nl.zaken.zaak-gewijzigd"


def _of_time(value: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    fits = moment is not None and moment.tzinfo is not None and "T" in value.upper()
    return "" if fits else "verwacht een tijdstip met zone, zoals 2026-11-23T12:00:00Z"


def _of_text(value: str) -> str:
    return ""


_KINDS = {
    "specversion": _of_version,
    "source": _of_uri,
    "type": _of_type,
    "time": _of_time,
    "dataref": _of_uri,
    "dataschema": _of_uri,
    "subject": _of_text,
    "datacontenttype": _of_text,
}


def _notification(value: Mapping[str, Any]) -> Signal:
    faults = [
        Problem(name, "required", "ontbreekt" if name not in value else "is geen tekst, of leeg")
        for name in _NOTIFIED
        if not (isinstance(value.get(name), str) and value[name])
    ]
    told = value.get("aanmaakdatum")
    if isinstance(told, str) and told and (reason := _of_time(told)):
        faults.append(Problem("aanmaakdatum", "invalid", reason))
    if not isinstance(value.get("kenmerken", {}), dict | list):
        faults.append(Problem("kenmerken", "invalid", "is geen groep velden"))
    if faults:
        raise _faulty(faults)
    if value["kanaal"] != "zaken":
        # Another channel, or the trial with which a broker looks whether we listen.
        return Signal("")
    gone = value["actie"] == "destroy" and value["resource"] == "zaak"
    return Signal(value["hoofdObject"], gone)


def _faulty(faults: list[Problem]) -> Refused:
    count = "een fout" if len(faults) == 1 else f"{len(faults)} fouten"
    return Refused(400, f"De melding heeft {count}.", faults)
