"""What the tax office tells: claims and holds, read and written.

This is a format of our own, described in docs/tax-delivery.md. It is NOT a national format and no
known tax suite writes it as it stands. A municipality whose suite writes something else replaces
this file (and the two shapes in it); connector, simulator and hub stay as they are.

Amounts are integer euro cents, days ISO. Values are passed on as they were received where they
cannot be converted, so that the canonical schema can say what it received and expected.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, BinaryIO

from lxml import etree

from hub.connector import Fact, RecordError
from plugins.tax.envelope import (
    CHUNK,
    KEY_FORM,
    OWN,
    DeliveryReader,
    Header,
    Shape,
    document,
    read_element,
    tag,
)
from schemas import KINDS, ValidationError
from schemas import problems as schema_problems
from schemas.fields import shown

if TYPE_CHECKING:
    from hub.testing.world import LedgerEvent, Person, Plan, RemissionRequest, TaxClaim

FULL, CHANGES = "volledigeStand", "wijzigingen"

#: The nightly delivery of claims.
CLAIMS = Shape(
    root="levering",
    record="vordering",
    tombstone="vervallenVordering",
    key="vorderingnummer",
    count="aantalVorderingen",
    functions=(FULL, CHANGES),
)

#: The list of all holds.
HOLDS = Shape(
    root="pauzelijst",
    record="pauze",
    key="pauzenummer",
    count="aantalPauzes",
    functions=("pauzelijst",),
)

# Wire name to canonical name, for each group of the format.
_PERSON = {
    "bsn": "bsn",
    "voorletters": "initials",
    "voorvoegsel": "prefix",
    "achternaam": "surname",
    "geboortedatum": "birth_date",
    "straat": "street",
    "huisnummer": "house_number",
    "toevoeging": "addition",
    "postcode": "postcode",
    "woonplaats": "city",
    "telefoon": "phone",
    "email": "email",
}
_CLAIM = {
    "soort": "type",
    "belastingjaar": "tax_year",
    "dagtekening": "imposed_on",
    "vervaldatum": "due_on",
    "hoofdsom": "principal",
    "kosten": "costs",
    "rente": "interest",
    "betaald": "paid",
    "openstaand": "open",
    "fase": "stage",
    "peildatum": "as_of",
}
_EVENT = {"soort": "kind", "datum": "on", "bedrag": "amount"}
_PAYMENT = {"datum": "on", "bedrag": "amount", "wijze": "method"}
_PLAN = {
    "ingangsdatum": "starts_on",
    "einddatum": "ends_on",
    "aantalTermijnen": "terms",
    "termijnbedrag": "term_amount",
    "status": "status",
}
_REMISSION = {
    "aanvraagdatum": "requested_on",
    "besluitdatum": "decided_on",
    "uitkomst": "outcome",
    "bedrag": "amount",
}
_HOLD = {
    "pauzenummer": "reference",
    "omvang": "scope",
    "grond": "ground",
    "ingangsdatum": "starts_on",
    "einddatum": "ends_on",
    "bevestigdOp": "confirmed_on",
}

#: Every element of a claim and of a hold.
CLAIM_FIELDS = frozenset().union(_PERSON, _CLAIM, _EVENT, _PAYMENT, _PLAN, _REMISSION) | {
    "vordering",
    "vorderingnummer",
    "debiteur",
    "kenmerk",
    "gebeurtenissen",
    "gebeurtenis",
    "betalingen",
    "betaling",
    "betalingsregeling",
    "kwijtscheldingsverzoek",
}
HOLD_FIELDS = frozenset().union(_PERSON, _HOLD) | {"pauze", "debiteur"}
_NUMBERS = frozenset(
    {
        "belastingjaar",
        "hoofdsom",
        "kosten",
        "rente",
        "betaald",
        "openstaand",
        "bedrag",
        "aantalTermijnen",
        "termijnbedrag",
    }
)
_GROUPS = (
    "vordering",
    "pauze",
    "debiteur",
    "gebeurtenis",
    "betaling",
    "betalingsregeling",
    "kwijtscheldingsverzoek",
)
_DIGITS = re.compile(r"-?[0-9]{1,15}")


# --- reading -----------------------------------------------------------------------------------


def iter_claims(file: BinaryIO) -> DeliveryReader:
    """Read a delivery of claims as a stream of `Record`s; see DeliveryReader for its errors."""
    return DeliveryReader(iter(lambda: file.read(CHUNK), b""), CLAIMS)


def parse_claim(raw: bytes, creditor: str) -> list[Fact]:
    """Return the facts of one <vordering>. Raises RecordError with every problem in it."""
    claim = read_element(raw, "vordering")
    key = claim.findtext("vorderingnummer") or ""
    person = _told(claim.find("debiteur"), _PERSON)
    facts = list(_claim_facts(claim, key, person, creditor))
    faults = list(_claim_faults(claim, key, person))
    if faults:
        raise RecordError([*faults, *_schema_faults(facts)])
    return facts


def parse_hold(raw: bytes, creditor: str) -> list[Fact]:
    """Return the fact of one <pauze>. Raises RecordError with every problem in it."""
    hold = read_element(raw, "pauze")
    person = _told(hold.find("debiteur"), _PERSON)
    data = {**_told(hold, _HOLD), "person": person, "creditor": creditor}
    facts = [Fact("hold", str(data.get("reference", "")), data)]
    faults = [*_repeated(hold), *_key_faults("pauze.pauzenummer", facts[0].key, person)]
    if faults:
        raise RecordError([*faults, *_schema_faults(facts)])
    return facts


def _claim_facts(
    claim: etree._Element, key: str, person: dict[str, Any], creditor: str
) -> Iterator[Fact]:
    own = {"person": person, "creditor": creditor, "reference": key}
    yield Fact("claim_statement", key, _told(claim, _CLAIM) | own)
    for event in claim.iterfind("gebeurtenissen/gebeurtenis"):
        data = _told(event, _EVENT) | {"claim": key}
        yield Fact("claim_event", event.findtext("kenmerk") or "", data)
    for payment in claim.iterfind("betalingen/betaling"):
        data = _told(payment, _PAYMENT) | {"claim": key}
        yield Fact("payment", payment.findtext("kenmerk") or "", data)
    about = {"person": person, "claim": key}
    if (plan := claim.find("betalingsregeling")) is not None:
        yield Fact("payment_plan", key, _told(plan, _PLAN) | about)
    if (request := claim.find("kwijtscheldingsverzoek")) is not None:
        yield Fact("remission", key, _told(request, _REMISSION) | about)


def _told(group: etree._Element | None, names: dict[str, str]) -> dict[str, Any]:
    """Return what a group tells, by canonical name; an empty element tells nothing."""
    found: dict[str, Any] = {}
    for child in group if group is not None else ():
        text = (child.text or "").strip()
        if text and child.tag in names:
            found[names[str(child.tag)]] = _number(text) if child.tag in _NUMBERS else text
    return found


def _number(text: str) -> int | str:
    return int(text) if _DIGITS.fullmatch(text) else text


def _claim_faults(claim: etree._Element, key: str, person: dict[str, Any]) -> Iterator[str]:
    """Yield what the canonical schemas cannot see, such as keys and repeated elements."""
    yield from _key_faults("vordering.vorderingnummer", key, person)
    yield from _repeated(claim)
    # The schema knows sources without stages; this one always tells it.
    if not claim.findtext("fase"):
        yield "vordering.fase ontbreekt"
    seen: set[str] = set()
    for name in ("gebeurtenis", "betaling"):
        for number, one in enumerate(claim.iterfind(f"*/{name}"), start=1):
            path, mark = f"vordering.{name}[{number}]", one.findtext("kenmerk") or ""
            yield from _key_faults(f"{path}.kenmerk", mark, person)
            if mark in seen:
                yield f"{path}.kenmerk is {shown(mark)}; dat kenmerk komt al eerder voor"
            # The schema takes an event without an amount as one of nothing; the ledger never does.
            if name == "gebeurtenis" and not one.findtext("bedrag"):
                yield f"{path}.bedrag ontbreekt"
            seen.add(mark)


def _key_faults(path: str, key: str, person: dict[str, Any]) -> Iterator[str]:
    if not key:
        yield f"{path} ontbreekt"
    elif not KEY_FORM.fullmatch(key):
        yield f"{path} is {shown(key)}; verwacht hoogstens 64 letters, cijfers of . _ / -"
    elif key == person.get("bsn"):
        yield f"{path} is het BSN van de debiteur; verwacht een eigen nummer"


def _repeated(record: etree._Element) -> Iterator[str]:
    for part in record.iter(*_GROUPS):
        tags = [child.tag for child in part]
        if len(set(tags)) < len(tags):
            name = next(one for one in tags if tags.count(one) > 1)
            yield f"{part.tag}.{name} komt meer dan een keer voor"


def _schema_faults(facts: list[Fact]) -> Iterator[str]:
    for fact in facts:
        try:
            KINDS[fact.kind].load(fact.data)
        except ValidationError as error:
            yield from schema_problems(error, fact.kind)


# --- writing -----------------------------------------------------------------------------------


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


class DeliveryWriter:
    """Writes a delivery of claims as a stream; `close` ends it with the count."""

    def __init__(self, file: BinaryIO, header: Header) -> None:
        self._file = file
        self.count = 0
        start = f'<?xml version="1.0" encoding="UTF-8"?>\n<levering xmlns="{OWN}">\n'
        self._file.write(f"{start}{header.xml()}\n".encode())

    def add(self, person: Person, claim: TaxClaim) -> None:
        """Write one claim of this person."""
        self._put(claim_xml(person, claim))

    def drop(self, number: str) -> None:
        """Write that a claim has lapsed (only in a delivery of changes)."""
        self._put(f"<vervallenVordering>{tag('vorderingnummer', number)}</vervallenVordering>")

    def close(self) -> None:
        """Write the count; the file itself stays open."""
        self._file.write(f"{tag('aantalVorderingen', self.count)}\n</levering>\n".encode())

    def _put(self, text: str) -> None:
        self._file.write(f"{text}\n".encode())
        self.count += 1


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


def claim_xml(person: Person, claim: TaxClaim) -> str:
    """Return one <vordering>. Equal claims give equal text on any day."""
    return (
        f"<vordering>{tag('vorderingnummer', claim.number)}{tag('soort', claim.kind)}"
        f"{tag('belastingjaar', claim.tax_year)}{_person_xml(person)}"
        f"{tag('dagtekening', claim.imposed_on)}{tag('vervaldatum', claim.due_on)}"
        f"{tag('hoofdsom', claim.principal)}{tag('kosten', claim.costs)}"
        f"{tag('rente', claim.interest)}{tag('betaald', claim.paid)}"
        f"{tag('openstaand', claim.open)}{tag('fase', claim.stage)}"
        f"{tag('peildatum', _last_change(claim))}{_events_xml(claim.events)}"
        f"{_plan_xml(claim.plan)}{_remission_xml(claim.remission)}</vordering>"
    )


def _last_change(claim: TaxClaim) -> date:
    days = [claim.imposed_on, *(event.on for event in claim.events)]
    if claim.plan:
        days.append(claim.plan.starts_on)
    if claim.remission:
        days.append(claim.remission.decided_on or claim.remission.requested_on)
    return max(days)


def _person_xml(person: Person) -> str:
    told = "".join(tag(wire, getattr(person, ours)) for wire, ours in _PERSON.items())
    return f"<debiteur>{told}</debiteur>"


def _events_xml(events: tuple[LedgerEvent, ...]) -> str:
    steps = payments = ""
    for one in events:
        start = f"{tag('kenmerk', one.key)}"
        if one.kind == "betaling":
            paid = f"{tag('datum', one.on)}{tag('bedrag', -one.amount)}{tag('wijze', 'bank')}"
            payments += f"<betaling>{start}{paid}</betaling>"
        else:
            step = f"{tag('soort', one.kind)}{tag('datum', one.on)}{tag('bedrag', one.amount)}"
            steps += f"<gebeurtenis>{start}{step}</gebeurtenis>"
    return f"<gebeurtenissen>{steps}</gebeurtenissen><betalingen>{payments}</betalingen>"


def _plan_xml(plan: Plan | None) -> str:
    return _group("betalingsregeling", plan, _PLAN)


def _remission_xml(request: RemissionRequest | None) -> str:
    return _group("kwijtscheldingsverzoek", request, _REMISSION)


def _hold_xml(hold: HoldEntry) -> str:
    told = "".join(tag(wire, getattr(hold, ours)) for wire, ours in _HOLD.items())
    return f"<pauze><debiteur>{tag('bsn', hold.bsn)}</debiteur>{told}</pauze>"


def _group(name: str, value: object | None, names: dict[str, str]) -> str:
    if value is None:
        return ""
    told = "".join(tag(wire, getattr(value, ours)) for wire, ours in names.items())
    return f"<{name}>{told}</{name}>"
