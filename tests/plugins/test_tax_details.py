"""All that a tax delivery can tell, in and out again: nothing that has a name is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from book import BSNS, everything, facts_record, resident_of
from chain import Chain
from test_tax import OFFICE, WATER, Town, connect, organisation, person, read, tax_claim

from hub.clock import FrozenClock
from hub.connector import Fact, RecordError
from hub.overview.resident import resident_overview
from hub.testing.world import Dossier, LedgerEvent, Plan, RemissionRequest
from plugins.tax.connector import TaxConnector
from plugins.tax.messages import parse_claim, parse_contacts
from plugins.tax.names import CLAIM_FIELDS
from plugins.tax.simulator import TaxOffice
from plugins.tax.writing import claim_xml
from schemas import CLAIM_TYPES, EVENTS, KINDS, STAGES, ValidationError, problems
from schemas.payment_reference import is_payment_reference

PLAN = Plan(date(2026, 7, 1), date(2027, 1, 1), 5, 3500, "lopend")
ASKED = RemissionRequest(date(2026, 8, 1), date(2026, 9, 1), "gedeeltelijk", 5000)

#: One claim with everything that the format knows.
FULL = """<vordering><vorderingnummer>A-9</vorderingnummer><soort>biz</soort>
<omschrijving>BIZ-bijdrage 2026</omschrijving><betalingskenmerk>5000056789012345</betalingskenmerk>
<belastingjaar>2026</belastingjaar><debiteur><bsn>999990007</bsn></debiteur>
<dagtekening>2026-02-28</dagtekening><vervaldatum>2026-04-11</vervaldatum>
<verjaringsdatum>2031-05-01</verjaringsdatum><hoofdsom>30000</hoofdsom><kosten>900</kosten>
<rente>120</rente><betaald>5000</betaald><openstaand>24020</openstaand>
<fase>vooraankondiging</fase><overgedragenAan>deurwaarder Proef</overgedragenAan>
<betwist>ja</betwist><automatischeIncasso>nee</automatischeIncasso><peildatum>2026-11-01</peildatum>
<regels><regel><omschrijving>vast</omschrijving><bedrag>20000</bedrag>
<object>Dorpsstraat 1</object></regel><regel><omschrijving>deel</omschrijving>
<bedrag>10000</bedrag></regel></regels>
<gebeurtenissen><gebeurtenis><kenmerk>e1</kenmerk><soort>aanmaning</soort><datum>2026-05-01</datum>
<bedrag>900</bedrag><toelichting>kosten aanmaning</toelichting></gebeurtenis>
<gebeurtenis><kenmerk>e2</kenmerk><soort>rente</soort><datum>2026-06-01</datum><bedrag>120</bedrag>
</gebeurtenis><gebeurtenis><kenmerk>e3</kenmerk><soort>verrekening</soort><datum>2026-06-02</datum>
<bedrag>-2000</bedrag></gebeurtenis></gebeurtenissen>
<betalingen><betaling><kenmerk>p1</kenmerk><datum>2026-06-03</datum><bedrag>7000</bedrag>
<wijze>incasso</wijze></betaling><betaling><kenmerk>p2</kenmerk><datum>2026-06-06</datum>
<bedrag>-2000</bedrag><wijze>storno</wijze></betaling></betalingen>
<betalingsregeling><ingangsdatum>2026-07-01</ingangsdatum><einddatum>2026-08-01</einddatum>
<aantalTermijnen>2</aantalTermijnen><termijnbedrag>3500</termijnbedrag><status>vervallen</status>
<automatischeIncasso>ja</automatischeIncasso><gemisteTermijnen>1</gemisteTermijnen>
<termijnen><termijn><vervaldatum>2026-07-01</vervaldatum><bedrag>3500</bedrag>
<betaaldOp>2026-07-02</betaaldOp><betaald>3500</betaald></termijn><termijn>
<vervaldatum>2026-08-01</vervaldatum><bedrag>3500</bedrag><betaald>0</betaald></termijn></termijnen>
<voorwaarden><wijzeAanvraag>portaal</wijzeAanvraag><ondergrens>vtlb</ondergrens>
<betalingscapaciteit>3500</betalingscapaciteit></voorwaarden></betalingsregeling>
<kwijtscheldingsverzoek><aanvraagdatum>2026-08-01</aanvraagdatum>
<besluitdatum>2026-09-01</besluitdatum><uitkomst>afgewezen</uitkomst><bedrag>0</bedrag>
<gegevens><leefsituatie>alleenstaand</leefsituatie><nettoInkomen>170150</nettoInkomen>
<vermogen>0</vermogen><afwijzingsgrond>voldoende inkomen</afwijzingsgrond></gegevens>
</kwijtscheldingsverzoek><bijzonderheden><biljetnummer>B-1</biljetnummer>
<grondVersneld>Invorderingswet 10</grondVersneld></bijzonderheden></vordering>"""


def parsed(text: str = FULL) -> dict[tuple[str, str], dict[str, Any]]:
    return {(f.kind, f.key): f.data for f in parse_claim(text.encode(), OFFICE)}


def test_every_known_element_is_told() -> None:
    found = parsed()
    for (kind, _), data in found.items():
        KINDS[kind].load(data)
    statement = found["claim_statement", "A-9"]
    assert statement["payment_reference"] == "5000056789012345"
    assert statement["limitation_on"] == "2031-05-01"
    assert (statement["disputed"], statement["direct_debit"]) == (True, False)
    assert (statement["transferred_to"], statement["stage"]) == (
        "deurwaarder Proef",
        "vooraankondiging",
    )
    assert statement["lines"] == [
        {"description": "vast", "amount": 20000, "object": "Dorpsstraat 1"},
        {"description": "deel", "amount": 10000},
    ]
    assert statement["details"] == {"biljetnummer": "B-1", "grondVersneld": "Invorderingswet 10"}


def test_costs_interest_and_set_off_are_events_and_a_reversal_is_a_payment() -> None:
    found = parsed()
    events = [data for (kind, _), data in found.items() if kind == "claim_event"]
    assert [(one["kind"], one["amount"]) for one in events] == [
        ("aanmaning", 900),
        ("rente", 120),
        ("verrekening", -2000),
    ]
    assert events[0]["description"] == "kosten aanmaning"
    payments = [data for (kind, _), data in found.items() if kind == "payment"]
    assert [(one["method"], one["amount"]) for one in payments] == [
        ("incasso", 7000),
        ("storno", -2000),
    ]


def test_a_plan_tells_its_terms_and_a_decision_what_it_rests_on() -> None:
    found = parsed()
    plan = found["payment_plan", "A-9"]
    assert (plan["missed"], plan["direct_debit"]) == (1, True)
    assert plan["installments"] == [
        {"due_on": "2026-07-01", "amount": 3500, "paid_on": "2026-07-02", "paid": 3500},
        {"due_on": "2026-08-01", "amount": 3500, "paid": 0},
    ]
    assert plan["details"]["betalingscapaciteit"] == 3500
    assert found["remission", "A-9"]["details"] == {
        "leefsituatie": "alleenstaand",
        "nettoInkomen": 170150,
        "vermogen": 0,
        "afwijzingsgrond": "voldoende inkomen",
    }


def test_a_plan_that_lapsed_and_the_next_one_are_both_told() -> None:
    old, new = "</betalingsregeling>", "2026-09-01"
    plan = FULL[FULL.index("<betalingsregeling>") : FULL.index(old)] + old
    again = plan.replace("2026-07-01", new, 1).replace(">vervallen<", ">lopend<")
    found = parsed(FULL.replace(plan, plan + again))
    assert found["payment_plan", "A-9"]["status"] == "vervallen"
    second = KINDS["payment_plan"].load(found["payment_plan", "A-9#2"])
    assert (second["claim"], str(second["starts_on"])) == ("A-9", new)
    request = FULL[FULL.index("<kwijtscheldingsverzoek>") : FULL.index("<bijzonderheden>")]
    found = parsed(FULL.replace(request, request * 2))
    assert [key for kind, key in found if kind == "remission"] == ["A-9", "A-9#2"]


def test_the_overview_shows_the_plan_that_began_last(make_hub: Any) -> None:
    chain = Chain(make_hub)
    number, who = "A1", {"person": {"bsn": BSNS[0]}, "claim": "A1"}
    plan = {"terms": 6, "term_amount": 3500, **who}
    told = ("claim_statement", number, {"person": {"bsn": BSNS[0]}, "creditor": "stad",
                                        "reference": number, "type": "ozb", "open": 5000,
                                        "as_of": "2026-11-01"})  # fmt: skip
    now = ("payment_plan", "A1#2", {**plan, "starts_on": "2026-09-01", "status": "lopend"})
    for status in ("lopend", "vervallen"):
        old = ("payment_plan", "A1", {**plan, "starts_on": "2026-01-01", "status": status})
        chain.tell("tax", facts_record(number, told, old, now))
    chain.findings()
    with chain.hub.reader.connect() as connection:
        resident_id = resident_of(connection, chain.hub, BSNS[0])
        assert resident_id is not None
        view = resident_overview(connection, chain.hub, everything(resident_id), None)
    assert view is not None
    (claim,) = view.claims
    assert claim.plan is not None
    assert (claim.plan.status, str(claim.plan.starts_on)) == ("lopend", "2026-09-01")


def test_whole_euros_and_whose_claim_it_was_are_told() -> None:
    more = (
        "<eenheid>100</eenheid><oorspronkelijkeSchuldeiser>Gemeente Voorbeeld"
        "</oorspronkelijkeSchuldeiser><oorspronkelijkNummer>G-7</oorspronkelijkNummer>"
    )
    told = parsed(FULL.replace("<fase>", f"{more}<fase>"))["claim_statement", "A-9"]
    assert (told["unit"], told["original_creditor"], told["original_reference"]) == (
        100,
        "Gemeente Voorbeeld",
        "G-7",
    )


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (
            "<bedrag>20000</bedrag>",
            "<bedrag>20001</bedrag>",
            "vordering.regels tellen op tot 30001; de hoofdsom is 30000",
        ),
        (
            "<aantalTermijnen>2<",
            "<aantalTermijnen>3<",
            "betalingsregeling.aantalTermijnen is 3; er staan er 2",
        ),
    ],
)
def test_what_does_not_add_up_is_told(old: str, new: str, text: str) -> None:
    assert old in FULL
    with pytest.raises(RecordError) as caught:
        parsed(FULL.replace(old, new, 1))
    assert caught.value.problems == [text]


@pytest.mark.parametrize("kind", CLAIM_TYPES)
def test_every_kind_of_levy_comes_in(kind: str) -> None:
    found = parsed(FULL.replace(">biz<", f">{kind}<"))
    assert KINDS["claim_statement"].load(found["claim_statement", "A-9"])["type"] == kind


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_comes_in(stage: str) -> None:
    found = parsed(FULL.replace(">vooraankondiging<", f">{stage}<"))
    assert KINDS["claim_statement"].load(found["claim_statement", "A-9"])["stage"] == stage


@pytest.mark.parametrize("kind", EVENTS)
def test_every_event_comes_in(kind: str) -> None:
    found = parsed(FULL.replace("<soort>rente<", f"<soort>{kind}<"))
    assert KINDS["claim_event"].load(found["claim_event", "e2"])["kind"] == kind


# --- what the simulator derives ----------------------------------------------------------------


def rich() -> Town:
    """A town with all that the office derives from."""
    paid = tax_claim("A-4", stage="aanslag", kind="afvalstoffenheffing")
    return Town(
        organisations=(organisation(OFFICE), organisation(WATER)),
        residents=(
            Dossier(person(0), claims=(tax_claim("A-1", plan=PLAN, remission=ASKED), paid)),
            Dossier(person(1), claims=(tax_claim("W-1", WATER, stage="beslag"),)),
            Dossier(person(2)),
        ),
    )


@pytest.fixture
def office(tmp_path: Path, clock: FrozenClock) -> Iterator[TaxOffice]:
    made = TaxOffice(rich(), tmp_path, clock)
    made.start()
    yield made
    made.stop()


def facts(connector: TaxConnector, stream: str) -> list[Fact]:
    return [
        fact
        for batch in read(connector, stream)
        for record in batch.records
        for fact in connector.parse(stream, record.raw)
    ]


def test_what_is_derived_is_valid_and_changes_no_balance(office: TaxOffice) -> None:
    found = facts(connect(office), "claims")
    for one in found:
        KINDS[one.kind].load(one.data)
    for statement in (f for f in found if f.kind == "claim_statement"):
        told = statement.data
        parts = told["principal"] + told["costs"] + told["interest"] - told["paid"]
        assert told["open"] == parts
        assert sum(line["amount"] for line in told["lines"]) == told["principal"]
        payments = [f.data for f in found if f.kind == "payment"]
        mine = sum(one["amount"] for one in payments if one["claim"] == statement.key)
        assert mine == told["paid"], "a collection that was taken back paid nothing"


def test_a_limitation_starts_anew_with_each_step_that_claims_payment(office: TaxOffice) -> None:
    found = {f.key: f.data for f in facts(connect(office), "claims") if f.kind == "claim_statement"}
    assert found["A-1"]["limitation_on"] == "2031-05-01", "five years after the aanmaning"
    quiet = replace(tax_claim("Q-1"), events=tax_claim("Q-1").events[:1], stage="aanslag")
    data = parse_claim(claim_xml(person(), quiet).encode(), OFFICE)[0].data
    assert data["limitation_on"] == "2031-04-11", "five years after the due date"


def test_a_direct_debit_may_be_taken_back() -> None:
    later = LedgerEvent("x-9", "rente", date(2026, 9, 1), 10)
    seen = set()
    for number in range(40):
        one = tax_claim(f"D-{number}", stage="aanslag")
        one = replace(one, events=(*one.events, later))
        found = parse_claim(claim_xml(person(), one).encode(), OFFICE)
        methods = [f.data["method"] for f in found if f.kind == "payment"]
        seen.add(tuple(methods))
        assert found[0].data["direct_debit"] is ("storno" in methods)
    assert seen == {("bank",), ("bank", "incasso", "storno")}


@pytest.mark.parametrize("number", ["A-1", "2026-00017", ""])
def test_a_payment_reference_has_a_right_check_digit(number: str) -> None:
    found = tax_claim(number).payment_reference
    assert len(found) == 16
    assert is_payment_reference(found)


def test_no_element_that_the_simulator_writes_is_unknown(office: TaxOffice) -> None:
    from lxml import etree

    for record in read(connect(office))[-1].records:
        tags = {str(one.tag) for one in etree.fromstring(record.raw).iter()}
        assert tags <= CLAIM_FIELDS


# --- contacts ----------------------------------------------------------------------------------


def test_contacts_tell_their_source_and_permission_and_attempts_their_outcome(
    office: TaxOffice,
) -> None:
    found = facts(connect(office), "contacts")
    for one in found:
        KINDS[one.kind].load(one.data)
    contacts = [one.data for one in found if one.kind == "contact"]
    assert [(one["kind"], one["value"]) for one in contacts] == [
        ("phone", "0600000000"),
        ("email", "a@voorbeeld.example"),
    ]
    assert all(one["origin"] and isinstance(one["permitted"], bool) for one in contacts)
    attempt = next(one.data for one in found if one.kind == "contact_attempt")
    assert (attempt["about"], attempt["on"], attempt["channel"]) == (
        "A-1",
        "2026-04-24",
        "telefoon",
    )


def test_each_authority_tells_its_own_contacts(office: TaxOffice) -> None:
    (batch,) = read(connect(office), "contacts")
    assert ([one.key for one in batch.records], batch.complete) == (["C0000000"], True)
    (other,) = read(connect(office, 1), "contacts")
    assert [one.key for one in other.records] == ["C0000001"]


def test_a_contact_file_without_number_is_rejected_with_all_that_is_wrong() -> None:
    raw = (
        b"<contactdossier><debiteur><bsn>999990007</bsn></debiteur><contactpogingen>"
        b"<contactpoging><datum>gisteren</datum></contactpoging></contactpogingen></contactdossier>"
    )
    with pytest.raises(RecordError) as caught:
        parse_contacts(raw)
    assert caught.value.problems[:2] == [
        "contactdossier.dossiernummer ontbreekt",
        "contactdossier.contactpoging[1].kenmerk ontbreekt",
    ]


# --- records that cannot be used: the exact sentence -------------------------------------------

BAD = Path(__file__).parent / "bad" / "tax"
SENTENCES = {
    "lines": "vordering.regels tellen op tot 30001; de hoofdsom is 30000",
    "terms": "betalingsregeling.aantalTermijnen is 3; er staan er 2",
    "flag": "claim_statement.disputed is geen ja of nee (true of false)",
    "installment": "payment_plan.installments.1.due_on is '1 augustus'; verwacht een datum als "
    "2026-11-23",
    "reference": "claim_statement.payment_reference is 17 tekens lang; hoogstens 16 is mogelijk",
    "twice": "vordering.betwist komt meer dan een keer voor",
    "stage": "vordering.fase ontbreekt",
    "payment-key": "vordering.betaling[2].kenmerk is 'p1'; dat kenmerk komt al eerder voor",
    "event-key-bsn": "vordering.gebeurtenis[1].kenmerk is het BSN van de debiteur; verwacht een "
    "eigen nummer",
    "several": "vordering.fase ontbreekt; claim_statement.open is 'veel'; verwacht een bedrag in "
    "hele centen; remission.outcome is 'misschien'; bekend zijn: aangevraagd, afgewezen, "
    "gedeeltelijk, toegekend",
}


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_a_wrong_claim_is_refused_in_words(name: str) -> None:
    assert {one.stem for one in BAD.glob("*.xml")} == set(SENTENCES)
    try:
        found = parse_claim((BAD / f"{name}.xml").read_bytes(), OFFICE)
    except RecordError as error:
        told = error.problems
    else:
        told = []
        for one in found:
            try:
                KINDS[one.kind].load(one.data)
            except ValidationError as error:
                told += problems(error, one.kind)
    assert "; ".join(told) == SENTENCES[name]
    assert "999990007" not in SENTENCES[name]
