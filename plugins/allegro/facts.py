"""From what Allegro tells of one person to facts: requests, mediations, and what creditors claim.

A raw record holds the person's BSN and Allegro's answers as they came (see `RECORD`). Everything it
tells stands in the details of a case or statement, under Allegro's own names.

Allegro gives no day per creditor and no sort of debt. The day of a statement is that of the
calculation (else of the start), and every debt is of the sort "overig". A returned amount of 0
cannot be told from a creditor who did not answer yet: then the reported amount counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from hub.connector import Fact, RecordError, read_json
from plugins.allegro.shapes import (
    MEDIATION,
    MEDIATION_CREDITORS,
    MEDIATION_HEADER,
    REQUEST,
    REQUEST_CREDITORS,
    REQUEST_HEADER,
    Shape,
    names,
)
from plugins.allegro.states import ENDED, state_of
from plugins.allegro.values import typed
from schemas import elfproef

#: One request or mediation in a raw record: its header in the overview, itself, its creditors.
_REQUEST: Shape = {"kop": REQUEST_HEADER, "zelf": REQUEST, "eisers": REQUEST_CREDITORS}
_MEDIATION: Shape = {"kop": MEDIATION_HEADER, "zelf": MEDIATION, "eisers": MEDIATION_CREDITORS}

#: Every name that may stand in a raw record.
FIELDS = (
    frozenset(names(_REQUEST))
    | frozenset(names(_MEDIATION))
    | {
        "key",
        "bsn",
        "relatie",
        "ExtraInfo",
        "ExtraInfoOmschrijving",
        "aanvragen",
        "bemiddelingen",
    }
)

Item = dict[str, Any]


def parse_person(raw: bytes) -> list[Fact]:
    """Return the facts of one person. Raises RecordError with every problem in the record."""
    told = read_json(raw, "Het record")
    if not isinstance(told, dict) or not {"key", "bsn", "relatie"} <= told.keys():
        raise RecordError("record is geen antwoord over één persoon")
    problems: list[str] = []
    requests = _items(told, "aanvragen", _REQUEST, problems)
    mediations = _items(told, "bemiddelingen", _MEDIATION, problems)
    if problems:
        raise RecordError(problems)
    return list(_Person(told).facts(requests, mediations))


def _items(told: Item, name: str, shape: Shape, problems: list[str]) -> list[tuple[Item, Item]]:
    """Return the requests or mediations, each as values and as told."""
    given = told.get(name, [])
    if not isinstance(given, list):
        problems.append(f"{name} is geen lijst")
        return []
    found = [
        (typed(one, shape, f"{name}.{number}", problems), one) for number, one in enumerate(given)
    ]
    for number, (one, _) in enumerate(found):
        if one["kop"]["RelatieCode"] is None or one["kop"]["Volgnummer"] is None:
            problems.append(f"{name}.{number}.kop heeft geen RelatieCode en Volgnummer")
        if _starts_on(one) is None:
            problems.append(f"{name}.{number}.zelf.Startdatum ontbreekt, en Aanvraagdatum ook")
    return found


class _Person:
    """One person's record: makes facts about that person, with the BSN in no other place."""

    def __init__(self, told: Item) -> None:
        self.key = str(told["key"])
        self.bsn = str(told["bsn"])
        self.person = {"bsn": self.bsn, "bsn_unchecked": not elfproef(self.bsn)}
        remark = {name: told[name] for name in _REMARK if told.get(name) not in ("", "0", None)}
        self.remark = remark

    def facts(
        self, requests: list[tuple[Item, Item]], mediations: list[tuple[Item, Item]]
    ) -> Iterator[Fact]:
        """Yield every case, and each debt once: a mediation tells it better than a request."""
        told: set[tuple[Any, Any]] = set()
        for one, raw in sorted(mediations, key=_number, reverse=True):
            yield Fact("debt_case", f"{self.key}:sb:{_reference(one)}", self._mediation(one, raw))
            yield from self._statements("sb", one, raw, told)
        for one, raw in sorted(requests, key=_number, reverse=True):
            yield Fact("debt_case", f"{self.key}:srv:{_reference(one)}", self._request(one, raw))
            yield from self._statements("srv", one, raw, told)

    def _request(self, one: Item, raw: Item) -> dict[str, Any]:
        head, self_ = one["kop"], one["zelf"]
        ended = self_["Eindstatus"] or ""
        state = state_of(head["Status"] or "", head["ExtraStatus"] or "", ended)
        rejected = ended in ENDED and state.phase == "uitstroom"
        return {
            "person": self.person,
            "phase": state.phase,
            "starts_on": _starts_on(one),
            "ends_on": self_["Einddatum"],
            "end_reason": state.meaning if rejected else "",
            "reference": _reference(one),
            "total": self_["TotaalTeruggemeldeSchuld"] or self_["TotaalAangemeldeSchuld"],
            "details": self._details(raw) | ({"betekenis": state.meaning} if state.meaning else {}),
        }

    def _mediation(self, one: Item, raw: Item) -> dict[str, Any]:
        self_ = one["zelf"]
        return {
            "person": self.person,
            "phase": "schuldregeling",
            "starts_on": _starts_on(one),
            "reference": _reference(one),
            "total": self_["TotaalSchuldbedrag"],
            "solution": "Schuldbemiddeling",
            "solution_on": self_["Startdatum"],
            "details": self._details(raw),
        }

    def _details(self, raw: Item) -> dict[str, Any]:
        sums = {name: one for name, one in _group(raw, "eisers").items() if name != "Eisers"}
        told = _group(raw, "kop") | _group(raw, "zelf") | sums | self.remark
        told.pop("InfoHeader", None)
        cleaned: dict[str, Any] = self._without_bsn(told)
        return cleaned

    def _statements(
        self, kind: str, one: Item, raw: Item, told: set[tuple[Any, Any]]
    ) -> Iterator[Fact]:
        """Yield a statement per creditor whose debt no list before this one told."""
        new: set[tuple[Any, Any]] = set()
        given = _group(raw, "eisers").get("Eisers") or []
        for debt, as_told in zip(one["eisers"]["Eisers"], given, strict=True):
            mark = (debt["CodeEiser"], debt["Referentie"])
            if mark in told:
                continue
            new.add(mark)
            key = f"{self.key}:{kind}:{_reference(one)}:{debt['UniekVolgnummer'] or len(new)}"
            yield Fact("claim_statement", key, self._statement(kind, one, debt, as_told))
        told |= new

    def _statement(self, kind: str, one: Item, debt: Item, as_told: Item) -> dict[str, Any]:
        amounts = _mediated(debt) if kind == "sb" else _requested(debt)
        days = (one["zelf"].get(name) for name in ("DatumOverzicht", "DatumBerekening"))
        return {
            "person": self.person,
            "creditor_name": debt["NaamEiser"] or "",
            "reference": self._without_bsn(debt["Referentie"] or "")[:64],
            "type": "overig",
            "description": self._without_bsn(_collectors(debt)),
            **amounts,
            "as_of": next(filter(None, days), _starts_on(one)),
            "details": self._without_bsn(as_told),
        }

    def _without_bsn(self, told: Any) -> Any:
        """Return what was told without the person's BSN: some creditors use it as a number."""
        if isinstance(told, dict):
            return {name: self._without_bsn(one) for name, one in told.items()}
        if isinstance(told, list):
            return [self._without_bsn(one) for one in told]
        short = self.bsn.lstrip("0")
        return told.replace(self.bsn, "(BSN)").replace(short, "(BSN)") if told and short else told


