"""From signals and cases to facts. A case stands under the person of its first known signal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from hub.connector import Fact, Record, RecordError, read_json
from hub.ddas import inside
from plugins.early_signals.messages import (
    RESULTS,
    STATUSES,
    Case,
    Delivery,
    Signal,
    unchecked,
)
from plugins.early_signals.municipal_tax import EFFORTS, Gate
from schemas import ValidationError
from schemas import problems as schema_problems
from schemas.fields import RecordSchema

Pseudonym = Callable[[str], str]

_SIGNAL, _CASE = Signal(), Case()

#: In details: names of DDAS that a signal does not tell, where the hub knows only yes and no.
NOT_TOLD = "nietVermeld"

#: In details: attempts on no day, in the words of DDAS. Nobody can count them; they are kept.
ON_NO_DAY = "pogingenZonderDag"


def records(delivery: Delivery, pseudonym: Pseudonym, gate: Gate) -> Iterator[Record]:
    """Yield a record for each signal and case, as received and however malformed.

    An ID is unique within a delivery of one municipality only, so that is part of the key. A case
    is told by the signals that `gate` lets through.
    """
    clients: dict[str, Any] = {}
    refused: set[str] = set()
    for signal in delivery.signals:
        id_ = inside(signal, "ID")
        if isinstance(id_, str):
            if _is_refused(signal, gate):
                refused.add(id_)
            else:
                clients.setdefault(id_, inside(signal, "client"))
        yield _record(delivery, pseudonym, "signaal", signal, [id_])
    for case in delivery.cases:
        named = inside(case, "vroegsignalen")
        ids = [inside(one, "ID") for one in named] if isinstance(named, list) else []
        who = next((clients[one] for one in ids if isinstance(one, str) and one in clients), None)
        kept_out = who is None and any(one in refused for one in ids if isinstance(one, str))
        more = {"client": who} | ({"geweigerdeSignalen": True} if kept_out else {})
        yield _record(delivery, pseudonym, "zaak", case, sorted(map(str, ids)), **more)


def _is_refused(signal: Any, gate: Gate) -> bool:
    if not gate.about_tax(str(inside(inside(signal, "signaalpartner"), "type"))):
        return False
    try:
        return bool(gate.problems(_SIGNAL.load(signal)))
    except ValidationError:
        # It is refused for that by itself.
        return True


def _record(
    delivery: Delivery, pseudonym: Pseudonym, kind: str, told: Any, ids: list[Any], **more: Any
) -> Record:
    key = f"{kind}-{pseudonym(json.dumps([delivery.municipality, kind, *ids], default=str))}"
    held = {"key": key, "gemeentecode": delivery.municipality, kind: told, **more}
    return Record(key, _text(held | {"organisatie": delivery.organisation}).encode())


def _text(value: Any) -> str:
    # Half a surrogate pair is no character; as "?" it cannot stop the delivery.
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()


def parse_record(raw: bytes, gate: Gate) -> list[Fact]:
    """Return the facts of a signal or a case. Raises RecordError with every problem in it."""
    told = read_json(raw, "Het record", half_characters=True)
    if isinstance(told, dict) and {"key", "signaal"} <= told.keys():
        return [_signal(told, gate)]
    if isinstance(told, dict) and {"key", "zaak"} <= told.keys():
        return list(_case(told))
    raise RecordError("record is geen vroegsignaal en geen zaak")


def _signal(told: dict[str, Any], gate: Gate) -> Fact:
    signal = _loaded(_SIGNAL, told["signaal"], "vroegsignaal")
    if found := gate.problems(signal):
        raise RecordError(found)
    code = signal["status"]
    data = {
        "person": _person(signal["client"]),
        "reference": signal["ID"],
        "partner_type": signal["signaalpartner"]["type"],
        "amount": None if signal["bedrag"] is None else signal["bedrag"] * 100,
        "unit": 100,
        "arisen_on": signal["ontstaansdatum"],
        "signalled_on": signal["signaaldatum"],
        "crisis": bool(signal["crisissignaal"]),
        "warm_handover": bool(signal["warmeOverdracht"]),
        "status": code if code in STATUSES else "",
        "status_code": code,
        "details": _not_told(signal) | _effort(signal, gate),
    }
    return Fact("early_signal", told["key"], data)


def _not_told(signal: dict[str, Any]) -> dict[str, Any]:
    absent = [name for name in ("crisissignaal", "warmeOverdracht") if signal[name] is None]
    return {NOT_TOLD: absent} if absent else {}


def _effort(signal: dict[str, Any], gate: Gate) -> dict[str, Any]:
    """Return on which ground a signal about municipal tax came in, and what went before it."""
    if not gate.about_tax(signal["signaalpartner"]["type"]):
        return {}
    days = {name: signal["inspanningen"][name].isoformat() for name in EFFORTS}
    return {"grondslag": gate.ground, "inspanningen": days}


def _case(told: dict[str, Any]) -> Iterator[Fact]:
    case, key = _loaded(_CASE, told["zaak"], "vroegsignaalzaak"), told["key"]
    ids = [one["ID"] for one in case["vroegsignalen"]]
    if told.get("geweigerdeSignalen"):
        raise RecordError(
            "vroegsignaalzaak.vroegsignalen noemt alleen signalen over gemeentebelasting die niet "
            "binnen mogen komen; dan mag de zaak dat ook niet"
        )
    if not isinstance(told.get("client"), dict):
        raise RecordError(
            "vroegsignaalzaak.vroegsignalen noemt geen signaal dat in deze levering staat; dan is "
            "onbekend van wie de zaak is"
        )
    person = _person(_loaded(_SIGNAL.fields["client"].schema, told["client"], "client"))  # type: ignore[attr-defined]
    code = case["resultaat"]
    yield Fact(
        "signal_case",
        key,
        {
            "person": person,
            "reference": ids[0],
            "signals": ids,
            "matched_on": case["matchingsdatum"],
            "period_starts_on": case["startdatumMatchingperiode"],
            "period_ends_on": case["einddatumMatchingperiode"],
            "taken_up_on": case["datumOpgepakt"],
            "result": code if code in RESULTS else "",
            "result_code": code,
            "details": _on_no_day(case["contactpogingen"]),
        },
    )
    for number, one in enumerate(case["contactpogingen"], start=1):
        if one["datum"] is None:
            continue
        data = {"person": person, "about": key, "on": one["datum"], "channel": one["soort"]}
        data |= {"reached": one["bereikt"], "part_of_day": one["dagdeel"]}
        yield Fact("contact_attempt", f"{key}:{number}", data)


def _on_no_day(attempts: list[dict[str, Any]]) -> dict[str, Any]:
    found = [
        {name: value for name, value in one.items() if value not in (None, "")}
        for one in attempts
        if one["datum"] is None
    ]
    return {ON_NO_DAY: found} if found else {}


def _person(client: dict[str, Any]) -> dict[str, Any]:
    return client | {"bsn_unchecked": unchecked(client["bsn"])}


def _loaded(schema: RecordSchema, told: Any, what: str) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(told)
    except ValidationError as error:
        raise RecordError(schema_problems(error, what)) from error
    return loaded
