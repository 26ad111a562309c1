"""From signals and cases to facts. A case stands under the person of its first known signal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from hub.connector import Fact, Record, RecordError, read_json
from hub.ddas import inside
from plugins.early_signals.messages import (
    RESULTS,
    STATUSES,
    Attempt,
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

_SIGNAL, _CASE, _ATTEMPT = Signal(), Case(), Attempt()

#: In details: names of DDAS that a signal does not tell, where the hub knows only yes and no.
NOT_TOLD = "nietVermeld"

#: In details: attempts on no day, in the words of DDAS. Nobody can count them; they are kept.
ON_NO_DAY = "pogingenZonderDag"

#: In details: attempts that cannot be read, as they came.
UNREADABLE = "onleesbarePogingen"

#: What is said when something else comes under the ID or IDs of an earlier signal or case.
_SAME = {
    "signaal": (
        "vroegsignaal.ID komt vaker voor in één levering, met andere gegevens; de hub bewaart elk "
        "signaal, en een zaak hoort bij het eerste."
    ),
    "zaak": (
        "vroegsignaalzaak.vroegsignalen noemt dezelfde signalen als een andere zaak; de hub "
        "bewaart beide zaken."
    ),
}


class Records:
    """Makes the records of one delivery, page by page.

    It remembers whom each signal is about: a case may stand on another page than its signals. An
    ID is unique within a delivery of one municipality only, so that is part of the key. A case is
    told by the signals that `gate` lets through. `warn` takes what is odd between records.
    """

    def __init__(self, pseudonym: Pseudonym, gate: Gate, warn: Callable[[str], None]) -> None:
        self._pseudonym, self._gate, self._warn = pseudonym, gate, warn
        self._clients: dict[tuple[str, str], Any] = {}
        self._refused: set[tuple[str, str]] = set()
        self._waiting: list[tuple[Delivery, Any]] = []
        self._told: dict[str, list[int]] = {}

    def of(self, delivery: Delivery) -> Iterator[Record]:
        """Yield a record for each signal and case, as received and however malformed.

        A case of which nothing is known yet waits for `rest`.
        """
        for signal in delivery.signals:
            yield self._signal(delivery, signal)
        frame = replace(delivery, signals=[], cases=[])
        for case in delivery.cases:
            named = _named(delivery, case)
            if self._client(named) is None and any(one not in self._refused for one in named):
                self._waiting.append((frame, case))
            else:
                yield self._case(delivery, case)

    def rest(self) -> Iterator[Record]:
        """Yield the cases that waited, after the last page."""
        for delivery, case in self._waiting:
            yield self._case(delivery, case)

    def _signal(self, delivery: Delivery, signal: Any) -> Record:
        id_ = inside(signal, "ID")
        if isinstance(id_, str):
            place = (delivery.municipality, id_)
            if _is_refused(signal, self._gate):
                self._refused.add(place)
            else:
                self._clients.setdefault(place, inside(signal, "client"))
        return self._record(delivery, "signaal", signal, [id_])

    def _case(self, delivery: Delivery, case: Any) -> Record:
        named = _named(delivery, case)
        who = self._client(named)
        kept_out = who is None and any(one in self._refused for one in named)
        more = {"client": who} | ({"geweigerdeSignalen": True} if kept_out else {})
        return self._record(delivery, "zaak", case, sorted(map(str, _ids(case))), **more)

    def _client(self, named: list[tuple[str, str]]) -> Any:
        return next((self._clients[one] for one in named if one in self._clients), None)

    def _record(
        self, delivery: Delivery, kind: str, told: Any, ids: list[Any], **more: Any
    ) -> Record:
        known = json.dumps([delivery.municipality, kind, *ids], default=str)
        key = self._own_key(f"{kind}-{self._pseudonym(known)}", kind, told)
        held = {"key": key, "gemeentecode": delivery.municipality, kind: told, **more}
        return Record(key, _text(held | {"organisatie": delivery.organisation}).encode())

    def _own_key(self, key: str, kind: str, told: Any) -> str:
        """Return a key with a number where something else came under it before.

        Without one the last would take the place of the first, and nobody would know.
        """
        before, mark = self._told.setdefault(key, []), hash(_text(told))
        if mark not in before:
            before.append(mark)
        number = before.index(mark) + 1
        if number > 1:
            self._warn(_SAME[kind])
        return key if number == 1 else f"{key}.{number}"


def _ids(case: Any) -> list[Any]:
    named = inside(case, "vroegsignalen")
    return [inside(one, "ID") for one in named] if isinstance(named, list) else []


def _named(delivery: Delivery, case: Any) -> list[tuple[str, str]]:
    return [(delivery.municipality, one) for one in _ids(case) if isinstance(one, str)]


def _is_refused(signal: Any, gate: Gate) -> bool:
    if not gate.about_tax(str(inside(inside(signal, "signaalpartner"), "type"))):
        return False
    try:
        return bool(gate.problems(_SIGNAL.load(signal)))
    except ValidationError:
        # It is refused for that by itself.
        return True


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
        "partner": signal["signaalpartner"]["organisatienaam"],
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
    attempts, unreadable = _attempts(case["contactpogingen"])
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
            "details": _on_no_day(attempts) | unreadable,
        },
    )
    for number, one in attempts:
        if one["datum"] is None:
            continue
        data = {"person": person, "about": key, "on": one["datum"], "channel": one["soort"]}
        data |= {"reached": one["bereikt"], "part_of_day": one["dagdeel"]}
        yield Fact("contact_attempt", f"{key}:{number}", data)


def _attempts(told: list[Any]) -> tuple[list[tuple[int, dict[str, Any]]], dict[str, Any]]:
    """Return the attempts that can be read with their number, and as details the others."""
    sound, others = [], []
    for number, one in enumerate(told, start=1):
        try:
            sound.append((number, _ATTEMPT.load(one)))
        except ValidationError:
            others.append(_as_it_came(one))
    return sound, {UNREADABLE: others} if others else {}


def _as_it_came(attempt: Any) -> dict[str, str]:
    if not isinstance(attempt, dict):
        return {"poging": _short(attempt)}
    return {name: _short(attempt[name]) for name in _ATTEMPT.fields if name in attempt}


def _short(value: Any) -> str:
    return (value if isinstance(value, str) else json.dumps(value))[:200]


def _on_no_day(attempts: list[tuple[int, dict[str, Any]]]) -> dict[str, Any]:
    found = [
        {name: value for name, value in one.items() if value not in (None, "")}
        for _, one in attempts
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
