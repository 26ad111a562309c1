"""A tax delivery, read and written again by its own words: every known field comes back whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as some
from marshmallow import fields
from test_tax_details import FULL, OFFICE

from hub.connector import Fact
from plugins.tax import names
from plugins.tax.envelope import tag
from plugins.tax.messages import parse_claim, parse_contacts, parse_hold
from schemas import KINDS
from schemas.claim import ClaimLine, Installment
from schemas.fields import Bsn, Cents, Choice, Day, Flag
from schemas.person import Person

TEXT = some.text("abcdé '&<12-", min_size=1, max_size=16).map(str.strip).filter(bool)

KEY = some.text("ABC123._-", min_size=1, max_size=20)

#: Fields that have a form of their own.
FORMS: dict[str, Any] = {
    "bsn": some.just("999990007"),
    "postcode": some.just("9999XX"),
    "birth_date": some.dates(date(1930, 1, 1), date(2008, 1, 1)).map(str),
    "payment_reference": some.just("5000056789012345"),
    "email": some.just("a@voorbeeld.example"),
    "phone": some.just("0600000000"),
    "house_number": some.just("12"),
    "addition": some.just("a"),
    "value": some.just("0600000000"),
    "reference": KEY,
    "unit": some.sampled_from([1, 100]),
}


def of(field: fields.Field[Any], name: str) -> some.SearchStrategy[Any]:
    """Values of one canonical field, as a message tells them."""
    if name in FORMS:
        return FORMS[name]  # type: ignore[no-any-return]
    if isinstance(field, Choice):
        return some.sampled_from([one for one in field.choices if one])
    if isinstance(field, Day):
        return some.dates(date(1990, 1, 1), date(2040, 1, 1)).map(str)
    if isinstance(field, Cents):
        return some.integers(-(10**6), 10**6)
    if isinstance(field, Flag):
        return some.booleans()
    assert not isinstance(field, Bsn)
    return TEXT


def group(known: Mapping[str, str], schema: Any, **more: Any) -> some.SearchStrategy[Any]:
    """Groups in which every field of a table of names may be told; the required ones always are."""
    told = {name: of(schema.fields[name], name) for name in known.values()}
    always = {name: one for name, one in told.items() if schema.fields[name].required}
    always |= more
    maybe = {name: one for name, one in told.items() if name not in always}
    return some.fixed_dictionaries(always, optional=maybe)


def details(kind: str) -> some.SearchStrategy[Any]:
    return some.fixed_dictionaries(
        {},
        optional={
            one: some.integers(0, 10**6) if one in names.NUMBERS else TEXT
            for one in names.DETAILS[kind][1]
        },
    )


def written(values: Mapping[str, Any], known: Mapping[str, str]) -> str:
    """Write a group in the words of the delivery."""
    texts = {True: "ja", False: "nee"}
    return "".join(
        tag(wire, texts[values[ours]] if isinstance(values[ours], bool) else values[ours])
        for wire, ours in known.items()
        if ours in values
    )


def claim_xml(facts: list[Fact]) -> str:
    """Write the facts of one claim as the delivery tells them."""
    parts = {"claim_event": "", "payment": ""}
    tail = ""
    for one in facts:
        data = one.data
        if one.kind == "claim_event":
            told = tag("kenmerk", one.key) + written(data, names.EVENT)
            parts["claim_event"] += f"<gebeurtenis>{told}</gebeurtenis>"
        elif one.kind == "payment":
            told = tag("kenmerk", one.key) + written(data, names.PAYMENT)
            parts["payment"] += f"<betaling>{told}</betaling>"
        elif one.kind == "payment_plan":
            terms = "".join(
                f"<termijn>{written(each, names.INSTALLMENT)}</termijn>"
                for each in data["installments"]
            )
            told = f"{written(data, names.PLAN)}<termijnen>{terms}</termijnen>"
            tail += (
                f"<betalingsregeling>{told}{more(data, 'betalingsregeling')}</betalingsregeling>"
            )
        elif one.kind == "remission":
            told = written(data, names.REMISSION) + more(data, "kwijtscheldingsverzoek")
            tail += f"<kwijtscheldingsverzoek>{told}</kwijtscheldingsverzoek>"
    first = facts[0]
    lines = "".join(f"<regel>{written(one, names.LINE)}</regel>" for one in first.data["lines"])
    return (
        f"<vordering>{tag('vorderingnummer', first.key)}{written(first.data, names.CLAIM)}"
        f"<debiteur>{written(first.data['person'], names.PERSON)}</debiteur>"
        f"<regels>{lines}</regels><gebeurtenissen>{parts['claim_event']}</gebeurtenissen>"
        f"<betalingen>{parts['payment']}</betalingen>{tail}{more(first.data, 'vordering')}"
        "</vordering>"
    )


def more(data: Mapping[str, Any], kind: str) -> str:
    name, inside = names.DETAILS[kind]
    found = written(data.get("details", {}), {one: one for one in inside})
    return f"<{name}>{found}</{name}>" if found else ""


@some.composite
def claims(draw: Any) -> list[Fact]:
    """Everything that a claim can tell, in any combination."""
    person = draw(group(names.PERSON, Person(), bsn=FORMS["bsn"]))
    key, own = draw(KEY), {"person": person, "creditor": OFFICE}
    lines = draw(some.lists(group(names.LINE, ClaimLine()), max_size=3))
    told = draw(group(names.CLAIM, KINDS["claim_statement"], stage=TEXT.map(lambda _: "beslag")))
    if lines:
        told["principal"] = sum(one["amount"] for one in lines)
    found = [Fact("claim_statement", key, told | own | {"reference": key, "lines": lines})]
    amount = some.integers(-(10**6), 10**6)
    for kind, known in (("claim_event", names.EVENT), ("payment", names.PAYMENT)):
        for at, one in enumerate(draw(some.lists(group(known, KINDS[kind], amount=amount),
                                                 max_size=3))):  # fmt: skip
            found.append(Fact(kind, f"{kind}-{at}", one | {"claim": key}))
    for at, one in enumerate(draw(some.lists(group(names.PLAN, KINDS["payment_plan"]),
                                             max_size=2)), start=1):  # fmt: skip
        one["installments"] = draw(some.lists(group(names.INSTALLMENT, Installment()), max_size=3))
        if one["installments"]:
            one["terms"] = len(one["installments"])
        one |= {"person": person, "claim": key}
        found.append(Fact("payment_plan", key if at == 1 else f"{key}#{at}", one))
    if draw(some.booleans()):
        one = draw(group(names.REMISSION, KINDS["remission"])) | {"person": person, "claim": key}
        found.append(Fact("remission", key, one))
    for one in found:
        wire = {"claim_statement": "vordering", "payment_plan": "betalingsregeling",
                "remission": "kwijtscheldingsverzoek"}.get(one.kind)  # fmt: skip
        if wire and (inside := draw(details(wire))):
            one.data["details"] = inside
    return found


@given(claims())
def test_what_a_claim_tells_comes_back_whole(facts: list[Fact]) -> None:
    read = parse_claim(claim_xml(facts).encode(), OFFICE)
    assert {(one.kind, one.key): one.data for one in read} == {
        (one.kind, one.key): one.data for one in facts
    }
    for one in read:
        KINDS[one.kind].load(one.data)


def test_a_full_claim_is_the_same_after_the_canonical_records() -> None:
    first = parse_claim(FULL.encode(), OFFICE)
    through = [Fact(one.kind, one.key, plain(one)) for one in first]
    assert parse_claim(claim_xml(through).encode(), OFFICE) == first


def plain(one: Fact) -> dict[str, Any]:
    """Return what the canonical record holds of a fact, without what it fills in itself."""
    told = KINDS[one.kind].load(one.data)
    return {name: _kept(told[name], one.data[name]) for name in one.data}


def _kept(value: Any, told: Any) -> Any:
    if isinstance(told, dict):
        return {name: value[name] for name in told}
    if isinstance(told, list):
        return [_kept(each, before) for each, before in zip(value, told, strict=True)]
    return value.isoformat() if isinstance(value, date) else value


@given(group(names.HOLD, KINDS["hold"], reference=KEY))
def test_what_a_hold_tells_comes_back_whole(data: dict[str, Any]) -> None:
    raw = f"<pauze><debiteur><bsn>999990007</bsn></debiteur>{written(data, names.HOLD)}</pauze>"
    (fact,) = parse_hold(raw.encode(), OFFICE)
    assert fact.data == data | {"person": {"bsn": "999990007"}, "creditor": OFFICE}


@given(
    some.lists(group(names.CONTACT, KINDS["contact"]), max_size=3),
    some.lists(group(names.ATTEMPT, KINDS["contact_attempt"]), max_size=3),
)
def test_what_a_contact_file_tells_comes_back_whole(
    contacts: list[dict[str, Any]], attempts: list[dict[str, Any]]
) -> None:
    ways = "".join(
        f"<contactgegeven>{written(one, names.CONTACT)}</contactgegeven>" for one in contacts
    )
    tries = "".join(
        f"<contactpoging>{tag('kenmerk', f'k{at}')}{written(one, names.ATTEMPT)}</contactpoging>"
        for at, one in enumerate(attempts)
    )
    raw = (
        "<contactdossier><dossiernummer>C1</dossiernummer><debiteur><bsn>999990007</bsn></debiteur>"
        f"<contactgegevens>{ways}</contactgegevens><contactpogingen>{tries}</contactpogingen>"
        "</contactdossier>"
    )
    who = {"person": {"bsn": "999990007"}}
    found = [(one.kind, one.data) for one in parse_contacts(raw.encode())]
    assert found == [("contact", one | who) for one in contacts] + [
        ("contact_attempt", one | who) for one in attempts
    ]