_REMARK = ("ExtraInfo", "ExtraInfoOmschrijving")


def _requested(debt: Item) -> dict[str, Any]:
    reported, returned = debt["AangemeldBedrag"], debt["TeruggemeldBedrag"]
    return {"open": returned or reported or 0}


def _mediated(debt: Item) -> dict[str, Any]:
    returned, paid = debt["TeruggemeldBedrag"] or 0, debt["DoorbetaaldBedrag"] or 0
    return {"principal": returned, "paid": paid, "open": returned - paid}


def _collectors(debt: Item) -> str:
    """Return who collects for the creditor, as a sentence."""
    found = [
        f"{title}: {name}{f' ({number})' if number else ''}."
        for title, name, number in (
            ("Incasso", debt["NaamIncasso"], debt["ReferentieIncasso"]),
            ("Deurwaarder", debt["NaamDeurwaarder"], debt["ReferentieDeurwaarder"]),
        )
        if name
    ]
    return " ".join(found)


def _starts_on(one: Item) -> date | None:
    self_, head = one["zelf"], one["kop"]
    days = (self_["Startdatum"], self_.get("Aanvraagdatum"), head.get("Aanvraagdatum"))
    return next(filter(None, days), None)


def _number(pair: tuple[Item, Item]) -> int:
    number: int = pair[0]["kop"]["Volgnummer"]
    return number


def _reference(one: Item) -> str:
    return f"{one['kop']['RelatieCode']}/{one['kop']['Volgnummer']}"


def _group(raw: Item, name: str) -> Item:
    found = raw.get(name)
    return dict(found) if isinstance(found, dict) else {}
