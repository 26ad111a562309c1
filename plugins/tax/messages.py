"""What the tax office tells, read: claims, holds, and the ways to reach someone.

This is a format of our own, described in docs/tax-delivery.md. It is NOT a national format and no
known tax suite writes it as it stands. A municipality whose suite writes something else replaces
this file with names.py and writing.py; connector, simulator and hub stay as they are.

Amounts are integer euro cents, days ISO. Values are passed on as they were received where they
cannot be converted, so that the canonical schema can say what it received and expected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from lxml import etree

from hub.connector import Fact, RecordError
from plugins.tax import names
from plugins.tax.envelope import CHUNK, KEY_FORM, DeliveryReader, Shape, read_element
from schemas import KINDS, ValidationError
from schemas import problems as schema_problems
from schemas.fields import shown

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

#: The list of how to reach people, and how that went.
CONTACTS = Shape(
    root="contactlijst",
    record="contactdossier",
    key="dossiernummer",
    count="aantalDossiers",
    functions=("contactlijst",),
)

_DIGITS = re.compile(r"-?[0-9]{1,15}")
_FLAGS = {"ja": True, "nee": False}


def iter_claims(file: BinaryIO) -> DeliveryReader:
    """Read a delivery of claims as a stream of `Record`s; see DeliveryReader for its errors."""
    return DeliveryReader(iter(lambda: file.read(CHUNK), b""), CLAIMS)


def parse_claim(raw: bytes, creditor: str) -> list[Fact]:
    """Return the facts of one <vordering>. Raises RecordError with every problem in it."""
    claim = read_element(raw, "vordering")
    key = claim.findtext("vorderingnummer") or ""
    person = _told(claim.find("debiteur"), names.PERSON)
    facts = list(_claim_facts(claim, key, person, creditor))
    return _sound(facts, _claim_faults(claim, key, person))


def parse_hold(raw: bytes, creditor: str) -> list[Fact]:
    """Return the fact of one <pauze>. Raises RecordError with every problem in it."""
    hold = read_element(raw, "pauze")
    person = _told(hold.find("debiteur"), names.PERSON)
    data = {**_told(hold, names.HOLD), "person": person, "creditor": creditor}
    facts = [Fact("hold", str(data.get("reference", "")), data)]
    faults = [*_repeated(hold), *_key_faults("pauze.pauzenummer", facts[0].key, person)]
    return _sound(facts, faults)


def parse_contacts(raw: bytes) -> list[Fact]:
    """Return the facts of one <contactdossier>. Raises RecordError with every problem in it."""
    file = read_element(raw, "contactdossier")
    key = file.findtext("dossiernummer") or ""
    person = _told(file.find("debiteur"), names.PERSON)
    about = {"person": person}
    facts = [
        Fact("contact", f"{key}-{at}", _told(one, names.CONTACT) | about)
        for at, one in enumerate(file.iterfind("contactgegevens/contactgegeven"), start=1)
    ]
    facts += [
        Fact("contact_attempt", one.findtext("kenmerk") or "", _told(one, names.ATTEMPT) | about)
        for one in file.iterfind("contactpogingen/contactpoging")
    ]
    faults = [*_key_faults("contactdossier.dossiernummer", key, person), *_repeated(file)]
    return _sound(facts, [*faults, *_mark_faults(file, ("contactpoging",), person)])


def _sound(facts: list[Fact], faults: Iterator[str] | list[str]) -> list[Fact]:
    """Return the facts; with faults of our own, raise them with those of the schemas."""
    found = list(faults)
    if found:
        raise RecordError([*found, *schema_faults(facts)])
    return facts


def _claim_facts(
    claim: etree._Element, key: str, person: dict[str, Any], creditor: str
) -> Iterator[Fact]:
    own = {"person": person, "creditor": creditor, "reference": key}
    lines = [_told(one, names.LINE) for one in claim.iterfind("regels/regel")]
    yield Fact("claim_statement", key, _with_more(claim, names.CLAIM) | {"lines": lines} | own)
    for event in claim.iterfind("gebeurtenissen/gebeurtenis"):
        data = _told(event, names.EVENT) | {"claim": key}
        yield Fact("claim_event", event.findtext("kenmerk") or "", data)
    for payment in claim.iterfind("betalingen/betaling"):
        data = _told(payment, names.PAYMENT) | {"claim": key}
        yield Fact("payment", payment.findtext("kenmerk") or "", data)
    about = {"person": person, "claim": key}
    for at, plan in enumerate(claim.iterfind("betalingsregeling"), start=1):
        terms = [_told(one, names.INSTALLMENT) for one in plan.iterfind("termijnen/termijn")]
        data = _with_more(plan, names.PLAN) | {"installments": terms} | about
        yield Fact("payment_plan", _turn(key, at), data)
    for at, request in enumerate(claim.iterfind("kwijtscheldingsverzoek"), start=1):
        yield Fact("remission", _turn(key, at), _with_more(request, names.REMISSION) | about)


def _turn(key: str, at: int) -> str:
    """Return the key of a plan or request: that of the claim, with its turn after the first."""
    return key if at == 1 else f"{key}#{at}"


def _with_more(group: etree._Element, known: Mapping[str, str]) -> dict[str, Any]:
    """Return what a group tells, and under "details" what it only tells to be shown."""
    name, inside = names.DETAILS[str(group.tag)]
    details = _told(group.find(name), {one: one for one in inside})
    return _told(group, known) | ({"details": details} if details else {})


def _told(group: etree._Element | None, known: Mapping[str, str]) -> dict[str, Any]:
    """Return what a group tells, by canonical name; an empty element tells nothing."""
    found: dict[str, Any] = {}
    for child in group if group is not None else ():
        text = (child.text or "").strip()
        if text and child.tag in known:
            found[known[str(child.tag)]] = _value(str(child.tag), text)
    return found


def _value(tag: str, text: str) -> Any:
    if tag in names.NUMBERS and _DIGITS.fullmatch(text):
        return int(text)
    return _FLAGS.get(text, text) if tag in names.FLAGS else text


def _claim_faults(claim: etree._Element, key: str, person: dict[str, Any]) -> Iterator[str]:
    """Yield what the canonical schemas cannot see, such as keys and repeated elements."""
    yield from _key_faults("vordering.vorderingnummer", key, person)
    yield from _repeated(claim)
    # The schema knows sources without stages; this one always tells it.
    if not claim.findtext("fase"):
        yield "vordering.fase ontbreekt"
    # The schema takes an event without an amount as one of nothing; the ledger never does.
    for number, event in enumerate(claim.iterfind("*/gebeurtenis"), start=1):
        if not event.findtext("bedrag"):
            yield f"vordering.gebeurtenis[{number}].bedrag ontbreekt"
    yield from _mark_faults(claim, ("gebeurtenis", "betaling"), person)
    yield from _sum_faults(claim)


def _sum_faults(claim: etree._Element) -> Iterator[str]:
    """Yield where lines or installments do not add up to what they are parts of."""
    lines = [_told(one, names.LINE).get("amount") for one in claim.iterfind("regels/regel")]
    principal = _told(claim, names.CLAIM).get("principal")
    amounts = [one for one in lines if isinstance(one, int)]
    whole = isinstance(principal, int) and len(amounts) == len(lines) > 0
    if whole and sum(amounts) != principal:
        yield f"vordering.regels tellen op tot {sum(amounts)}; de hoofdsom is {principal}"
    for plan in claim.iterfind("betalingsregeling"):
        terms = plan.findall("termijnen/termijn")
        told = (plan.findtext("aantalTermijnen") or "").strip()
        if terms and told.isdecimal() and int(told) != len(terms):
            yield f"betalingsregeling.aantalTermijnen is {int(told)}; er staan er {len(terms)}"


def _mark_faults(
    record: etree._Element, groups: tuple[str, ...], person: dict[str, Any]
) -> Iterator[str]:
    seen: set[str] = set()
    for name in groups:
        for number, one in enumerate(record.iterfind(f"*/{name}"), start=1):
            path, mark = f"{record.tag}.{name}[{number}]", one.findtext("kenmerk") or ""
            yield from _key_faults(f"{path}.kenmerk", mark, person)
            if mark in seen:
                yield f"{path}.kenmerk is {shown(mark)}; dat kenmerk komt al eerder voor"
            seen.add(mark)


def _key_faults(path: str, key: str, person: dict[str, Any]) -> Iterator[str]:
    if not key:
        yield f"{path} ontbreekt"
    elif not KEY_FORM.fullmatch(key):
        yield f"{path} is {shown(key)}; verwacht hoogstens 64 letters, cijfers of . _ / -"
    elif key == person.get("bsn"):
        yield f"{path} is het BSN van de debiteur; verwacht een eigen nummer"


def _repeated(record: etree._Element) -> Iterator[str]:
    for part in record.iter(*names.GROUPS):
        tags = [child.tag for child in part if child.tag not in names.SEVERAL]
        if len(set(tags)) < len(tags):
            name = next(one for one in tags if tags.count(one) > 1)
            yield f"{part.tag}.{name} komt meer dan een keer voor"


def schema_faults(facts: list[Fact]) -> list[str]:
    """Return what the canonical records find wrong with facts."""
    found: list[str] = []
    for fact in facts:
        try:
            KINDS[fact.kind].load(fact.data)
        except ValidationError as error:
            found += schema_problems(error, fact.kind)
    return found
