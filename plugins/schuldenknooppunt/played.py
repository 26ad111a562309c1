"""Who else is at the exchange of the demo and the tests: creditors and another debt helper."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree

from hub.testing.world import Dossier, Municipality, Person, Sent, TaxClaim
from plugins.schuldenknooppunt.faults import read_raw
from plugins.schuldenknooppunt.kinds import KINDS
from plugins.schuldenknooppunt.messages import Header, Message, compose, write_message
from plugins.schuldenknooppunt.tables import OPEN

_SPACE = uuid.UUID("5b1b3c0e-7a55-4b8e-9d54-6c9c3f1f0a12")

#: The percentage of a claim below which a creditor refuses.
LEAST = 5

_NOT_WITH_THIS_ONE = "schuldeiser werkt niet mee met deze schuldhulpverlener"

Written = tuple[Header, bytes]


class Creditors:
    """The creditors: they answer as is planned for a person, or else from their books."""

    def __init__(self, municipality: Municipality) -> None:
        self._known: dict[tuple[str, str], list[Dossier]] = {}
        for dossier in municipality.dossiers():
            # A creditor only knows the clients that a debt helper may ask about.
            if dossier.sent or dossier.case:
                self._known.setdefault(_name(_person(dossier.person)), []).append(dossier)

    def answers(self, root: etree._Element, code: str, today: date) -> Iterator[Written]:
        """Yield what creditor `code` sends back to a message."""
        message = read_raw(etree.tostring(root))
        name = message.kind.root
        if message.kind.tells == "balance_request":
            yield from self._balance(message, code, today)
        elif name in ("Betaalvoorstel", "Heroverweging"):
            # What is too low at first is agreed to when asked again.
            agrees = name == "Heroverweging" or not _too_low(message)
            told = {"accepted": agrees, "reason": "" if agrees else "het percentage is te laag"}
            yield _written("BetaalvoorstelAntwoord", _back(message, today), told)

    def _balance(self, message: Message, code: str, today: date) -> Iterator[Written]:
        known = self._known.get(_name(message.person), [])
        postcode = message.person.get("postcode")
        if postcode and len(known) > 1:
            known = [one for one in known if one.person.postcode == postcode] or known
        plan = next(iter(_planned(known, code, message.header.on)), None)
        kind = plan.answer if plan else "saldo"
        if kind is None or not known:
            return
        header = _back(message, (plan.answered_on if plan else None) or today)
        if kind == "saldo":
            claims = plan.claims if plan else _open(known[0].claims, code)
            yield header, answer(header, _number(message), claims, _answer_to(message))
        else:
            yield header, refusal(header, _number(message), _NOT_WITH_THIS_ONE)


def _planned(known: Iterable[Dossier], code: str, on: date) -> Iterator[Sent]:
    for dossier in known:
        for sent in dossier.sent:
            if (sent.kind, sent.party, sent.sent_on) == ("balance_request", code, on):
                yield sent


def _open(claims: Iterable[TaxClaim], code: str) -> list[TaxClaim]:
    return [one for one in claims if one.creditor == code and one.open]


def _answer_to(message: Message) -> str:
    inventory = message.kind.root == "SaldoverzoekInventarisatie"
    return "SaldoverzoekAntwoordInventarisatie" if inventory else "SaldoverzoekAntwoord"


def _too_low(message: Message) -> bool:
    told = [one["percentage"] for one in message.told.get("claims", ()) if "percentage" in one]
    return any(Decimal(one) < LEAST for one in told)


def _back(message: Message, on: date) -> Header:
    asked = message.header
    reference = str(uuid.uuid5(_SPACE, f"{asked.conversation}:{asked.reference}"))
    return Header(asked.receiver, asked.sender, asked.conversation, reference, on)


def _number(message: Message) -> str:
    return str(message.told.get("client_number", ""))


def _name(person: Mapping[str, Any]) -> tuple[str, str]:
    return str(person.get("surname", "")).casefold(), str(person.get("birth_date", ""))


def _person(one: Person) -> dict[str, Any]:
    names = ("bsn", "initials", "prefix", "surname", "street", "house_number", "addition")
    found = {name: getattr(one, name) for name in (*names, "postcode", "city")}
    return {**found, "birth_date": one.birth_date.isoformat(), "gender": one.sex}


def answer(
    header: Header, number: str, claims: Iterable[TaxClaim], kind: str = "SaldoverzoekAntwoord"
) -> bytes:
    """Return an answer to a Saldoverzoek with these claims."""
    told = [
        {
            "sort": OPEN,
            "reference": one.number,
            "imposed_on": one.imposed_on,
            "principal": one.principal,
            "open": one.open,
        }
        for one in claims
    ]
    return _written(kind, header, {"client_number": number, "claims": told})[1]


def refusal(header: Header, number: str, reason: str) -> bytes:
    """Return a Geen medewerking with its reason."""
    return _written("GeenMedewerking", header, {"client_number": number, "reason": reason})[1]


def questions(dossier: Dossier, helper: str, creditor: str, on: date) -> Iterator[Written]:
    """Yield what a debt helper sends a creditor about somebody: a notice, and a question."""
    conversation = str(uuid.uuid5(_SPACE, f"{creditor}:{dossier.person.number}"))
    who = _person(dossier.person)
    contact = {"name": "Schuldhulp Elders", "email": "schuldhulp@elders.example"}
    told = {"client_number": f"E-{dossier.person.number}", "contact": contact}
    told["references"] = [one.number for one in dossier.claims]
    for kind in ("KennisgevingPubliek", "Saldoverzoek"):
        reference = str(uuid.uuid5(_SPACE, f"{conversation}:{kind}"))
        yield _written(kind, Header(helper, creditor, conversation, reference, on), told, who)


def _written(
    kind: str, header: Header, told: Mapping[str, Any], person: Mapping[str, Any] | None = None
) -> Written:
    return header, write_message(compose(KINDS[kind], header, person or {}, told))
