"""StUF-FIN over a real socket: questions, answers, netting, and answers that may not be used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from registers import STAD, TODAY, Town, claim, person
from stuf_schema import faults

from hub.clock import FrozenClock
from hub.connector import (
    Batch,
    ConfigError,
    Context,
    Fact,
    PermanentError,
    RecordError,
    TransientError,
)
from hub.http import HubSession
from hub.testing.world import Dossier, LedgerEvent, Plan, TaxClaim
from plugins.stuf_fin import books
from plugins.stuf_fin.connector import TEST_BSN, CollectionConnector
from plugins.stuf_fin.envelope import BG, Fault, Party, plain, unwrap, wrap
from plugins.stuf_fin.faults import OUTCOMES, error_of
from plugins.stuf_fin.messages import Reading, parse_answer
from plugins.stuf_fin.question import Selection, answer, question, read_answer
from plugins.stuf_fin.settings import Settings, levy_codes
from plugins.stuf_fin.simulator import CollectionSystem
from schemas import KINDS, ValidationError

MINE, THEIRS = "999990019", "999990020"
HUB, INNINGEN = Party("Schuldenhub", "9999"), Party("Inningen", "9999")
READING = Reading("stad", codes=books.CODES, stage=books.STAGE, costs=books.COSTS)


def remitted(number: str = "2026-1") -> TaxClaim:
    """A claim with costs, a payment and a remission."""
    more = (
        LedgerEvent(f"{number}-2", "aanmaning", date(2026, 5, 1), 1000),
        LedgerEvent(f"{number}-3", "betaling", date(2026, 6, 1), -2345),
        LedgerEvent(f"{number}-4", "kwijtschelding", date(2026, 7, 1), -5000),
    )
    one = claim(number)
    plan = Plan(date(2026, 11, 1), date(2027, 2, 1), 4, 1500, "lopend")
    return replace(one, events=one.events + more, stage="aanmaning", plan=plan)


def town() -> Town:
    return Town(
        (
            Dossier(person(), claims=(remitted(), claim("2026-2", 5000))),
            Dossier(person(1, THEIRS), claims=(claim("2026-3", 700),)),
        )
    )


class SameBooks(CollectionSystem):
    """A collection system that holds the claims of the town itself."""

    def book(self, claim: TaxClaim, helped: bool) -> TaxClaim:
        return claim


@pytest.fixture
def system(tmp_path: Path) -> Iterator[CollectionSystem]:
    made = SameBooks(town(), tmp_path, FrozenClock(TODAY))
    made.start()
    yield made
    made.stop()


def connect(system: CollectionSystem, *bsns: str, **changed: Any) -> CollectionConnector:
    (spec,) = system.sources()
    people = [{"bsn": bsn, "id": f"r{bsn[-2:]}"} for bsn in bsns or (MINE,)]
    context = Context(
        clock=system.clock,
        http=HubSession(),
        owner="stad",
        pseudonym=lambda bsn: f"p-{bsn[-3:]}",
        people=lambda: iter(people),
    )
    return CollectionConnector(Settings().load({**spec.config, **changed}), context)


def read(connector: CollectionConnector) -> list[Batch]:
    return list(connector.read("claims", None))


def facts(connector: CollectionConnector) -> list[Fact]:
    return [
        fact
        for batch in read(connector)
        for record in batch.records
        if not record.deleted
        for fact in connector.parse("claims", record.raw)
    ]


def told(*claims: TaxClaim, bsn: str = MINE) -> etree._Element:
    """An answer about these claims of one person."""
    elements = [
        element for one in claims for _, element in books.claims_of(person(bsn=bsn), one, STAD)
    ]
    return answer(INNINGEN, HUB, elements)


def altered(old: str, new: str, message: etree._Element | None = None) -> etree._Element:
    """An answer with one piece of its text replaced."""
    text = plain(told(remitted()) if message is None else message).decode()
    assert old in text
    return etree.fromstring(text.replace(old, new, 1))


def statement(message: etree._Element) -> dict[str, Any]:
    return next(f.data for f in parse_answer(message, READING) if f.kind == "claim_statement")


# --- the published schema ----------------------------------------------------------------------


def test_every_question_and_answer_is_valid_to_the_published_schema() -> None:
    for selection in (Selection(bsn=MINE), Selection(number="2026-1")):
        assert faults(question(selection, HUB, INNINGEN, 100)) == []
    assert faults(answer(INNINGEN, HUB, [])) == []
    assert faults(answer(INNINGEN, HUB, [], "StUF0002: er is meer")) == []
    assert faults(told(remitted(), claim("2026-2"))) == []


def test_what_the_schema_refuses_is_seen_by_the_test_itself() -> None:
    assert faults(altered(">J<", ">misschien<")) != []


# --- reading what is right ---------------------------------------------------------------------


def test_one_record_per_resident_and_a_tombstone_for_who_owes_nothing(
    system: CollectionSystem,
) -> None:
    (batch,) = read(connect(system, MINE, THEIRS, "999990032"))
    assert [(one.key, one.deleted) for one in batch.records] == [
        ("p-019", False),
        ("p-020", False),
        ("p-032", True),
    ]
    assert batch.caught_up
    assert [one.bsn for one in system.asked] == [MINE, THEIRS, "999990032"]


def test_a_resident_without_bsn_is_not_asked_about(system: CollectionSystem) -> None:
    connector = connect(system)
    connector.context.people = lambda: iter([{"surname": "Proef", "id": "r1"}])
    (batch,) = read(connector)
    assert (batch.records, system.asked) == ([], [])


def test_a_second_read_is_the_same_to_the_byte(system: CollectionSystem) -> None:
    assert read(connect(system))[0].records == read(connect(system))[0].records


def test_a_claim_says_what_the_ledger_says_and_its_facts_are_valid(
    system: CollectionSystem,
) -> None:
    found = facts(connect(system))
    for fact in found:
        KINDS[fact.kind].load(fact.data)
    first = next(f.data for f in found if f.data.get("reference") == "2026-1")
    names = ("principal", "costs", "paid", "open", "stage", "type", "creditor")
    assert [first[name] for name in names] == [
        12345, 1000, 2345, 6000, "aanmaning", "ozb", "stad",
    ]  # fmt: skip
    assert (first["imposed_on"], first["due_on"]) == ("2026-02-01", "2026-03-15")
    assert first["person"]["bsn"] == MINE
    assert sum(remitted().total(kind) for kind in {e.kind for e in remitted().events}) == 6000
    assert MINE not in {one.key for one in found}


def test_a_remission_is_taken_off_the_earlier_claim_and_is_no_claim_itself() -> None:
    found = parse_answer(told(remitted()), READING)
    statements = [one for one in found if one.kind == "claim_statement"]
    events = {one.data["kind"]: one.data["amount"] for one in found if one.kind == "claim_event"}
    assert [one.data["reference"] for one in statements] == ["2026-1"]
    assert events["kwijtschelding"] == -5000
    assert statements[0].data["details"]["credits"][0]["vorderingnummer"] == "2026-1-4"


def test_a_credit_whose_claim_is_not_in_the_answer_is_looked_up_by_its_number(
    system: CollectionSystem,
) -> None:
    original, credit, other = system.claims[MINE]
    system.claims[MINE] = [credit, other]
    system.claims["elsewhere"] = [original]
    found = facts(connect(system))
    assert Selection(number="2026-1") in system.asked
    assert {f.data["reference"]: f.data["open"] for f in found if f.kind == "claim_statement"} == {
        "2026-1": 6000,
        "2026-2": 5000,
    }


def test_a_looked_up_claim_of_another_person_is_never_attached(system: CollectionSystem) -> None:
    original, credit, other = system.claims[MINE]
    system.claims[MINE] = [credit, other]
    theirs = etree.fromstring(plain(original).replace(MINE.encode(), THEIRS.encode()))
    system.claims[THEIRS] = [theirs]
    found = [f for f in facts(connect(system)) if f.kind == "claim_statement"]
    assert sorted(f.data["reference"] for f in found) == ["2026-1-4", "2026-2"]
    assert next(f for f in found if f.data["reference"] == "2026-1-4").data["open"] == -5000


def credit(
    number: str, target: str, cents: int, status: str = "VRS", paid: int = 0
) -> etree._Element:
    """A credit (or an increase, when positive) that refers to the claim of this number."""
    event = LedgerEvent(number, "vermindering", date(2026, 8, 1), cents)
    made = books._credit(person(), claim(target), event, STAD)
    text = etree.tostring(made).decode().replace(">VRS<", f">{status}<")
    return etree.fromstring(text.replace("Betaald>0<", f"Betaald>{paid}<"))


def netted(*more: etree._Element, status: str = "VRS", paid: int = 0) -> dict[str, Any]:
    """What the hub makes of a claim of 100 euros with these credits on it."""
    message = told(claim("2026-1", 10000))
    (first,) = message.iterfind("{*}antwoord/{*}object")
    first.find("{*}vorderingstatus/{*}status").text = status  # type: ignore[union-attr]
    first.find("{*}vorderingstatus/{*}totaalBetaald").text = str(paid)  # type: ignore[union-attr]
    for one in more:
        first.getparent().append(one)
    assert faults(message) == []
    found = parse_answer(message, READING)
    (stated,) = (f.data for f in found if f.kind == "claim_statement")
    events = [(f.data["kind"], f.data["amount"]) for f in found if f.kind == "claim_event"]
    return {**stated, "events": events}


def test_a_credit_on_a_credit_counts_on_the_first_claim() -> None:
    found = netted(credit("c1", "2026-1", -4000), credit("c2", "c1", 1500))
    assert (found["reference"], found["open"]) == ("2026-1", 7500)
    assert found["events"] == [("opgelegd", 10000), ("vermindering", -4000), ("vermindering", 1500)]


def test_a_credit_that_was_annulled_takes_nothing_off() -> None:
    found = netted(credit("c1", "2026-1", -4000, "VRN"), credit("c2", "2026-1", -1000))
    assert (found["open"], len(found["events"])) == (9000, 2)
    assert len(found["details"]["credits"]) == 2, "what was told is kept"


@pytest.mark.parametrize(
    ("status", "paid", "left"), [("VRS", 0, 12000), ("VRS", 500, 11500), ("BET", 2000, 10000)]
)
def test_of_an_increase_is_owed_what_is_not_paid_of_it(status: str, paid: int, left: int) -> None:
    found = netted(credit("v1", "2026-1", 2000, status, paid))
    assert (found["open"], found["paid"]) == (left, paid)


def test_an_increase_of_a_claim_that_is_paid_is_still_owed() -> None:
    found = netted(credit("v1", "2026-1", 2000, "EXT"), status="BET")
    assert (found["open"], found["stage"]) == (2000, "overgedragen")
    assert netted(credit("c1", "2026-1", -2000), status="BET")["open"] == 0


@pytest.mark.parametrize(("paid", "left"), [(6000, 1500), (10000, 0), (5990, 1500)])
def test_a_corrected_credit_of_a_claim_that_is_paid(paid: int, left: int) -> None:
    on_it = credit("c1", "2026-1", -4000), credit("c2", "c1", 1500)
    assert netted(*on_it, status="BET", paid=paid)["open"] == left


def test_a_number_is_unique_within_its_source_application_only() -> None:
    other = told(claim("2026-1", 700))
    (element,) = other.iterfind("{*}antwoord/{*}object")
    element.find("{*}tsa").text = "LEGES"  # type: ignore[union-attr]
    message = told(claim("2026-1", 10000))
    first = next(message.iterfind("{*}antwoord/{*}object"))
    first.addnext(element)
    element.addnext(credit("c1", "2026-1", -4000))
    found = [f.data for f in parse_answer(message, READING) if f.kind == "claim_statement"]
    assert [(one["details"]["tsa"], one["open"]) for one in found] == [
        ("BELASTINGEN", 6000),
        ("LEGES", 700),
    ]


def test_a_chain_of_credits_is_looked_up_to_its_first_claim(system: CollectionSystem) -> None:
    original, _, other = system.claims[MINE]
    system.claims["elsewhere"] = [original, credit("c1", "2026-1", -4000)]
    system.claims[MINE] = [credit("c2", "c1", 1500), other]
    found = {f.data["reference"]: f for f in facts(connect(system)) if f.kind == "claim_statement"}
    assert set(found) == {"2026-1", "2026-2"}
    assert found["2026-1"].data["open"] == 11000 - 4000 + 1500


@pytest.mark.parametrize(
    ("status", "stage", "cents"),
    [
        ("VRS", "aanmaning", 6000),
        ("EXT", "overgedragen", 6000),
        ("ONI", "oninbaar", 6000),
        ("BET", "voldaan", 0),
        ("KWI", "voldaan", 0),
        ("VRN", "voldaan", 0),
    ],
)
def test_a_status_closes_a_claim_or_leaves_it(status: str, stage: str, cents: int) -> None:
    found = statement(altered(">INV<", f">{status}<"))
    assert (found["stage"], found["open"]) == (stage, cents)


def test_without_the_suppliers_own_elements_stage_and_costs_are_unknown() -> None:
    bare = Reading("stad")
    found = next(
        f.data for f in parse_answer(told(remitted()), bare) if f.kind == "claim_statement"
    )
    assert (found["stage"], found["costs"], found["type"]) == ("onbekend", None, "publiek")
    assert found["principal"] == 13345


def test_terms_become_a_plan_with_each_day_and_amount() -> None:
    (plan,) = (f.data for f in parse_answer(told(remitted()), READING) if f.kind == "payment_plan")
    assert (plan["terms"], plan["term_amount"], plan["starts_on"]) == (4, 1500, "2026-11-01")
    assert plan["installments"][-1] == {"due_on": "2027-02-01", "amount": 1500}


def test_no_known_field_is_lost() -> None:
    details = statement(told(remitted()))["details"]
    assert details["tsa"] == books.TSA
    assert details["vorderingstatus"]["status"] == "INV"
    assert details["extraElementen"] == {books.STAGE: "aanmaning", books.COSTS: "1000"}
    assert [one["vorderingtype"] for one in details["vorderingsregel"]] == ["AAN", "VRH"]


# --- the three kinds of nothing ----------------------------------------------------------------

DUE = "<FIN:vervaldatum>2026-03-15</FIN:vervaldatum>"
NIL = '<FIN:vervaldatum xmlns:StUF="http://www.egem.nl/StUF/StUF0301" StUF:noValue="{}"/>'


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", None),
        (NIL.format("geenWaarde"), "geenWaarde"),
        (NIL.format("nietGeautoriseerd"), "nietGeautoriseerd"),
    ],
)
def test_what_has_no_value_is_no_value_and_the_reason_is_kept(
    text: str, detail: str | None
) -> None:
    found = statement(altered(DUE, text))
    assert found["due_on"] is None
    assert found["details"].get("vervaldatum@noValue") == detail
    assert ("vervaldatum" in found["details"]) is (detail is not None)


@pytest.mark.parametrize(
    ("text", "day", "part"),
    [
        ('StUF:indOnvolledigeDatum="V">19800501', "1980-05-01", None),
        ('StUF:indOnvolledigeDatum="D">19800500', None, "1980-05"),
        ('StUF:indOnvolledigeDatum="M">19800000', None, "1980"),
        ('StUF:indOnvolledigeDatum="J">00000000', None, None),
        (">19800500", None, "1980-05"),
        (">19800000", None, "1980"),
        (">00000000", None, None),
    ],
)
def test_a_birth_date_may_be_known_in_part(text: str, day: str | None, part: str | None) -> None:
    space = 'xmlns:StUF="http://www.egem.nl/StUF/StUF0301"'
    found = statement(altered(">19800501", f" {space} {text}"))["person"]
    assert (found["birth_date"], found.get("birth_date_text")) == (day, part)


@pytest.mark.parametrize(
    ("text", "day", "part"),
    [
        (">20260301", "2026-03-01", None),
        ('StUF:indOnvolledigeDatum="M">20260000', None, "2026"),
        ('StUF:indOnvolledigeDatum="J">00000000', None, "onbekend"),
    ],
)
def test_a_death_of_which_the_day_is_not_known_is_no_life(
    text: str, day: str | None, part: str | None
) -> None:
    space = f'xmlns:StUF="http://www.egem.nl/StUF/StUF0301" xmlns:BG="{BG}"'
    died = f"<BG:overlijdensdatum {space} {text}</BG:overlijdensdatum>".replace(" >", ">")
    born = "</BG:geboortedatum>"
    found = statement(altered(born, born + died))["person"]
    assert found.get("deceased_on") == day
    assert found.get("details", {}).get("overlijden") == part


@pytest.mark.parametrize(("code", "secret"), [("0", False), ("1", True), ("7", True)])
def test_an_address_that_is_secret_stays_so(code: str, secret: bool) -> None:
    element = f'<BG:inp.indicatieGeheim xmlns:BG="{BG}">{code}</BG:inp.indicatieGeheim>'
    message = altered("</BG:verblijfsadres>", f"</BG:verblijfsadres>{element}")
    assert faults(message) == []
    assert statement(message)["person"].get("secret", False) is secret


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-05-01T00:00:00", "2026-05-01"),
        ("2026-05-01T23:30:00Z", "2026-05-02"),
        ("2026-05-01T23:30:00.123+02:00", "2026-05-01"),
    ],
)
def test_a_moment_with_a_zone_is_the_day_that_it_was_here(moment: str, day: str) -> None:
    message = told(claim())
    at = next(message.iter("{*}datumEnTijd"))
    at.text = moment
    assert faults(message) == []
    assert statement(message)["as_of"] == day


def test_the_kind_of_levy_is_that_of_the_first_line_that_has_one() -> None:
    assert statement(altered(">8001<", ">KOSTEN<"))["type"] == "ozb"


# --- answers that may not be used --------------------------------------------------------------

OTHERS = (
    "Het inningensysteem lette niet op de vraag en gaf vorderingen van anderen. De hub heeft niets "
    "daarvan bewaard. Vraag de leverancier of vragen per BSN worden ondersteund."
)


def test_an_answer_that_says_it_ignored_the_selection_stops_the_read(
    system: CollectionSystem,
) -> None:
    system.ignore_selection = True
    with pytest.raises(PermanentError) as caught:
        read(connect(system))
    assert caught.value.user == OTHERS


def test_an_answer_about_others_without_a_word_stops_the_read_too(
    system: CollectionSystem,
) -> None:
    system.silent = True
    with pytest.raises(PermanentError) as caught:
        read(connect(system))
    assert caught.value.user == OTHERS


def test_an_answer_that_reaches_the_maximum_is_asked_again_for_more(
    system: CollectionSystem,
) -> None:
    (batch,) = read(connect(system, most=2))
    assert len(system.asked) == 2
    assert len(parse_answer(etree.fromstring(batch.records[0].raw), READING)) > 2


def test_an_answer_that_says_there_is_more_is_incomplete_however_short() -> None:
    elements = [element for _, element in books.claims_of(person(), claim(), STAD)]
    for note, partial in (("StUF0002: er is meer", True), ("Let op", False)):
        assert read_answer(answer(INNINGEN, HUB, elements, note), 100).partial is partial


def test_an_answer_that_stays_incomplete_costs_that_resident_and_no_other(
    system: CollectionSystem,
) -> None:
    system.claims[MINE] *= 8
    seen: list[Batch] = []

    def keep() -> None:
        seen.extend(connect(system, MINE, THEIRS, most=2).read("claims", None))

    with pytest.raises(PermanentError) as caught:
        keep()
    assert [(b.caught_up, [one.key for one in b.records]) for b in seen] == [(False, ["p-020"])]
    assert caught.value.user == (
        "Van 1 inwoner gaf het inningensysteem niet alle vorderingen. Van hen is niets gewijzigd; "
        "de anderen zijn bijgewerkt. Verhoog het hoogste aantal per vraag in de instellingen."
    )


@pytest.mark.parametrize(("code", "gone"), [("StUF064", True), ("StUF067", False)])
def test_not_found_is_an_answer_and_found_double_is_about_one_resident(
    system: CollectionSystem, code: str, gone: bool
) -> None:
    system.fault = Fault(code, "…")
    if gone:
        assert read(connect(system))[0].records[0].deleted
    else:
        with pytest.raises(PermanentError, match="stayed incomplete"):
            read(connect(system))


@pytest.mark.parametrize(
    ("code", "error", "text"),
    [
        ("StUF004", ConfigError, "Het inningensysteem kent dit sectormodel (StUF-FIN) niet "),
        ("StUF010", ConfigError, "Het inningensysteem kent de ontvanger niet; controleer "),
        ("StUF052", ConfigError, "Het inningensysteem geeft ons geen toegang tot deze vraag "),
        ("StUF058", TransientError, "Het inningensysteem kon het bericht niet verwerken "),
        ("StUF960", TransientError, "Het inningensysteem kon niet op tijd antwoorden "),
        ("StUF055", PermanentError, "Het inningensysteem vindt dat het bericht niet volgens "),
        ("StUF078", PermanentError, "Het inningensysteem meldt 'Vraag … klopt niet' (StUF078)"),
    ],
)
def test_each_fault_has_its_outcome(
    system: CollectionSystem, code: str, error: type[Exception], text: str
) -> None:
    system.fault = Fault(code, f"Vraag {MINE} klopt niet")
    with pytest.raises(error) as caught:
        read(connect(system))
    assert caught.value.user.startswith(text)  # type: ignore[attr-defined]
    assert MINE not in f"{caught.value.user} {caught.value}"  # type: ignore[attr-defined]


def test_a_refused_access_is_not_tried_again() -> None:
    refused = error_of(Fault("StUF052", "nee"))
    assert isinstance(refused, ConfigError)
    assert refused.access_denied
    assert OUTCOMES["StUF016"] == "stop"


def test_a_note_that_the_standard_does_not_know_is_told_without_its_words(
    system: CollectionSystem,
) -> None:
    system.notes = [f"Over {MINE} loopt een onderzoek"]
    connector, said = connect(system), list[str]()
    connector.context.warn = said.append
    assert len(read(connector)[0].records) == 1
    assert said == [
        "Het inningensysteem gaf bij een antwoord een melding die de hub niet kent. Het antwoord "
        "is gebruikt. Vraag de leverancier wat de melding betekent."
    ]


def test_an_answer_in_another_frame_is_the_same_answer(system: CollectionSystem) -> None:
    first = read(connect(system))[0].records
    system.organisation = "8888"
    assert read(connect(system))[0].records == first


def test_a_page_that_says_it_is_out_of_order_is_tried_again(system: CollectionSystem) -> None:
    from flask import Response

    system._web.view_functions["_serve"] = lambda: Response("<html>Storing</html>", 500)
    with pytest.raises(TransientError) as caught:
        read(connect(system))
    assert caught.value.user == (
        "Het inningensysteem gaf een storing zonder uitleg (HTTP 500). Er is niets gewijzigd. De "
        "hub probeert het later opnieuw."
    )


def test_what_the_system_refuses_is_valid_to_the_published_schema(
    system: CollectionSystem,
) -> None:
    system.fault = Fault("StUF058", "Kon niet", "server", "details")
    body = wrap(question(Selection(bsn=MINE), HUB, INNINGEN, 10))
    session = HubSession()
    session.auth = (system.username, system.password)
    response = session.post(system.url, data=body, allow_status={500})  # type: ignore[call-arg]
    root = etree.fromstring(response.content)
    fault = next(one for one in root.iter() if str(one.tag).endswith("Fo02Bericht"))
    assert faults(fault) == []


def test_an_answer_that_is_no_soap_or_another_message(system: CollectionSystem) -> None:
    from flask import Response

    for body, start in (
        (b"<html/>", "Het antwoord van het inningensysteem is geen SOAP-bericht."),
        (wrap(question(Selection(MINE), HUB, INNINGEN, 1)), "Het inningensysteem gaf een ander"),
    ):
        system._web.view_functions["_serve"] = lambda body=body: Response(body)  # type: ignore[misc]
        with pytest.raises(PermanentError) as caught:
            read(connect(system))
        assert caught.value.user.startswith(start)


# --- records that cannot be used: the exact sentence -------------------------------------------

BAD = Path(__file__).parent / "bad" / "stuf_fin"
SENTENCES = {
    "no-debtor": "vordering[1] noemt geen debiteur; de hub koppelt alleen vorderingen van inwoners",
    "company": "vordering[1] is van een organisatie; de hub koppelt alleen vorderingen van "
    "inwoners",
    "amount": "vordering[1].totaalbedragInclBTW is '12,34'; verwacht hele centen",
    "sum": "vordering[1].totaalbedragInclBTW is 13346, maar de regels tellen op tot 13345",
    "hidden": "vordering[1].totaalbedragInclBTW mag dit account niet zien",
    "two-faults": "vordering[1].tsa ontbreekt; vordering[1].vervaldatum is '31-12-2026'; verwacht "
    "een datum",
    "dollar": "vordering[1].valutacode is niet EUR",
    "two-people": "Het antwoord noemt verschillende personen; er is er een gevraagd",
    "status": "vordering[1].vorderingstatus.status is geen bekende status",
    "circle": "vordering[2].heeftBetrekkingOpVordering verwijst in een kring; "
    "vordering[3].heeftBetrekkingOpVordering verwijst in een kring",
    "ambiguous": "vordering[3].heeftBetrekkingOpVordering past op meer dan een vordering",
    "twice": "Dezelfde vordering staat meer dan een keer in het antwoord",
    "no-bsn": "vordering[1].wordtBetaaldDoorNatuurlijkPersoonAlsDebiteur.inp.bsn ontbreekt",
    "empty": "Het antwoord bevat geen vorderingen",
    "other": "Het record is geen antwoord van een inningensysteem",
    "broken": "Het record is geen leesbare XML",
}


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_a_wrong_answer_is_refused_in_words(system: CollectionSystem, name: str) -> None:
    with pytest.raises(RecordError) as caught:
        list(connect(system).parse("claims", (BAD / f"{name}.xml").read_bytes()))
    assert caught.value.user == SENTENCES[name]
    assert MINE not in caught.value.user


def test_every_wrong_message_is_in_the_table() -> None:
    assert {one.stem for one in BAD.glob("*.xml")} == set(SENTENCES)


# --- the connection test and the settings ------------------------------------------------------


def test_the_connection_test_says_what_the_system_supports(system: CollectionSystem) -> None:
    steps = list(connect(system).check())
    assert all(step.ok for step in steps)
    assert [step.message for step in steps[-3:]] == [
        "Het systeem beantwoordt een vraag per BSN.",
        "Het systeem beantwoordt ook een vraag per vorderingnummer.",
        "De hub neemt statuswijzigingen aan. Het systeem hoeft ze niet te sturen.",
    ]
    assert system.asked[0] == Selection(bsn=TEST_BSN)


def test_a_system_without_questions_by_number_still_serves(system: CollectionSystem) -> None:
    serve = system._serve

    def only_people() -> Any:
        found = serve()
        if system.asked and system.asked[-1].number:
            system.fault = Fault("StUF028", "Niet ondersteund")
            found, system.fault = serve(), None
        return found

    system._web.view_functions["_serve"] = only_people
    steps = list(connect(system, receive_password="").check())
    assert [step.message for step in steps[-2:]] == [
        "Het systeem beantwoordt geen vraag per vorderingnummer; de hub vraagt per BSN.",
        "Er is geen wachtwoord bij ontvangst; de hub neemt geen statuswijzigingen aan.",
    ]


def test_the_connection_test_stops_at_a_system_that_ignores_the_question(
    system: CollectionSystem,
) -> None:
    system.ignore_selection = True
    with pytest.raises(PermanentError, match="selection was ignored"):
        list(connect(system).check())


def test_the_connection_test_stops_at_a_system_whose_answers_are_never_whole(
    system: CollectionSystem,
) -> None:
    system.notes = ["StUF0002: er zijn meer objecten"]
    last = list(connect(system).check())[-1]
    assert (last.name, last.ok) == ("Vraag per BSN", False)
    assert last.message == (
        "Het systeem zegt ook van een BSN dat niemand heeft, dat er meer vorderingen zijn dan het "
        "geeft. Vraag de leverancier of vragen per BSN worden ondersteund."
    )


@pytest.mark.parametrize(
    ("code", "start"),
    [
        ("StUF007", "Het inningensysteem kent deze versie van StUF-FIN niet (StUF007)."),
        ("StUF013", "Het inningensysteem kent ons niet als afzender; controleer de naam van onze "),
        ("StUF127", "Het inningensysteem kent de gebruiker niet (StUF127)."),
    ],
)
def test_the_connection_test_explains_a_refusal(
    system: CollectionSystem, code: str, start: str
) -> None:
    system.fault = Fault(code, "nee")
    with pytest.raises(ConfigError) as caught:
        list(connect(system).check())
    assert caught.value.user.startswith(start)


def test_the_connection_test_explains_a_wrong_password_and_a_closed_port(
    system: CollectionSystem,
) -> None:
    with pytest.raises(ConfigError, match="401"):
        list(connect(system, password="fout").check())
    connector = connect(system)
    system.stop()
    assert next(step.name for step in connector.check() if not step.ok) == "Poort"


def test_levy_codes_are_read_and_an_unknown_kind_is_told() -> None:
    assert levy_codes("8001=ozb, 8002 = leges;") == {"8001": "ozb", "8002": "leges"}
    needed = {"url": "http://localhost:1/", "their_application": "Inningen"}
    with pytest.raises(ValidationError, match="'tol' is geen soort"):
        Settings().load({**needed, "levy_codes": "1=tol"})


def test_the_questions_travel_as_soap_with_the_published_action(system: CollectionSystem) -> None:
    seen: list[tuple[str, bytes]] = []
    serve = system._serve

    def spy() -> Any:
        from flask import request

        seen.append((request.headers["SOAPAction"], request.get_data()))
        return serve()

    system._web.view_functions["_serve"] = spy
    read(connect(system))
    action, body = seen[0]
    assert action == '"http://www.egem.nl/StUF/sector/fin/0310/vrdLv01"'
    message = unwrap(body, "De vraag")
    assert not isinstance(message, Fault)
    assert faults(message) == []


def test_the_books_have_numbers_of_their_own_and_nothing_open_of_who_gets_help() -> None:
    open_one, settled = (books.receivable(remitted(), helped) for helped in (False, True))
    assert (open_one.number, open_one.kind, open_one.open) == ("V2026-1", "leges", 6000)
    assert (settled.open, settled.stage) == (0, "voldaan")
    assert faults(told(settled)) == []
    assert statement(told(settled))["open"] == 0
