"""What the tax office tells, written: the other direction of messages.py, for the simulator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, BinaryIO

from plugins.tax import names
from plugins.tax.envelope import OWN, Header, document, tag
from plugins.tax.ledger import Extra, extra_of

if TYPE_CHECKING:
    from hub.testing.world import LedgerEvent, Person, Plan, RemissionRequest, TaxClaim


@dataclass(frozen=True, slots=True)
class HoldEntry:
    """A hold as the tax office lists it."""

    bsn: str
    reference: str
    ground: str
    starts_on: date
    ends_on: date
    confirmed_on: date
    scope: str = "alle vorderingen"


@dataclass(frozen=True, slots=True)
class ContactFile:
    """How one person can be reached and how that went; the groups go by canonical names."""

    number: str
    person: Person
    contacts: tuple[Mapping[str, Any], ...] = ()
    attempts: tuple[Mapping[str, Any], ...] = field(default=())


class DeliveryWriter:
    """Writes a list as a stream; `close` ends it with the count."""

    def __init__(self, file: BinaryIO, header: Header, root: str = "levering") -> None:
        self._file, self._root = file, root
        self.count = 0
        start = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{OWN}">\n'
        self._file.write(f"{start}{header.xml()}\n".encode())

    def add(self, person: Person, claim: TaxClaim) -> None:
        """Write one claim of this person."""
        self.put(claim_xml(person, claim))

    def drop(self, number: str) -> None:
        """Write that a claim has lapsed (only in a delivery of changes)."""
        self.put(f"<vervallenVordering>{tag('vorderingnummer', number)}</vervallenVordering>")

    def put(self, text: str) -> None:
        """Write one record."""
        self._file.write(f"{text}\n".encode())
        self.count += 1

    def close(self, count: str = "aantalVorderingen") -> None:
        """Write the count; the file itself stays open."""
        self._file.write(f"{tag(count, self.count)}\n</{self._root}>\n".encode())


def write_delivery(
    file: BinaryIO,
    header: Header,
    claims: Iterable[tuple[Person, TaxClaim]],
    gone: Iterable[str] = (),
) -> int:
    """Write a whole delivery as a stream; return the number of records in it."""
    writer = DeliveryWriter(file, header)
    for person, claim in claims:
        writer.add(person, claim)
    for number in gone:
        writer.drop(number)
    writer.close()
    return writer.count


def holds_xml(header: Header, holds: Iterable[HoldEntry]) -> bytes:
    """Return the list of all holds."""
    found = [_hold_xml(one) for one in holds]
    return document("pauzelijst", header, "".join(found) + tag("aantalPauzes", len(found)))


def contacts_xml(one: ContactFile) -> str:
    """Return one <contactdossier>."""
    contacts = "".join(
        f"<contactgegeven>{_told(each, names.CONTACT)}</contactgegeven>" for each in one.contacts
    )
    attempts = "".join(
        f"<contactpoging>{tag('kenmerk', each['key'])}{_told(each, names.ATTEMPT)}</contactpoging>"
        for each in one.attempts
    )
    return (
        f"<contactdossier>{tag('dossiernummer', one.number)}{_person_xml(one.person)}"
        f"<contactgegevens>{contacts}</contactgegevens>"
        f"<contactpogingen>{attempts}</contactpogingen></contactdossier>"
    )


def claim_xml(person: Person, claim: TaxClaim) -> str:
    """Return one <vordering>. Equal claims give equal text on any day."""
    more = extra_of(person, claim)
    told = {
        **more.statement,
        "type": claim.kind,
        "tax_year": claim.tax_year,
        "imposed_on": claim.imposed_on,
        "due_on": claim.due_on,
        "principal": claim.principal,
        "costs": claim.costs,
        "interest": claim.interest,
        "paid": claim.paid,
        "open": claim.open,
        "stage": claim.stage,
        "as_of": _last_change(claim),
    }
    lines = "".join(f"<regel>{_told(one, names.LINE)}</regel>" for one in more.lines)
    return (
        f"<vordering>{tag('vorderingnummer', claim.number)}{_told(told, names.CLAIM)}"
        f"{_person_xml(person)}<regels>{lines}</regels>"
        f"{_events_xml((*claim.events, *more.events), more)}"
        f"{_plan_xml(claim.plan, more)}{_remission_xml(claim.remission, more)}"
        f"{_details('vordering', more.details)}</vordering>"
    )


def _last_change(claim: TaxClaim) -> date:
    days = [claim.imposed_on, *(event.on for event in claim.events)]
    if claim.plan:
        days.append(claim.plan.starts_on)
    if claim.remission:
        days.append(claim.remission.decided_on or claim.remission.requested_on)
    return max(days)


def _person_xml(person: Person) -> str:
    told = {ours: getattr(person, ours) for ours in names.PERSON.values()}
    return f"<debiteur>{_told(told, names.PERSON)}</debiteur>"


def _events_xml(events: tuple[LedgerEvent, ...], more: Extra) -> str:
    steps = payments = ""
    for one in events:
        start = f"{tag('kenmerk', one.key)}"
        if one.kind == "betaling":
            method = more.methods.get(one.key, "bank")
            paid = f"{tag('datum', one.on)}{tag('bedrag', -one.amount)}{tag('wijze', method)}"
            payments += f"<betaling>{start}{paid}</betaling>"
        else:
            step = f"{tag('soort', one.kind)}{tag('datum', one.on)}{tag('bedrag', one.amount)}"
            steps += f"<gebeurtenis>{start}{step}</gebeurtenis>"
    return f"<gebeurtenissen>{steps}</gebeurtenissen><betalingen>{payments}</betalingen>"


def _plan_xml(plan: Plan | None, more: Extra) -> str:
    if plan is None:
        return ""
    told = {**more.plan, **_fields(plan, names.PLAN)}
    terms = "".join(
        f"<termijn>{_told(one, names.INSTALLMENT)}</termijn>" for one in more.installments
    )
    return (
        f"<betalingsregeling>{_told(told, names.PLAN)}<termijnen>{terms}</termijnen>"
        f"{_details('betalingsregeling', more.plan_details)}</betalingsregeling>"
    )


def _remission_xml(request: RemissionRequest | None, more: Extra) -> str:
    if request is None:
        return ""
    told = _told(_fields(request, names.REMISSION), names.REMISSION)
    data = _details("kwijtscheldingsverzoek", more.remission_details)
    return f"<kwijtscheldingsverzoek>{told}{data}</kwijtscheldingsverzoek>"


def _hold_xml(hold: HoldEntry) -> str:
    told = _told(_fields(hold, names.HOLD), names.HOLD)
    return f"<pauze><debiteur>{tag('bsn', hold.bsn)}</debiteur>{told}</pauze>"


def _details(group: str, told: Mapping[str, Any]) -> str:
    name, inside = names.DETAILS[group]
    found = _told(told, {one: one for one in inside})
    return f"<{name}>{found}</{name}>" if found else ""


def _fields(value: object, known: Mapping[str, str]) -> dict[str, Any]:
    return {ours: getattr(value, ours) for ours in known.values() if hasattr(value, ours)}


def _told(values: Mapping[str, Any], known: Mapping[str, str]) -> str:
    """Return the elements of a group, in the order of its table."""
    return "".join(tag(wire, _text(values.get(ours))) for wire, ours in known.items())


def _text(value: Any) -> Any:
    return ("nee", "ja")[value] if isinstance(value, bool) else value
