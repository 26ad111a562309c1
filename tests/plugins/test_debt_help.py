"""The debt-help plugin against its simulator: paging, signing in, trajects, and what is wrong."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from marshmallow import ValidationError

from hub.clock import FrozenClock
from hub.connector import (
    Batch,
    ConfigError,
    Context,
    ContractError,
    Fact,
    PermanentError,
    Record,
    RecordError,
    TransientError,
)
from hub.testing.world import Case, Dossier, ListedDebt, Organisation, Person
from plugins.debt_help import hub_connectors, hub_simulators
from plugins.debt_help.connector import DebtHelpConnector
from plugins.debt_help.facts import case_key
from plugins.debt_help.settings import DebtHelpConfig
from plugins.debt_help.simulator import DebtHelpSystem
from plugins.debt_help.writing import traject_json
from schemas import KINDS

TODAY = date(2026, 11, 23)
BSNS = ("999990007", "999990019", "999990020")
FAILS_ELFPROEF = "999990001"
SPEC = Path(__file__).parents[3] / "shared" / "specs" / "ddas-shv-v1.0"

needs_spec = pytest.mark.skipif(not SPEC.is_dir(), reason="the DDAS specification is not here")

Change = Callable[[dict[str, Any]], None]


def person(number: int = 0) -> Person:
    return Person(
        number=number,
        bsn=BSNS[number],
        initials="A.",
        prefix="",
        surname="Proef",
        birth_date=date(1980, 5, 1),
        sex="Vrouw",
        street="Dorpsstraat",
        house_number="1",
        addition="b",
        postcode="9999XX",
        city="Voorbeeldstad",
        phone="",
        email="",
    )


NUMBERED = ListedDebt("Waterschap Delta", "99990002", "W-1", "Publiek", 120, date(2026, 9, 1))
NAMELESS = ListedDebt("Energie Voorbeeld", "99990009", "", "Nuts", 455, date(2026, 9, 1))
FULL = Case(
    clients=(person(0), person(1)),
    registered_on=date(2026, 5, 1),
    intake_on=date(2026, 5, 11),
    plan_on=date(2026, 6, 1),
    stabilised_on=date(2026, 7, 1),
    debts=(NUMBERED, NAMELESS),
)
YOUNG = Case(clients=(person(2),), registered_on=date(2026, 10, 1))


@dataclass
class Town:
    """A municipality with a case of two clients and a young case of one."""

    code: str = "9999"
    name: str = "Gemeente Voorbeeldstad"
    today: date = TODAY
    cases: tuple[Case, ...] = (FULL, YOUNG)

    @property
    def organisations(self) -> tuple[Organisation, ...]:
        day = date(2024, 7, 1)
        return (Organisation("stad", self.name, "gemeente", "99990001", "", day, day),)

    def dossiers(self) -> Iterator[Dossier]:
        for case in self.cases:
            yield Dossier(case.clients[0], case=case)


@pytest.fixture
def system(tmp_path: Path, clock: FrozenClock) -> Iterator[DebtHelpSystem]:
    made = DebtHelpSystem(Town(), tmp_path, clock)
    made.start()
    yield made
    made.stop()


def pseudonym(text: str) -> str:
    return hashlib.sha256(f"key:{text}".encode()).hexdigest()[:32]


def connect(system: DebtHelpSystem, **more: Any) -> DebtHelpConnector:
    (spec,) = system.sources()
    context = Context(
        clock=system.clock, municipality="9999", owner=spec.owner, pseudonym=pseudonym
    )
    return DebtHelpConnector(DebtHelpConfig().load(spec.config | more), context)


def read(connector: DebtHelpConnector, cursor: Any = None) -> list[Batch]:
    return list(connector.read("cases", cursor))


def told(batches: list[Batch]) -> list[Record]:
    return [record for batch in batches for record in batch.records]


def parsed(connector: DebtHelpConnector) -> list[Fact]:
    return [
        fact for record in told(read(connector)) for fact in connector.parse("cases", record.raw)
    ]


def of_kind(found: list[Fact], kind: str) -> list[dict[str, Any]]:
    return [fact.data for fact in found if fact.kind == kind]


def raw(case: Case = FULL, **more: Any) -> bytes:
    traject = traject_json(case, "9999", "referentie") | more
    return json.dumps({"key": "k", "organisatie": "Stad", "traject": traject}).encode()


def faults(system: DebtHelpSystem, given: bytes, **settings: Any) -> list[str]:
    with pytest.raises(RecordError) as caught:
        connect(system, **settings).parse("cases", given)
    return caught.value.problems


def altered(
    system: DebtHelpSystem, monkeypatch: pytest.MonkeyPatch, change: Callable[[Any, Any], Any]
) -> None:
    """Let `change(asked, answer)` change each answer before it is sent; None keeps it."""
    answer = system.answer

    def changed(asked: Any) -> Any:
        given = answer(asked)
        return change(asked, given) or given

    monkeypatch.setattr(system, "answer", changed)


def fails(system: DebtHelpSystem, kind: type[Exception], **more: Any) -> str:
    """Return the Dutch text with which a read fails; it never was complete."""
    batches: list[Batch] = []
    with pytest.raises(kind) as caught:
        batches.extend(connect(system, **more).read("cases", None))
    assert not any(batch.complete for batch in batches)
    return str(caught.value.user)  # type: ignore[attr-defined]


# --- reading what is right ---------------------------------------------------------------------


def test_the_plugin_brings_its_connector_and_its_simulator() -> None:
    assert hub_connectors() == [DebtHelpConnector]
    assert hub_simulators() == [DebtHelpSystem]


def test_all_cases_are_read_and_the_delivery_is_complete(system: DebtHelpSystem) -> None:
    batches = read(connect(system))
    assert [len(batch.records) for batch in batches] == [2, 0]
    assert [batch.complete for batch in batches] == [False, True]
    assert batches[-1].cursor == {"delivered_at": "2026-11-23T09:00:00+00:00"}


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_every_page_size_gives_the_same_cases(system: DebtHelpSystem, size: int) -> None:
    system.cases = [replace(YOUNG, registered_on=date(2026, 8, day)) for day in range(1, 8)]
    whole = told(read(connect(system)))
    system.requests.clear()
    paged = read(connect(system, page_size=size))
    assert (told(paged), paged[-1].complete) == (whole, True)
    assert [asked["page"] for asked in system.requests] == list(range(1, -(-7 // size) + 1))


def test_a_large_page_becomes_batches(
    system: DebtHelpSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.debt_help.connector.BATCH", 1)
    batches = read(connect(system))
    assert [len(batch.records) for batch in batches] == [1, 1, 0]


def test_a_page_that_does_not_exist_is_answered_with_the_first(system: DebtHelpSystem) -> None:
    page = connect(system).service.page(9, size=1)
    assert (page.current, page.pages, page.records) == (1, 2, 2)


def test_a_second_read_on_another_day_gives_the_same_bytes(
    system: DebtHelpSystem, clock: FrozenClock
) -> None:
    first = read(connect(system))
    clock.move(days=1)
    second = read(connect(system), first[-1].cursor)
    assert told(second) == told(first)
    assert second[-1].cursor == {"delivered_at": "2026-11-24T09:00:00+00:00"}


def test_every_fact_satisfies_its_schema_and_has_its_own_key(system: DebtHelpSystem) -> None:
    found = parsed(connect(system))
    loaded = {(fact.kind, fact.key): KINDS[fact.kind].load(fact.data) for fact in found}
    assert sorted(kind for kind, _ in loaded) == ["claim_statement"] * 2 + ["debt_case"] * 3
    assert len(loaded) == len(found)
    assert all(len(fact.key) <= 160 for fact in found)


def test_a_case_of_two_clients_is_a_fact_about_each(system: DebtHelpSystem) -> None:
    connector = connect(system)
    record = told(read(connector))[0]
    facts = [fact for fact in connector.parse("cases", record.raw) if fact.kind == "debt_case"]
    assert [fact.key for fact in facts] == [f"{record.key}:0", f"{record.key}:1"]
    cases = [KINDS["debt_case"].load(fact.data) for fact in facts]
    assert [case["person"]["bsn"] for case in cases] == list(BSNS[:2])
    for case in cases:
        assert case["organisation"] == "Gemeente Voorbeeldstad"
        assert (case["phase"], case["end_reason"]) == ("stabilisatie", "")
        days = [case[name] for name in ("starts_on", "intake_on", "plan_on", "ends_on")]
        assert days == [date(2026, 5, 1), date(2026, 5, 11), date(2026, 6, 1), None]


def test_a_client_is_told_with_birth_date_and_address(system: DebtHelpSystem) -> None:
    who = of_kind(parsed(connect(system)), "debt_case")[0]["person"]
    assert who == {
        "bsn": BSNS[0],
        "bsn_unchecked": False,
        "birth_date": date(1980, 5, 1),
        "gender": "Vrouw",
        "postcode": "9999XX",
        "house_number": "1",
        "addition": "b",
    }


def test_debts_are_statements_in_whole_euros_about_the_first_client(
    system: DebtHelpSystem,
) -> None:
    found = of_kind(parsed(connect(system)), "claim_statement")
    by_reference = {one["reference"]: one for one in found}
    water, energy = by_reference["W-1"], by_reference[""]
    assert {one["person"]["bsn"] for one in found} == {BSNS[0]}
    assert (water["open"], water["unit"], water["stage"]) == (12000, 100, "onbekend")
    assert (water["creditor_name"], water["creditor_kvk"]) == ("Waterschap Delta", "99990002")
    assert (water["type"], water["as_of"]) == ("publiek", date(2026, 9, 1))
    assert (energy["type"], energy["open"]) == ("nuts", 45500)


def test_a_debt_without_number_has_no_field_for_it() -> None:
    numbered, nameless = traject_json(FULL, "9999", "referentie")["schulden"]
    assert numbered["referentie"] == "W-1"
    assert "referentie" not in nameless


def test_the_number_is_looked_for_where_the_settings_say(system: DebtHelpSystem) -> None:
    system.reference_field = "dossiernummer"
    found = of_kind(parsed(connect(system)), "claim_statement")
    assert sorted(one["reference"] for one in found) == ["", "W-1"]
    elsewhere = of_kind(parsed(connect(system, reference_field="nummer")), "claim_statement")
    assert [one["reference"] for one in elsewhere] == ["", ""]


PHASES = [
    ({}, "aanmelding"),
    ({"intake": {"startdatum": "2026-05-02"}}, "intake"),
    ({"intake": {"beschikkingsdatum": "2026-05-02"}}, "intake"),
    ({"planVanAanpak": {"datumAfronding": "2026-05-03"}}, "plan_van_aanpak"),
    ({"stabilisatie": {"startdatum": "2026-05-04"}}, "stabilisatie"),
    ({"schuldregeling": {"datum": "2026-05-05"}}, "schuldregeling"),
    ({"schuldregeling": {"toegekend": "2026-05-05"}}, "schuldregeling"),
    ({"oplossing": {"soort": "0%-aanbod"}}, "schuldregeling"),
    ({"nazorg": {"startdatum": "2026-05-06"}}, "nazorg"),
    ({"uitstroom": {"datum": "2026-05-07"}}, "uitstroom"),
    ({"einddatum": "2026-05-07"}, "uitstroom"),
    ({"oplossing": {}, "nazorg": {}, "uitstroom": {"reden": "Zelf"}}, "aanmelding"),
]


@pytest.mark.parametrize(("told_of", "phase"), PHASES)
def test_the_last_phase_that_left_a_trace_counts(
    system: DebtHelpSystem, told_of: dict[str, Any], phase: str
) -> None:
    (case,) = connect(system).parse("cases", raw(YOUNG, **told_of))
    assert KINDS["debt_case"].load(case.data)["phase"] == phase


def test_an_ended_case_tells_when_and_why(system: DebtHelpSystem) -> None:
    system.cases = [replace(FULL, ended_on=date(2026, 11, 1), end_reason="Afgerond")]
    case = of_kind(parsed(connect(system)), "debt_case")[0]
    assert (case["phase"], case["ends_on"]) == ("uitstroom", date(2026, 11, 1))
    assert case["end_reason"] == "Afgerond"


def test_the_first_day_may_stand_with_the_registration(system: DebtHelpSystem) -> None:
    traject = traject_json(YOUNG, "9999", "referentie")
    key = case_key(traject, pseudonym)
    del traject["startdatum"]
    assert case_key(traject, pseudonym) == key
    given = json.dumps({"key": key, "organisatie": "", "traject": traject}).encode()
    (case,) = connect(system).parse("cases", given)
    assert case.data["starts_on"] == date(2026, 10, 1)


# --- keys --------------------------------------------------------------------------------------


def test_no_key_holds_a_bsn_even_where_the_creditor_uses_it(system: DebtHelpSystem) -> None:
    own = replace(NUMBERED, reference=f"{BSNS[0]}.H.26")
    system.cases = [replace(FULL, debts=(own, NAMELESS))]
    connector = connect(system)
    keys = [record.key for record in told(read(connector))]
    keys += [fact.key for fact in parsed(connector)]
    assert len(keys) == 5
    assert not [key for key in keys for bsn in BSNS if bsn in key]


def test_a_case_is_known_by_its_clients_in_any_order_and_its_first_day() -> None:
    traject = traject_json(FULL, "9999", "referentie")
    other = traject | {"client": traject["client"][::-1], "schulden": []}
    assert case_key(other, pseudonym) == case_key(traject, pseudonym)
    later = traject | {"startdatum": "2026-05-02"}
    alone = traject | {"client": traject["client"][:1]}
    assert len({case_key(one, pseudonym) for one in (traject, later, alone)}) == 3


def test_without_bsn_a_client_is_known_by_birth_date_and_address(system: DebtHelpSystem) -> None:
    unknown = {"Geboortedatum": "1980-05-01", "Postcode": "9999XX", "Huisnummer": "1"}
    (case,) = connect(system).parse("cases", raw(YOUNG, client=[unknown]))
    KINDS["debt_case"].load(case.data)
    first, second = ({"client": [unknown | {"Huisnummer": number}]} for number in ("1", "2"))
    assert case_key(first, pseudonym) != case_key(second, pseudonym)


def test_a_key_that_comes_back_in_one_delivery_gets_a_number(system: DebtHelpSystem) -> None:
    system.cases = [YOUNG, replace(YOUNG, intake_on=date(2026, 10, 5))]
    first, second = told(read(connect(system)))
    assert second.key == f"{first.key}.2"
    assert json.loads(second.raw)["key"] == second.key


def test_statements_keep_their_keys_when_debts_are_reordered(system: DebtHelpSystem) -> None:
    twin = replace(NAMELESS, as_of=date(2026, 9, 2))
    connector = connect(system)

    def keys(*debts: ListedDebt) -> dict[str, Any]:
        facts = connector.parse("cases", raw(replace(YOUNG, debts=debts)))
        return {fact.key: fact.data for fact in facts if fact.kind == "claim_statement"}

    one_way = keys(NUMBERED, NAMELESS, twin)
    assert len(one_way) == 3
    assert keys(twin, NAMELESS, NUMBERED) == one_way


def test_a_numbered_statement_keeps_its_key_when_its_amount_changes(
    system: DebtHelpSystem,
) -> None:
    keys = set()
    for euros in (120, 100):
        case = replace(YOUNG, debts=(replace(NUMBERED, euros=euros),))
        keys |= {fact.key for fact in connect(system).parse("cases", raw(case))}
    assert len(keys) == 2, "one case and one statement"


# --- the question ------------------------------------------------------------------------------


def test_the_period_runs_until_today_and_the_organisation_is_named(
    system: DebtHelpSystem,
) -> None:
    read(connect(system, aanleverende_organisatie="Gemeente Voorbeeldstad", page_size=50))
    assert system.requests == [
        {
            "page": 1,
            "pageSize": 50,
            "aanleverende_organisatie": "Gemeente Voorbeeldstad",
            "aanleverperiodeStartdatum": "2026-01-01",
            "aanleverperiodeEinddatum": "2026-11-23",
        }
    ]


def test_without_a_period_the_supplier_takes_the_last_whole_one(system: DebtHelpSystem) -> None:
    records = told(read(connect(system, period_start=None)))
    assert [json.loads(one.raw)["traject"]["startdatum"] for one in records] == ["2026-05-01"]
    assert "aanleverperiodeStartdatum" not in system.requests[0]


def test_a_service_that_names_who_delivers_in_the_newer_way_is_understood(
    system: DebtHelpSystem,
) -> None:
    name = {"aanleverende_organisatie": "Gemeente Voorbeeldstad"}
    usual = [one.raw for batch in read(connect(system, **name)) for one in batch.records]
    system.newer = True
    newer = [one.raw for batch in read(connect(system, **name)) for one in batch.records]
    assert newer == usual
    assert usual
    told = fails(system, PermanentError, aanleverende_organisatie="Elders")
    assert "Deze organisatie is hier niet bekend" in told


def test_a_refused_question_repeats_the_reason_of_the_supplier(system: DebtHelpSystem) -> None:
    assert fails(system, PermanentError, aanleverende_organisatie="Elders") == (
        "De bron weigert de vraag (HTTP 422): 'Deze organisatie is hier niet bekend.'. Controleer "
        "de organisatie en de begindatum in de instellingen."
    )


@pytest.mark.parametrize("body", [b"[]", b"x", b'{"page":0}', b'{"pageSize":"1"}', b'{"pagina":1}'])
def test_the_simulator_refuses_what_the_standard_does_not_know(
    system: DebtHelpSystem, body: bytes
) -> None:
    token = system.give_token()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = requests.post(f"{system.url}/gegevens", data=body, headers=headers, timeout=5)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(answer.json()) >= {"type", "title", "status"}


# --- the specification -------------------------------------------------------------------------


@needs_spec
def test_answers_satisfy_the_published_schema(system: DebtHelpSystem) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    ended = replace(FULL, arrangement_on=date(2026, 8, 1), ended_on=TODAY, end_reason="Afgerond")
    system.cases = [FULL, YOUNG, ended]
    model = json.loads((SPEC / "json_schema_Uitwisselmodel.json").read_text())
    check = jsonschema.Draft202012Validator(model, format_checker=jsonschema.FormatChecker())
    for page in (1, 2, 3):
        question = {"page": page, "pageSize": 1, "aanleverperiodeStartdatum": "2026-01-01"}
        answer = system.answer(question | {"aanleverperiodeEinddatum": "2026-11-23"})
        assert [fault.message for fault in check.iter_errors(answer["gegevens"])] == []
        assert answer["gegevens"]["leveringen"][0]["schuldhulptrajecten"]
        assert answer["paginering"]["currentPage"] == page


@needs_spec
def test_questions_and_paging_satisfy_the_published_interface(system: DebtHelpSystem) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    yaml = pytest.importorskip("yaml")
    shapes = yaml.safe_load((SPEC / "DDAS-SHV.yaml").read_text())["components"]["schemas"]
    read(connect(system, page_size=1, aanleverende_organisatie="Gemeente Voorbeeldstad"))
    assert len(system.requests) == 2
    for asked in system.requests:
        jsonschema.validate(asked, shapes["GegevensRequest"])
    paging = system.answer(system.requests[0])["paginering"]
    jsonschema.validate(paging, shapes["Paginering"])


# --- signing in --------------------------------------------------------------------------------


def test_one_token_serves_all_pages_until_it_expires(
    system: DebtHelpSystem, clock: FrozenClock
) -> None:
    connector = connect(system, page_size=1)
    read(connector)
    assert len(system.tokens) == 1
    clock.move(seconds=280)
    read(connector)
    assert len(system.tokens) == 2, "a token near its end is replaced before it is refused"


@pytest.mark.parametrize("seconds", [None, "300", 10**30, -5])
def test_an_odd_lifetime_of_a_token_is_no_problem(
    system: DebtHelpSystem, monkeypatch: pytest.MonkeyPatch, seconds: Any
) -> None:
    give = system.give_token
    monkeypatch.setattr(system, "give_token", lambda: give() | {"expires_in": seconds})
    assert read(connect(system, page_size=1))[-1].complete


def test_wrong_credentials_are_named(system: DebtHelpSystem) -> None:
    assert fails(system, ConfigError, client_secret="fout") == (
        "De tokenserver weigert de aanmelding. Controleer client-id en client-geheim."
    )


def test_a_token_that_is_refused_is_a_matter_of_settings(
    system: DebtHelpSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "knows", lambda token: False)
    assert fails(system, ConfigError) == (
        f"localhost:{system.port} weigert de toegang (HTTP 401). Controleer de inloggegevens en "
        "of dit account rechten heeft."
    )


def test_a_token_server_that_gives_no_token(
    system: DebtHelpSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "give_token", lambda: ["welkom"])
    assert fails(system, PermanentError) == (
        "Het antwoord van de tokenserver bevat geen access_token. Controleer het adres van de "
        "tokenserver."
    )


def test_the_secret_stands_in_no_error_and_no_log(
    system: DebtHelpSystem, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ConfigError) as caught:
        read(connect(system, client_secret="zeergeheim"))
    assert "zeergeheim" not in repr(caught.value) + caught.value.log + caplog.text


# --- a list that moves, or falls short ---------------------------------------------------------


def test_a_total_that_changes_while_reading_is_never_complete(
    system: DebtHelpSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shrink(asked: Any, answer: Any) -> None:
        if asked["page"] == 2:
            answer["paginering"]["totalRecords"] = 1

    altered(system, monkeypatch, shrink)
    assert fails(system, TransientError, page_size=1) == (
        "De lijst veranderde tijdens het lezen: pagina 1 kondigde 2 trajecten aan, pagina 2 1. Er "
        "is niets afgesloten of verwijderd. De hub probeert het later opnieuw."
    )


def test_a_case_that_leaves_while_reading_ends_the_read(
    system: DebtHelpSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave(asked: Any, answer: Any) -> None:
        if asked["page"] == 1:
            system.cases.pop()

    altered(system, monkeypatch, leave)
    assert fails(system, TransientError, page_size=1) == (
        "De lijst veranderde tijdens het lezen: pagina 1 kondigde 2 trajecten aan, pagina 2 geen "
        "aantal. Er is niets afgesloten of verwijderd. De hub probeert het later opnieuw."
    )


def test_page_1_in_place_of_a_later_page_is_seen(
    system: DebtHelpSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    first: dict[str, Any] = {}

    def repeat(asked: Any, answer: Any) -> Any:
        return first.setdefault("answer", answer)

    altered(system, monkeypatch, repeat)
    assert fails(system, TransientError, page_size=1) == (
        "Gevraagd is pagina 2, maar de bron gaf pagina 1. Er is niets afgesloten of verwijderd. "
        "De hub probeert het later opnieuw."
    )


def test_a_traject_on_two_pages_means_that_another_may_be_missing(
    system: DebtHelpSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shift(asked: Any, answer: Any) -> None:
        if asked["page"] == 1:
            system.cases.insert(0, replace(YOUNG, registered_on=date(2026, 9, 9)))
            system.cases.pop()

    altered(system, monkeypatch, shift)
    assert fails(system, TransientError, page_size=1) == (
        "Een traject kwam op twee pagina's voor. De lijst veranderde dus tijdens het lezen, en er "
        "kan een traject ontbreken. Er is niets afgesloten of verwijderd. De hub probeert het "
        "later opnieuw."
    )


def test_fewer_trajects_than_announced_are_never_complete(
    system: DebtHelpSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(asked: Any, answer: Any) -> None:
        if asked["page"] == 2:
            answer["gegevens"]["leveringen"][0]["schuldhulptrajecten"] = []

    altered(system, monkeypatch, lose)
    assert fails(system, TransientError, page_size=1) == (
        "De bron kondigde 2 trajecten aan en leverde er 1. Er is niets afgesloten of verwijderd. "
        "De hub probeert het later opnieuw."
    )


def test_a_delivery_older_than_the_last_one_is_refused(
    system: DebtHelpSystem, clock: FrozenClock
) -> None:
    cursor = read(connect(system))[-1].cursor
    clock.move(hours=-2)
    with pytest.raises(PermanentError) as caught:
        read(connect(system), cursor)
    assert caught.value.user == (
        "De levering van 23-11-2026 07:00 is ouder dan de levering die al is gelezen. Er is niets "
        "afgesloten of verwijderd. Vraag de leverancier om een nieuwe levering."
    )


def test_a_delivery_from_the_future_is_refused(
    system: DebtHelpSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def later(asked: Any, answer: Any) -> None:
        answer["gegevens"]["aanleverdatumEnTijd"] = "2027-11-23T09:00:00Z"

    altered(system, monkeypatch, later)
    assert fails(system, PermanentError) == (
        "De levering draagt een tijdstip in de toekomst: 23-11-2027 09:00. Er is niets afgesloten "
        "of verwijderd. Vraag de leverancier om de klok na te kijken."
    )


def test_a_delivery_without_trajects_is_complete_when_it_is_counted(
    system: DebtHelpSystem,
) -> None:
    system.cases = []
    (only,) = read(connect(system))
    assert (only.records, only.complete) == ([], True)


# --- broken answers ----------------------------------------------------------------------------


@pytest.fixture
def respond(
    system: DebtHelpSystem, tmp_path: Path, clock: FrozenClock
) -> Iterator[Callable[..., DebtHelpSystem]]:
    """A maker of systems whose `/gegevens` answers with these bytes and headers."""
    made: list[DebtHelpSystem] = []

    class Broken(DebtHelpSystem):
        body = b""
        headers: tuple[tuple[str, str], ...] = ()

        def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            if environ["PATH_INFO"] != "/gegevens":
                return super().app(environ, start_response)
            # A connection with an unread question is reset instead of closed.
            environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            start_response("200 OK", list(self.headers))
            return [self.body]

    def make(body: bytes, **headers: str) -> DebtHelpSystem:
        broken = Broken(Town(), tmp_path, clock)
        broken.body = body
        broken.headers = tuple((name.replace("_", "-"), text) for name, text in headers.items())
        broken.start()
        made.append(broken)
        return broken

    yield make
    for one in made:
        one.stop()


NO_JSON = "is geen geldige JSON, of is afgebroken: fout op regel 1"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<html>Welkom</html>", f"{NO_JSON}, teken 1"),
        (
            b'{"gegevens": {"leveringen": [',
            f"{NO_JSON}, teken 30 (daar houdt het op; de rest ontbreekt)",
        ),
        (b"", f"{NO_JSON}, teken 1 (het is leeg)"),
        (
            b'{"a": "\xff"}',
            "is geen leesbare tekst (UTF-8): regel 1 bevat een teken in een andere codering",
        ),
        (b"[" * 99999, "is meer dan 100 niveaus diep genest"),
    ],
    ids=["webpage", "cut", "empty", "latin-1", "deep"],
)
def test_what_is_no_json_is_refused(
    respond: Callable[..., DebtHelpSystem], body: bytes, told: str
) -> None:
    assert fails(respond(body), PermanentError) == (
        f"Het antwoord {told}. Er is niets afgesloten of verwijderd. Controleer het adres, of "
        "vraag de leverancier om het antwoord te herstellen."
    )


def test_json_of_another_shape_is_refused_with_every_fault(
    respond: Callable[..., DebtHelpSystem],
) -> None:
    model = {"aanleverdatumEnTijd": "2026-11-23", "leveringen": [{"schuldhulptrajecten": {}}]}
    paging = {"currentPage": 0, "totalPages": "3"}
    body = json.dumps({"gegevens": model, "paginering": paging}).encode()
    assert fails(respond(body), PermanentError) == (
        "Het antwoord heeft niet de vorm van DDAS v1.0: "
        "antwoord.gegevens.aanleverdatumEnTijd is '2026-11-23'; verwacht een tijdstip als "
        "2026-11-23T10:00:00+01:00; "
        "antwoord.gegevens.leveringen.0.schuldhulptrajecten is geen lijst; "
        "antwoord.paginering.currentPage is lager dan 1; "
        "antwoord.paginering.totalPages is '3'; verwacht een geheel getal; "
        "antwoord.paginering.totalRecords ontbreekt. "
        "Er is niets afgesloten of verwijderd. Vraag de leverancier om het antwoord te herstellen."
    )


def test_a_digest_that_does_not_match_is_refused(respond: Callable[..., DebtHelpSystem]) -> None:
    assert fails(respond(b"{}", Digest="MD5=x, SHA-256=AAAA="), PermanentError) == (
        "Het antwoord is onderweg veranderd: de controlewaarde (Digest) klopt niet. Er is niets "
        "afgesloten of verwijderd. Meld dit aan de leverancier."
    )


def test_an_answer_without_digest_is_read(
    system: DebtHelpSystem, respond: Callable[..., DebtHelpSystem]
) -> None:
    body = json.dumps(system.answer({"aanleverperiodeStartdatum": "2026-01-01"})).encode()
    assert read(connect(respond(body)))[-1].complete


def test_an_answer_that_breaks_off_is_tried_later(respond: Callable[..., DebtHelpSystem]) -> None:
    broken = respond(b'{"gegevens"', Content_Length="5000")
    assert fails(broken, TransientError) == f"Het lezen van localhost:{broken.port} brak af."


def test_a_closed_port_is_named(system: DebtHelpSystem) -> None:
    connector = connect(system)
    system.stop()
    with pytest.raises(TransientError) as caught:
        read(connector)
    assert caught.value.user == (
        f"Er luistert niets op localhost:{system.port}, of de verbinding werd verbroken. "
        "Controleer of het systeem draait en of adres en poort kloppen."
    )


# --- broken trajects ---------------------------------------------------------------------------


def test_one_malformed_traject_stops_no_other(
    system: DebtHelpSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = [None, "x", {"client": "x"}, {"client": [7], "startdatum": BSNS[0]}, {"\ud800": "\ud800"}]

    def spoil(asked: Any, answer: Any) -> None:
        answer["gegevens"]["leveringen"][0]["schuldhulptrajecten"] += odd

    altered(system, monkeypatch, spoil)
    connector = connect(system)
    batches = read(connector)
    records = told(batches)
    assert batches[-1].complete
    assert len({record.key for record in records}) == 7
    assert not [record for record in records if BSNS[0] in record.key]
    for record in records[2:]:
        with pytest.raises(RecordError):
            connector.parse("cases", record.raw)


def test_every_fault_of_a_traject_is_told_with_its_path(system: DebtHelpSystem) -> None:
    given = raw(
        gemeentecode=None,
        startdatum="01-05-2026",
        einddatum=None,
        client=[{"Burgerservicenummer": "12345678"}, {"Postcode": "9999XX"}],
        uitstroom={"datum": "", "reden": "Zelfstandig verder"},
        stabilisatie=[],
        schulden=[
            {"bedrag": "12,50", "peildatum": "2026-09-01", "schuldsoort": "Gas"},
            {"bedrag": 12.5, "schuldeiser": {"naam": 7}},
            {"bedrag": None, "peildatum": "2026-09-01", "referentie": "9" * 65},
            "x",
        ],
    )
    day = "verwacht een datum als 2026-11-23"
    euros = "verwacht een bedrag in hele euro's, als 120"
    assert sorted(faults(system, given)) == sorted(
        [
            "traject.gemeentecode is leeg; een waarde is verplicht",
            f"traject.startdatum is '01-05-2026'; {day}",
            "traject.einddatum is leeg (null); laat het veld weg of vul het in",
            "traject.client.0.Burgerservicenummer is geen BSN: verwacht precies negen cijfers",
            "traject.client.1.Burgerservicenummer ontbreekt, en zonder geboortedatum en postcode "
            "is niemand te vinden",
            f"traject.uitstroom.datum is ''; {day}",
            "traject.uitstroom.reden is 'Zelfstandig verder'; bekend zijn: Afgerond, Ingetrokken, "
            "Niet passend, Nietverschenen, Overig, Overleden, Verhuisd, Voldoet niet, Zelf",
            "traject.stabilisatie is geen record (een groep velden)",
            f"traject.schulden.0.bedrag is '12,50'; {euros}",
            "traject.schulden.0.schuldsoort is 'Gas'; bekend zijn: Nuts, Overig, Publiek, Zorg",
            f"traject.schulden.1.bedrag is '12.5'; {euros}",
            "traject.schulden.1.schuldeiser.naam is '7'; verwacht tekst",
            "traject.schulden.2.bedrag is leeg (null); laat het veld weg of vul het in",
            "traject.schulden.2.referentie is 65 tekens lang; hoogstens 64 is mogelijk",
            "traject.schulden.3 is geen record (een groep velden)",
        ]
    )


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"client": []}, "traject.client telt 0 cliënten; verwacht één of twee cliënten"),
        (
            {"client": [{"Burgerservicenummer": BSNS[0]}] * 3},
            "traject.client telt 3 cliënten; verwacht één of twee cliënten",
        ),
        ({"client": None}, "traject.client is leeg (null); laat het veld weg of vul het in"),
        ({"schulden": {}}, "traject.schulden is geen lijst"),
        (
            {"schulden": [{"bedrag": True, "peildatum": "2026-09-01"}]},
            "traject.schulden.0.bedrag is 'True'; verwacht een bedrag in hele euro's, als 120",
        ),
        (
            {"schulden": [{"bedrag": 10**12, "peildatum": "2026-09-01"}]},
            "traject.schulden.0.bedrag is onmogelijk groot; verwacht een bedrag in hele euro's",
        ),
    ],
)
def test_a_faulty_list_is_explained(
    system: DebtHelpSystem, more: dict[str, Any], fault: str
) -> None:
    assert fault in faults(system, raw(**more))


def test_a_traject_without_first_day_or_client_is_rejected(system: DebtHelpSystem) -> None:
    given = json.dumps({"key": "k", "organisatie": "", "traject": {"gemeentecode": "9999"}})
    assert faults(system, given.encode()) == [
        "traject.client ontbreekt; verwacht één of twee cliënten",
        "traject.startdatum ontbreekt, en aanmelding.startdatum ook; vul een van beide in",
    ]


def test_what_json_schema_counts_as_whole_is_whole(system: DebtHelpSystem) -> None:
    debt = {"bedrag": 120.0, "peildatum": "2026-09-01", "onbekend veld": 1}
    *_, statement = connect(system).parse("cases", raw(YOUNG, schulden=[debt]))
    assert (statement.data["open"], statement.data["type"]) == (12000, "overig")
    KINDS["claim_statement"].load(statement.data)


def test_the_creditor_may_be_named_in_either_way(system: DebtHelpSystem) -> None:
    debt = {"bedrag": 1, "peildatum": "2026-09-01", "schuldeiser": {"Naam": "Delta"}}
    *_, statement = connect(system).parse("cases", raw(YOUNG, schulden=[debt]))
    assert statement.data["creditor_name"] == "Delta"


def test_a_bsn_is_no_number_of_a_creditor(system: DebtHelpSystem) -> None:
    debts = (NAMELESS, replace(NUMBERED, reference=BSNS[1]))
    assert faults(system, raw(replace(FULL, debts=debts))) == [
        "traject.schulden.1 heeft als nummer het BSN van een cliënt; verwacht dat van de "
        "schuldeiser"
    ]


# --- a BSN that fails the elfproef -------------------------------------------------------------


def bad_bsn() -> bytes:
    return raw(YOUNG, client=[{"Burgerservicenummer": FAILS_ELFPROEF}])


def test_a_bsn_that_fails_the_elfproef_is_kept_as_unchecked(system: DebtHelpSystem) -> None:
    (case,) = connect(system).parse("cases", bad_bsn())
    loaded = KINDS["debt_case"].load(case.data)
    assert (loaded["person"]["bsn"], loaded["person"]["bsn_unchecked"]) == (FAILS_ELFPROEF, True)


def test_a_bsn_that_fails_the_elfproef_can_be_refused(system: DebtHelpSystem) -> None:
    assert faults(system, bad_bsn(), bsn_check="reject") == [
        "traject.client.0.Burgerservicenummer voldoet niet aan de elfproef; controleer het BSN"
    ]


# --- other ---------------------------------------------------------------------------------


def test_a_traject_of_another_municipality_is_kept_with_a_warning(
    system: DebtHelpSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def move(asked: Any, answer: Any) -> None:
        trajects = answer["gegevens"]["leveringen"][0]["schuldhulptrajecten"]
        trajects[0]["gemeentecode"], trajects[1]["gemeentecode"] = "0001", "Onbekend"

    altered(system, monkeypatch, move)
    connector, warned = connect(system), []
    connector.context.warn = warned.append
    assert len(parsed(connector)) == 5
    assert warned == [
        "In één levering staan trajecten van verschillende gemeenten.",
        "Een traject is van een andere gemeente dan deze.",
    ]


def test_an_unknown_stream_is_a_fault_in_the_contract(system: DebtHelpSystem) -> None:
    with pytest.raises(ContractError):
        list(connect(system).read("schulden", None))
    with pytest.raises(ContractError):
        connect(system).parse("schulden", b"{}")


def test_every_setting_explains_itself_and_the_secret_is_marked() -> None:
    found = DebtHelpConfig().fields
    assert all(field.metadata["label"] and field.metadata["help"] for field in found.values())
    assert [name for name, field in found.items() if field.metadata["secret"]] == ["client_secret"]


def test_wrong_settings_are_explained() -> None:
    with pytest.raises(ValidationError) as caught:
        DebtHelpConfig().load(
            {
                "url": "shv.example",
                "token_url": "https://shv.example/token",
                "client_id": "",
                "client_secret": "x",
                "period_start": "vorig jaar",
                "page_size": 0,
                "bsn_check": "nee",
                "reference_field": "peildatum",
            }
        )
    assert caught.value.messages == {
        "url": ["Vul een adres in dat begint met https://."],
        "client_id": ["Vul dit in: het is nodig bij de manier van leveren http."],
        "period_start": ["Vul een datum in als 2024-01-31."],
        "page_size": ["Vul een getal in van 1 tot 25000."],
        "bsn_check": ["Kies warn of reject."],
        "reference_field": ["Dit is een veld van DDAS zelf; vul een ander veld in."],
    }


def test_a_slash_after_the_address_does_no_harm(system: DebtHelpSystem) -> None:
    assert read(connect(system, url=f"{system.url}/"))[-1].complete


def test_a_check_names_its_steps_and_asks_for_one_traject(system: DebtHelpSystem) -> None:
    steps = list(connect(system).check())
    assert [step.name for step in steps] == ["DNS", "Poort", "Aanmelden", "Proefrecord"]
    assert all(step.ok for step in steps)
    assert steps[-1].message == (
        "De bron levert trajecten; het aantal is 2 en het eerste is leesbaar."
    )
    assert [asked["pageSize"] for asked in system.requests] == [1]


def test_a_check_of_an_empty_source_asks_whether_that_is_right(system: DebtHelpSystem) -> None:
    system.cases = []
    step = list(connect(system).check())[-1]
    message = "De bron levert nu geen trajecten. Klopt de dag bij Lezen vanaf?"
    assert (step.ok, step.message) == (True, message)


def test_a_check_stops_at_the_step_that_fails(system: DebtHelpSystem) -> None:
    *_, last = connect(system, client_secret="fout").check()
    message = "De tokenserver weigert de aanmelding. Controleer client-id en client-geheim."
    assert (last.name, last.ok, last.message) == ("Aanmelden", False, message)
    system.stop()
    *_, last = connect(system).check()
    message = f"Er luistert niets op localhost:{system.port}. Draait het systeem?"
    assert (last.name, last.ok, last.message) == ("Poort", False, message)


def test_the_source_belongs_to_the_first_organisation(system: DebtHelpSystem) -> None:
    (spec,) = system.sources()
    assert (spec.name, spec.title) == ("schuldhulp", "Schuldhulpverlening")
    assert (spec.connector, spec.owner) == ("debt_help", "stad")
    assert TODAY - date.fromisoformat(spec.config["period_start"]) > timedelta(days=200)
