"""Allegro against its simulator and the published WSDLs: sessions, questions, and what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from broken_sides import PAGE, Side, nobody, outcome
from hypothesis import given
from hypothesis import strategies as some
from lxml import etree
from marshmallow import ValidationError

import plugins.allegro
from hub.clock import FrozenClock
from hub.connector import (
    Batch,
    ConfigError,
    Context,
    ContractError,
    Fact,
    HubError,
    PermanentError,
    Record,
    RecordError,
    TransientError,
)
from hub.quality import judge_quality
from hub.testing.town import Town, test_bsns
from hub.testing.world import Case, Dossier
from plugins.allegro import hub_connectors, hub_simulators
from plugins.allegro.books import book_of
from plugins.allegro.connector import AllegroConnector
from plugins.allegro.envelope import OWN, SOAP, answer_to, fault, read, request, response
from plugins.allegro.facts import parse_person
from plugins.allegro.settings import AllegroConfig
from plugins.allegro.shapes import OPERATIONS, REQUEST_CREDITOR
from plugins.allegro.simulator import AllegroServer
from plugins.allegro.states import state_of
from schemas import KINDS

BAD = Path(__file__).parent / "bad" / "allegro"
SPEC = Path(__file__).parents[3] / "shared" / "specs" / "allegro"
WSDLS = ("LoginService.wsdl", "updated_modified_SchuldHulpService.wsdl")
ORIGINAL = "original_schuldhulpservice.wsdl"

needs_spec = pytest.mark.skipif(not SPEC.is_dir(), reason="the WSDLs of Allegro are not here")

BSNS = test_bsns(4)


class Village(Town):
    """A town whose cases stand at four different points."""

    def dossiers(self) -> Iterator[Dossier]:
        """Yield a new case, one with balances asked, one agreed on and one that was rejected."""
        changes: tuple[dict[str, Any], ...] = (
            {"plan_on": None},
            {"stabilised_on": date(2026, 10, 1)},
            {"stabilised_on": date(2026, 9, 15), "arrangement_on": date(2026, 10, 20)},
            {"ended_on": date(2026, 11, 1), "end_reason": "Niet passend"},
        )
        for dossier, change in zip(super().dossiers(), changes, strict=False):
            assert dossier.case is not None
            yield replace(dossier, case=replace(dossier.case, **change))


@pytest.fixture
def allegro(tmp_path: Path, clock: FrozenClock) -> Iterator[AllegroServer]:
    made = AllegroServer(Village(), tmp_path, clock)
    made.exchanged = []
    made.start()
    yield made
    made.stop()


def connect(
    allegro: AllegroServer, bsns: list[str] | None = None, **settings: Any
) -> AllegroConnector:
    (spec,) = allegro.sources()
    people = [{"id": f"r{bsn}", "bsn": bsn} for bsn in (BSNS if bsns is None else bsns)]
    context = Context(
        clock=allegro.clock,
        people=lambda: iter(people),
        pseudonym=lambda bsn: f"p{BSNS.index(bsn)}" if bsn in BSNS else "other",
    )
    return AllegroConnector(AllegroConfig().load(spec.config | settings), context)


def warnings_of(connector: AllegroConnector) -> list[str]:
    warned: list[str] = []
    connector.context.warn = warned.append
    return warned


def read_all(connector: AllegroConnector) -> list[Batch]:
    return list(connector.read("people", None))


def records_of(connector: AllegroConnector) -> list[Record]:
    return [one for batch in read_all(connector) for one in batch.records]


def facts_about(allegro: AllegroServer, number: int, kind: str) -> list[dict[str, Any]]:
    (record,) = records_of(connect(allegro, [BSNS[number]]))
    found = [one for one in parse_person(record.raw) if one.kind == kind]
    return [KINDS[kind].load(one.data) for one in found]


# --- reading what is right ---------------------------------------------------------------------


def test_the_plugin_brings_its_connector_and_its_simulator() -> None:
    assert hub_connectors() == [AllegroConnector]
    assert hub_simulators() == [AllegroServer]
    assert AllegroServer.extra


def test_everybody_who_may_be_asked_about_is_one_record(allegro: AllegroServer) -> None:
    batches = read_all(connect(allegro))
    assert [one.key for batch in batches for one in batch.records] == ["p0", "p1", "p2", "p3"]
    assert batches[-1].caught_up
    assert not any(batch.complete for batch in batches)


def test_who_has_nothing_there_leaves_by_a_tombstone(allegro: AllegroServer) -> None:
    del allegro.books[BSNS[0]]
    (record,) = records_of(connect(allegro, BSNS[:1]))
    assert (record.key, record.deleted) == ("p0", True)
    allegro.books[BSNS[1]].requests.clear()
    (record,) = records_of(connect(allegro, BSNS[1:2]))
    assert record.deleted


def test_who_has_no_bsn_is_not_asked_about(allegro: AllegroServer) -> None:
    connector = connect(allegro)
    connector.context.people = lambda: iter([{"id": "r1", "bsn": None, "surname": "Proef"}])
    assert records_of(connector) == []
    assert allegro.asked["BSNNaarRelatie"] == 0


def test_a_bsn_with_a_zero_in_front_is_the_same_person(allegro: AllegroServer) -> None:
    allegro.books["012345672"] = allegro.books[BSNS[0]]
    (record,) = records_of(connect(allegro, ["012345672"]))
    (case, *_) = parse_person(record.raw)
    assert case.data["person"] == {"bsn": "012345672", "bsn_unchecked": False}


@pytest.mark.parametrize(
    ("number", "phases"),
    [
        (0, ["intake"]),
        (1, ["schuldregeling"]),
        (2, ["schuldregeling", "schuldregeling"]),
        (3, ["uitstroom"]),
    ],
)
def test_a_case_stands_where_its_letters_say(
    allegro: AllegroServer, number: int, phases: list[str]
) -> None:
    assert [one["phase"] for one in facts_about(allegro, number, "debt_case")] == phases


def test_a_rejected_request_tells_when_and_why(allegro: AllegroServer) -> None:
    (case,) = facts_about(allegro, 3, "debt_case")
    assert (case["ends_on"], case["end_reason"]) == (date(2026, 11, 1), "Aanvraag afgewezen")


def test_a_mediation_is_a_case_with_its_solution(allegro: AllegroServer) -> None:
    mediation, request_ = facts_about(allegro, 2, "debt_case")
    assert (mediation["solution"], mediation["solution_on"]) == (
        "Schuldbemiddeling",
        date(2026, 10, 20),
    )
    assert mediation["details"]["TotaalAantalMaanden"] == "18"
    assert request_["details"]["betekenis"] == "Schuldeisers akkoord"


@pytest.mark.parametrize(
    ("told", "phase"),
    [
        (("A", "", ""), "intake"),
        (("D", "", ""), "schuldregeling"),
        (("F", "", "Z"), "uitstroom"),
        (("A", "Voorlopig afgewezen", ""), "schuldregeling"),
        (("", "", "I"), "schuldregeling"),
        (("Q", "", ""), "aanmelding"),
    ],
)
def test_letters_become_phases(told: tuple[str, str, str], phase: str) -> None:
    assert state_of(*told).phase == phase


def test_debts_are_statements_with_what_was_reported_and_returned(allegro: AllegroServer) -> None:
    (debt,) = allegro.books[BSNS[1]].creditors["srv", 1]["Eisers"]
    debt |= {"AangemeldBedrag": "75", "TeruggemeldBedrag": "81.35", "NaamIncasso": "Incasso Noord"}
    debt |= {"NaamDeurwaarder": "De Vries", "ReferentieDeurwaarder": "D-7"}
    (found,) = facts_about(allegro, 1, "claim_statement")
    assert (found["open"], found["unit"], found["reference"]) == (8135, 1, "2026-00001")
    assert found["creditor_name"] == "Organisatie Stad"
    assert found["description"] == "Incasso: Incasso Noord. Deurwaarder: De Vries (D-7)."
    assert found["details"]["AangemeldBedrag"] == "75"
    # Allegro gives no day per creditor: that of the calculation counts.
    assert found["as_of"] == date(2026, 9, 24)


def test_what_no_creditor_returned_counts_as_reported(allegro: AllegroServer) -> None:
    (debt,) = allegro.books[BSNS[1]].creditors["srv", 1]["Eisers"]
    debt |= {"AangemeldBedrag": "75.1", "TeruggemeldBedrag": "0"}
    (found,) = facts_about(allegro, 1, "claim_statement")
    assert found["open"] == 7510


def test_a_mediation_tells_a_debt_in_place_of_the_request(allegro: AllegroServer) -> None:
    (debt,) = allegro.books[BSNS[2]].creditors["sb", 1]["Eisers"]
    debt |= {"TeruggemeldBedrag": "75", "DoorbetaaldBedrag": "12.5"}
    (found,) = facts_about(allegro, 2, "claim_statement")
    assert (found["principal"], found["paid"], found["open"]) == (7500, 1250, 6250)


def test_two_debts_without_number_at_one_creditor_are_two(allegro: AllegroServer) -> None:
    debts = allegro.books[BSNS[1]].creditors["srv", 1]["Eisers"]
    debts[0]["Referentie"] = ""
    debts.append(debts[0] | {"UniekVolgnummer": "2"})
    assert len(facts_about(allegro, 1, "claim_statement")) == 2


def test_a_second_read_gives_the_same_bytes(allegro: AllegroServer, clock: FrozenClock) -> None:
    first = records_of(connect(allegro))
    clock.move(days=1)
    assert records_of(connect(allegro)) == first


def test_a_creditor_that_uses_the_bsn_as_number_does_not_spread_it(allegro: AllegroServer) -> None:
    (debt,) = allegro.books[BSNS[1]].creditors["srv", 1]["Eisers"]
    debt |= {"Referentie": f"K{BSNS[1]}", "NaamIncasso": "X", "ReferentieIncasso": BSNS[1]}
    (record,) = records_of(connect(allegro, [BSNS[1]]))
    for fact in parse_person(record.raw):
        told = {name: one for name, one in fact.data.items() if name != "person"}
        assert BSNS[1] not in f"{fact.key} {told}"


# --- nothing is lost ---------------------------------------------------------------------------


def texts(kind: Any) -> some.SearchStrategy[str]:
    return {
        "int": some.integers(0, 10**6).map(str),
        "text": some.text("abcé .-12", max_size=20).map(str.strip),
        "flag": some.sampled_from(["true", "false"]),
        "amount": some.decimals(0, 10**5, places=2).map(str),
        "moment": some.dates(date(1990, 1, 1)).map(lambda day: f"{day}T00:00:00"),
    }[kind]


@given(some.fixed_dictionaries({name: texts(kind) for name, kind in REQUEST_CREDITOR.items()}))
def test_in_and_out_again_loses_no_known_field(debt: dict[str, str]) -> None:
    told = {"Result": {"Eisers": [debt], "SomAangemeldBedrag": "1"}}
    back = answer_to("GetSRVEisers", response("GetSRVEisers", told, "s"))
    assert isinstance(back, dict)
    wanted = {n: one or {"text": ""}.get(REQUEST_CREDITOR[n], one) for n, one in debt.items()}
    assert back["Result"]["Eisers"] == [wanted]
    head = {"RelatieCode": "1", "Volgnummer": "1", "Aanvraagdatum": "2026-05-01T00:00:00"}
    item = {"kop": head, "zelf": {"InfoHeader": head}, "eisers": back["Result"]}
    raw = json.dumps({"key": "k", "bsn": BSNS[0], "relatie": 1, "aanvragen": [item]}).encode()
    (statement,) = [one for one in parse_person(raw) if one.kind == "claim_statement"]
    kept = KINDS["claim_statement"].dump(KINDS["claim_statement"].load(statement.data))
    assert kept["details"] == wanted


# --- the session -------------------------------------------------------------------------------


def test_one_session_serves_everybody(allegro: AllegroServer) -> None:
    read_all(connect(allegro))
    assert allegro.asked["AllegroWebLogin"] == 1
    assert allegro.asked["BSNNaarRelatie"] == 4


def test_a_session_is_renewed_before_it_ends(allegro: AllegroServer, clock: FrozenClock) -> None:
    connector = connect(allegro)
    read_all(connector)
    clock.move(minutes=28)
    read_all(connector)
    assert allegro.asked["AllegroWebLogin"] == 1
    clock.move(minutes=2)
    read_all(connector)
    assert allegro.asked["AllegroWebLogin"] == 2


def test_a_session_that_allegro_forgot_is_renewed_once(allegro: AllegroServer) -> None:
    connector = connect(allegro)
    read_all(connector)
    allegro.sessions.clear()
    assert len(records_of(connector)) == 4
    assert allegro.asked["AllegroWebLogin"] == 2


def test_wrong_credentials_are_named_with_what_allegro_says(allegro: AllegroServer) -> None:
    with pytest.raises(ConfigError) as told:
        read_all(connect(allegro, password="fout"))
    assert told.value.access_denied
    assert told.value.user == (
        "Allegro weigert de aanmelding. Controleer gebruikersnaam en wachtwoord. Allegro zegt "
        "(code 1): 'Aanmelden mislukt'."
    )


def test_a_refusal_ends_the_read_and_nothing_is_lost(allegro: AllegroServer) -> None:
    allegro.books[BSNS[1]].requests[7] = {"InfoHeader": {"RelatieCode": "7", "Volgnummer": "7"}}
    with pytest.raises(PermanentError) as told:
        read_all(connect(allegro))
    assert told.value.user == (
        "Allegro weigert GetSRVAanvraag: 'Relatie onbekend'. Er is niets gewijzigd. Vraag Kred'it "
        "of dit account deze gegevens mag lezen."
    )


def test_no_secret_and_no_bsn_stands_in_an_address(
    allegro: AllegroServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    send = requests.Session.send

    def look(self: requests.Session, prepared: Any, **options: Any) -> Any:
        seen.append(prepared.url)
        return send(self, prepared, **options)

    monkeypatch.setattr(requests.Session, "send", look)
    read_all(connect(allegro))
    assert {url.rpartition("?")[2] for url in seen} == {
        "service=LoginService",
        "service=SchuldHulpService",
    }


# --- ExtraInfo ---------------------------------------------------------------------------------


def test_a_code_of_allegro_is_shown_and_nothing_is_removed(allegro: AllegroServer) -> None:
    allegro.remarks[BSNS[0]] = ("12", "Relatie geblokkeerd 123456789")
    connector = connect(allegro)
    warned = warnings_of(connector)
    assert [one.key for one in records_of(connector)] == ["p1", "p2", "p3"]
    assert warned == [
        "Eén of meer inwoners zijn niet gelezen. Allegro zegt bij BSNNaarRelatie (code 12): "
        "'Relatie geblokkeerd …'."
    ]


def test_a_code_that_means_unknown_is_a_tombstone(allegro: AllegroServer) -> None:
    allegro.remarks[BSNS[0]] = ("12", "Niet gevonden")
    first, *_ = records_of(connect(allegro, unknown_codes="3, 12"))
    assert (first.key, first.deleted) == ("p0", True)


def test_a_remark_about_somebody_known_stands_with_the_case(allegro: AllegroServer) -> None:
    (record,) = records_of(connect(allegro, [BSNS[0]]))
    told = json.loads(record.raw) | {"ExtraInfo": "5", "ExtraInfoOmschrijving": "Let op"}
    (case, *_) = parse_person(json.dumps(told).encode())
    assert case.data["details"]["ExtraInfo"] == "5"
    assert case.data["details"]["ExtraInfoOmschrijving"] == "Let op"


def test_a_letter_without_meaning_is_told(allegro: AllegroServer) -> None:
    allegro.books[BSNS[0]].requests[1]["InfoHeader"]["Status"] = "Q"
    connector = connect(allegro, [BSNS[0]])
    warned = warnings_of(connector)
    (record,) = records_of(connector)
    assert warned == [
        "Allegro gebruikt status 'Q', en die kent de koppeling niet. De fase van zo'n aanvraag "
        "staat op aanmelding."
    ]
    assert parse_person(record.raw)[0].data["phase"] == "aanmelding"


def test_debt_help_at_one_of_several_companies(allegro: AllegroServer) -> None:
    plain = records_of(connect(allegro))
    connector = connect(allegro, company="02")
    warned = warnings_of(connector)
    assert [one.raw for one in records_of(connector)] == [one.raw for one in plain]
    assert allegro.asked["BSNNaarRelatieMetBedrijf"] == len(BSNS)
    assert warned == []


def test_who_is_only_known_at_another_company_has_no_debt_help_there(
    allegro: AllegroServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = connect(allegro, BSNS[:1], company="7")
    warned = warnings_of(connector)
    (record,) = records_of(connector)
    assert record.deleted
    assert warned == [
        "Allegro kent één of meer inwoners alleen bij een ander bedrijf dan bedrijf 7 uit de "
        "instellingen; daar staat van hen niets."
    ]
    monkeypatch.setattr("plugins.allegro.simulator._at_companies", lambda relation: [])
    connector = connect(allegro, BSNS[:1], company="2")
    warned = warnings_of(connector)
    (record,) = records_of(connector)
    assert record.deleted
    assert warned == []


def test_two_numbers_at_one_company_are_both_asked(
    allegro: AllegroServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [allegro.books[bsn].relation for bsn in BSNS[:2]]
    monkeypatch.setattr(
        "plugins.allegro.simulator._at_companies",
        lambda relation: [{"Relatiecode": str(one), "Bedrijfscode": "2"} for one in both],
    )
    (record,) = records_of(connect(allegro, BSNS[:1], company="2"))
    told = json.loads(record.raw)
    assert [one["kop"]["RelatieCode"] for one in told["aanvragen"]] == [str(one) for one in both]
    references = {fact.data["reference"] for fact in parse_person(record.raw)}
    assert {f"{one}/1" for one in both} <= references


def test_a_number_at_a_company_that_is_none_is_explained(
    allegro: AllegroServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "plugins.allegro.simulator._at_companies",
        lambda relation: [{"Relatiecode": "veel", "Bedrijfscode": "2"}],
    )
    connector = connect(allegro, BSNS[:1], company="2")
    with pytest.raises(PermanentError) as told:
        connector._relations([{"Relatiecode": "veel", "Bedrijfscode": "2"}], "Vraag")
    assert told.value.user == (
        "Allegro gaf bij Vraag geen relatiecode maar iets anders. Er is niets gewijzigd. Vraag "
        "Kred'it om hulp."
    )


def answer_overviews(
    allegro: AllegroServer, monkeypatch: pytest.MonkeyPatch, result: str
) -> AllegroConnector:
    """A connector to an Allegro that answers every overview with these bytes."""
    told = allegro._answer

    def answer(question: bytes) -> bytes:
        for name in ("GetSRVOverzicht", "GetSBOverzicht"):
            if name.encode() in question:
                body = f"<t:SchuldHulpService___{name}Response>{result}"
                body += f"</t:SchuldHulpService___{name}Response>"
                return (
                    f'<s:Envelope xmlns:s="{SOAP}" xmlns:t="{OWN}"><s:Body>{body}</s:Body>'
                    "</s:Envelope>"
                ).encode()
        return told(question)

    monkeypatch.setattr(allegro, "_answer", answer)
    return connect(allegro, BSNS[:1])


@pytest.mark.parametrize("empty", ['<t:Result xmlns:i="x" i:nil="true"/>', "<t:Result/>"])
def test_an_overview_of_nothing_is_no_debt_help(
    allegro: AllegroServer, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (record,) = records_of(answer_overviews(allegro, monkeypatch, empty))
    assert record.deleted


def test_an_answer_without_a_result_is_never_nobody(
    allegro: AllegroServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PermanentError) as told:
        read_all(answer_overviews(allegro, monkeypatch, ""))
    assert told.value.user.startswith("Allegro gaf op GetSRVOverzicht een antwoord")


# --- held against the published WSDLs ----------------------------------------------------------


@cache
def schema_of(wsdl: str) -> etree.XMLSchema:
    """Return the schema inside a WSDL."""
    found = etree.parse(str(SPEC / wsdl)).find(".//{http://www.w3.org/2001/XMLSchema}schema")
    assert found is not None
    return etree.XMLSchema(etree.fromstring(etree.tostring(found)))


def faults(message: bytes, help_service: str) -> list[str]:
    """Return what the WSDLs find wrong with the body and the header of an envelope."""
    root = etree.fromstring(message)
    found = []
    for part in [*root.iterfind(f"{{{SOAP}}}Header/*"), *root.iterfind(f"{{{SOAP}}}Body/*")]:
        schema = schema_of(WSDLS[0] if "LoginService" in str(part.tag) else help_service)
        if not schema.validate(etree.fromstring(etree.tostring(part))):
            found += [f"{part.tag}: {one.message}" for one in schema.error_log]
    return found


@needs_spec
def test_every_question_and_answer_satisfies_the_wsdl(allegro: AllegroServer) -> None:
    read_all(connect(allegro))
    read_all(connect(allegro, company="2"))
    assert allegro.exchanged is not None
    asked = {read(question)[0].split("___")[1] for question, _ in allegro.exchanged}  # type: ignore[index]
    assert asked == set(OPERATIONS)
    # Amsterdam's own edition obliges a list to hold something; the supplier's does not.
    wrong = [
        one
        for question, answer in allegro.exchanged
        for one in (
            *faults(question, ORIGINAL),
            *faults(question, WSDLS[1]),
            *faults(answer, ORIGINAL),
        )
    ]
    assert wrong == []


@needs_spec
def test_the_operations_are_those_of_the_wsdl() -> None:
    ns = {"w": "http://schemas.xmlsoap.org/wsdl/", "s": "http://schemas.xmlsoap.org/wsdl/soap/"}
    actions = set()
    for wsdl in WSDLS:
        root = etree.parse(str(SPEC / wsdl)).getroot()
        actions |= {one.get("soapAction") for one in root.iterfind(".//s:operation", ns)}
    from plugins.allegro.envelope import soap_action

    assert {soap_action(operation).strip('"') for operation in OPERATIONS} <= actions


@needs_spec
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_another_client_understands_the_simulator(allegro: AllegroServer) -> None:
    import zeep

    settings = zeep.Settings(strict=True)
    login, help_ = (zeep.Client(str(SPEC / wsdl), settings=settings) for wsdl in WSDLS)
    (spec,) = allegro.sources()
    url = spec.config["url"]
    door = login.create_service(f"{{{OWN}}}LoginServiceBinding", f"{url}?service=LoginService")
    told = door.AllegroWebLogin(allegro.username, allegro.password)
    told = getattr(told, "body", told)
    head = login.get_element(f"{{{OWN}}}ROClientIDHeader")(ID=told["aUserInfo"]["SessionID"])
    relation = door.BSNNaarRelatie(int(BSNS[1]), _soapheaders=[head])
    relation = getattr(relation, "body", relation)
    desk = help_.create_service(
        f"{{{OWN}}}SchuldHulpServiceBinding", f"{url}?service=SchuldHulpService"
    )
    found = desk.GetSRVOverzicht(relation["Result"], _soapheaders=[head])
    (request_,) = getattr(found, "body", found)["Result"]["TSRVAanvraagHeader"]
    # This client takes an empty text for nothing.
    request_["ExtraStatus"] = ""
    debts = desk.GetSRVEisers(request_, _soapheaders=[head])
    (debt,) = getattr(debts, "body", debts)["Result"]["Eisers"]["TSRVEiser"]
    assert (debt["NaamEiser"], debt["AangemeldBedrag"]) == ("Organisatie Stad", 75.0)


@needs_spec
def test_another_client_and_ours_write_the_same_question(allegro: AllegroServer) -> None:
    import zeep

    client = zeep.Client(str(SPEC / WSDLS[1]))
    theirs = client.create_message(client.service, "GetSRVOverzicht", 1000)
    ours = etree.fromstring(request("GetSRVOverzicht", {"aRelatieCode": 1000}))
    bodies = [one.find(f"{{{SOAP}}}Body") for one in (theirs, ours)]
    told = [[(part.tag, part.text) for part in body.iter()] for body in bodies if body is not None]
    assert len(told) == 2
    assert told[0] == told[1]


# --- what is wrong -----------------------------------------------------------------------------

EUROS = "verwacht een bedrag in euro's, als 1234.5"
FAULTS = {
    "no-json.json": [
        "Het record is geen geldige JSON, of is afgebroken. Er is niets gewijzigd. Controleer het "
        "adres, of vraag de leverancier om het antwoord na te kijken."
    ],
    "list.json": ["record is geen antwoord over één persoon"],
    "no-person.json": ["record is geen antwoord over één persoon"],
    "requests.json": ["aanvragen is geen lijst"],
    "no-number.json": ["aanvragen.0.kop heeft geen RelatieCode en Volgnummer"],
    "no-day.json": ["aanvragen.0.zelf.Startdatum ontbreekt, en Aanvraagdatum ook"],
    "no-group.json": [
        "aanvragen.0.zelf is geen groep velden",
        "aanvragen.0.eisers is geen groep velden",
    ],
    "creditors.json": ["aanvragen.0.eisers.Eisers is geen lijst"],
    "large.json": [f"aanvragen.0.eisers.Eisers.0.AangemeldBedrag is '1e12'; {EUROS}"],
    "several.json": [
        "aanvragen.0.zelf.Einddatum is '30-12-2026'; verwacht een moment als 2026-11-23T00:00:00",
        f"aanvragen.0.zelf.VTLB is 'veel'; {EUROS}",
        "aanvragen.0.zelf.PartnerCode is '1.5'; verwacht een geheel getal",
        "aanvragen.0.eisers.Eisers.0.NaamEiser is '['Stad']'; verwacht tekst",
        f"aanvragen.0.eisers.Eisers.0.TeruggemeldBedrag is 'NaN'; {EUROS}",
        "aanvragen.0.eisers.Eisers.0.IndicatieSK is 'ja'; verwacht true of false",
    ],
}


def test_every_bad_file_has_its_sentence() -> None:
    assert {path.name for path in BAD.iterdir() if path.is_file()} == set(FAULTS)
    for name, wanted in FAULTS.items():
        with pytest.raises(HubError) as told:
            parse_person((BAD / name).read_bytes())
        assert getattr(told.value, "problems", [told.value.user]) == wanted, name


def test_one_person_with_a_fault_stops_no_other(allegro: AllegroServer) -> None:
    allegro.books[BSNS[0]].requests[1]["VTLB"] = "veel"
    records = records_of(connect(allegro))
    with pytest.raises(RecordError):
        parse_person(records[0].raw)
    assert all(parse_person(one.raw) for one in records[1:])


NO_SOAP = "Het antwoord van Allegro is geen SOAP-bericht. Er is niets gewijzigd."


@pytest.mark.parametrize(
    ("status", "body", "kind", "sentence"),
    [
        (200, b"<html/>", PermanentError, NO_SOAP),
        (200, b"", PermanentError, "Het antwoord van Allegro is geen geldige XML"),
        (200, b"<!DOCTYPE a><a/>", PermanentError, "Het antwoord van Allegro is XML met een DTD"),
        (500, b"<html/>", TransientError, "Allegro heeft een storing (HTTP 500)."),
        (
            500,
            fault("Server", "Kapot"),
            PermanentError,
            "Allegro weigert AllegroWebLogin: 'Kapot'.",
        ),
        (
            200,
            response("BSNNaarRelatie", {"Result": "1"}),
            PermanentError,
            "Allegro gaf op AllegroWebLogin een antwoord op een andere vraag.",
        ),
        (
            200,
            response("AllegroWebLogin", {"Result": "true", "aUserInfo": {}}),
            PermanentError,
            "Allegro liet de hub toe, maar gaf geen sessie.",
        ),
    ],
)
@responses.activate
def test_an_answer_that_is_none_is_explained(
    clock: FrozenClock, status: int, body: bytes, kind: type[HubError], sentence: str
) -> None:
    responses.post("http://allegro.example/SOAP", body=body, status=status)
    config = {"url": "http://allegro.example/SOAP", "username": "u", "password": "p"}
    context = Context(clock=clock, people=lambda: iter([{"bsn": BSNS[0]}]))
    with pytest.raises(kind) as told:
        list(AllegroConnector(AllegroConfig().load(config), context).read("people", None))
    assert told.value.user.startswith(sentence)


def test_a_relation_that_is_no_number_is_explained(
    allegro: AllegroServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allegro, "_relation", lambda bsn: {"Result": "veel", "ExtraInfo": "0"})
    with pytest.raises(PermanentError) as told:
        read_all(connect(allegro))
    assert told.value.user.startswith("Allegro gaf bij BSNNaarRelatie geen relatiecode")


@given(some.binary(max_size=60) | some.text("<>/a&;", max_size=40).map(str.encode))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    with pytest.raises(PermanentError):
        read(body)


@given(
    some.recursive(
        some.none() | some.integers() | some.text(max_size=5),
        lambda inner: (
            some.lists(inner, max_size=2)
            | some.dictionaries(
                some.sampled_from(["kop", "zelf", "eisers", "Eisers", "Volgnummer", "Startdatum"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_answer_however_odd_breaks_the_parser(told: Any) -> None:
    raw = json.dumps({"key": "k", "bsn": BSNS[0], "relatie": 1, "aanvragen": told}).encode()
    facts: list[Fact] = []
    try:
        facts = parse_person(raw)
    except RecordError as error:
        facts = [Fact("", problem, {}) for problem in error.problems]
    assert facts or not told


# --- other -------------------------------------------------------------------------------------


def test_a_check_names_its_steps_and_asks_about_one_person(allegro: AllegroServer) -> None:
    steps = list(connect(allegro).check())
    assert all(step.ok for step in steps)
    assert [step.name for step in steps][-2:] == ["Aanmelden", "Proefvraag"]
    assert steps[-1].message == "Allegro beantwoordt vragen, en het eerste antwoord is leesbaar."
    assert allegro.asked["BSNNaarRelatie"] == 1


#: By file in bad/allegro/answers: what an administrator reads when Allegro signs us in so.
ANSWERS = {
    "fault-server": "Allegro weigert AllegroWebLogin: 'Access violation'. Er is niets gewijzigd. "
    "Vraag Kred'it of dit account deze gegevens mag lezen.",
    "fault-method": "Allegro weigert AllegroWebLogin: 'Unknown method AllegroWebLogin'. Er is "
    "niets gewijzigd. Vraag Kred'it of dit account deze gegevens mag lezen.",
    "refused": "Allegro weigert de aanmelding. Controleer gebruikersnaam en wachtwoord. Allegro "
    "zegt (code 12): 'Account is geblokkeerd'.",
    "refused-silently": "Allegro weigert de aanmelding. Controleer gebruikersnaam en wachtwoord.",
    "no-session": "Allegro liet de hub toe, maar gaf geen sessie. Er is niets gewijzigd. Vraag "
    "Kred'it om hulp.",
    "other-message": "Allegro gaf op AllegroWebLogin een antwoord op een andere vraag. Er is niets "
    "gewijzigd. Controleer het adres.",
    "soap-12": "Het antwoord van Allegro is geen SOAP-bericht. Er is niets gewijzigd. Controleer "
    "het adres.",
}


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_a_wrong_answer_is_explained_by_the_check(allegro: AllegroServer, name: str) -> None:
    body = (BAD / "answers" / f"{name}.xml").read_bytes()
    status = "500 Internal Server Error" if name.startswith("fault") else "200 OK"
    with Side(status, body, "text/xml") as side:
        assert outcome(connect(allegro, url=f"{side.url}/SOAP")) == ("Aanmelden", ANSWERS[name])


def test_every_wrong_answer_is_in_the_table() -> None:
    assert {one.stem for one in (BAD / "answers").glob("*.xml")} == set(ANSWERS)


#: By what is wrong: what answers at the address, and what an administrator reads.
SIDES: dict[str, tuple[Any, str]] = {
    "page": (
        ("200 OK", PAGE),
        "Het antwoord van Allegro is geen SOAP-bericht. Er is niets gewijzigd. Controleer het "
        "adres.",
    ),
    "path": (
        ("404 Not Found", PAGE),
        "{} kent dit adres niet (HTTP 404). Controleer het pad in de instellingen.",
    ),
    "broken": (
        ("500 Internal Server Error", PAGE),
        "Allegro heeft een storing (HTTP 500). De hub probeert het later opnieuw.",
    ),
    "proxy": (
        ("407 Proxy Authentication Required",),
        "{} weigert de toegang (HTTP 407). Controleer de inloggegevens en of dit account rechten "
        "heeft.",
    ),
    "silent": ((), "{} gaf geen antwoord binnen de tijd. De hub probeert het later opnieuw."),
}


@pytest.mark.parametrize("name", sorted(SIDES))
def test_a_check_explains_who_is_not_allegro(allegro: AllegroServer, name: str) -> None:
    answer, sentence = SIDES[name]
    with Side(*answer) as side:
        found = outcome(connect(allegro, url=f"{side.url}/SOAP"))
        assert found == ("Aanmelden", sentence.format(side.url.removeprefix("http://")))


def test_a_check_explains_where_nobody_listens_and_whom_nobody_trusts(
    allegro: AllegroServer, tmp_path: Path
) -> None:
    silence = nobody()
    where = silence.removeprefix("http://")
    assert outcome(connect(allegro, url=silence)) == (
        "Poort",
        f"Er luistert niets op {where}. Draait het systeem?",
    )
    assert outcome(connect(allegro, url="https://register.invalid/SOAP")) == (
        "DNS",
        "De naam register.invalid is niet bekend. Controleer het adres.",
    )
    with Side("200 OK", PAGE, tls=tmp_path / "ca") as side:
        name, sentence = outcome(connect(allegro, url=side.url))
        ours = tmp_path / "ca" / "ca.pem"
        trusted = outcome(connect(allegro, url=side.url, ca_file=str(ours)))
    assert name == "TLS"
    assert sentence.startswith("Het certificaat wordt niet vertrouwd: ")
    assert sentence.endswith(
        " Is het van uw eigen organisatie? Vul dan bij CA-bestand in wie het uitgaf."
    )
    assert trusted[0] == "Aanmelden"
    assert "geen SOAP-bericht" in trusted[1]


def test_a_check_without_residents_asks_nothing(allegro: AllegroServer) -> None:
    *_, last = connect(allegro, []).check()
    assert last.message == "Er is nu geen inwoner met een lopend traject; er is dus niets gevraagd."


def test_a_check_of_somebody_unknown_is_fine(allegro: AllegroServer) -> None:
    *_, last = connect(allegro, [test_bsns(9)[8]]).check()
    assert last.message == "Allegro beantwoordt vragen; de eerste inwoner is daar niet bekend."


def test_a_check_stops_at_the_step_that_fails(allegro: AllegroServer) -> None:
    steps = list(connect(allegro, password="fout").check())
    assert [(step.name, step.ok) for step in steps][-1] == ("Aanmelden", False)
    allegro.stop()
    assert [step.ok for step in connect(allegro).check()][-1] is False


def test_a_password_that_must_be_renewed_is_told(
    allegro: AllegroServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = {"SessionID": "s", "WachtwoordWijzigen": "true"}
    monkeypatch.setattr(allegro, "_sign_in", lambda asked: {"Result": "true", "aUserInfo": user})
    step = next(one for one in connect(allegro).check() if one.name == "Aanmelden")
    assert "Allegro vraagt om een nieuw wachtwoord" in step.message


def test_a_cancelled_read_stops_between_two_people(allegro: AllegroServer) -> None:
    connector = connect(allegro)
    connector.context.cancelled = lambda: allegro.asked["BSNNaarRelatie"] >= 2
    batches = read_all(connector)
    assert len([one for batch in batches for one in batch.records]) == 2
    assert not any(batch.caught_up for batch in batches)


def test_wrong_settings_are_explained() -> None:
    with pytest.raises(ValidationError) as told:
        AllegroConfig().load(
            {"url": "allegro/SOAP?x", "username": "", "password": "", "unknown_codes": "een"}
        )
    assert told.value.messages == {
        "url": ["Vul een adres in dat begint met https://, zonder ?."],
        "username": ["Vul de gebruikersnaam in."],
        "password": ["Vul het wachtwoord in."],
        "unknown_codes": ["Vul getallen in met komma's ertussen, als 1, 4."],
    }


def test_an_unknown_stream_is_a_fault_in_the_contract(allegro: AllegroServer) -> None:
    with pytest.raises(ContractError):
        list(connect(allegro).read("schulden", None))
    with pytest.raises(ContractError):
        connect(allegro).parse("schulden", b"{}")


def test_its_level_is_what_it_says() -> None:
    found = judge_quality(AllegroConnector, plugins.allegro)
    assert (found.level, found.faults) == ("zilver", ())


def test_a_case_without_plan_has_no_mediation() -> None:
    assert book_of(1, Case((), date(2026, 5, 1))).mediations == {}
