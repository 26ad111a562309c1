"""The case system over a real socket: reading, subscribing, publishing, and contact moments."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Response, jsonify
from registers import TODAY, Town, claim, person

from hub.clock import FrozenClock
from hub.connector import Batch, Command, Connector, Context
from hub.errors import ConfigError, PermanentError, RecordError, TransientError
from hub.http import HubSession
from hub.sync.sources import validate_config
from hub.testing.world import Case, Dossier, RemissionRequest
from plugins.zaken.connector import CaseConnector
from plugins.zaken.messages import DETAILS, case_message, parse_case, slim
from plugins.zaken.simulator import OTHER, CaseOffice
from schemas import KINDS

BAD = Path(__file__).parent / "bad" / "zaken"


def dossiers(count: int) -> Iterator[Dossier]:
    remission = RemissionRequest(date(2026, 4, 1), date(2026, 5, 1), "toegekend", 5000)
    for number in range(count):
        who, partner = person(number), person(number + 1000, "999990032")
        case = Case((who, partner), date(2026, 3, 1), date(2026, 3, 8))
        claims = [claim(f"2026-{number}")]
        if number == 0:
            claims = [replace(claims[0], remission=remission)]
        yield Dossier(who, claims=tuple(claims), case=case)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[CaseOffice]:
    made = CaseOffice(Town(tuple(dossiers(205))), tmp_path, FrozenClock(TODAY))
    made.start()
    yield made
    made.stop()


def connect(office: CaseOffice, **changed: Any) -> CaseConnector:
    (spec,) = office.sources()
    settings = validate_config(CaseConnector, {**spec.config, **changed})
    return CaseConnector(settings, Context(clock=office.clock, http=HubSession()))


def read(connector: Connector) -> list[Batch]:
    return list(connector.read("cases", None))


def command(kind: str, /, **data: Any) -> Command:
    who = {"bsn": "999990019", "surname": "Proef", "initials": "A.B.", "prefix": "van"}
    return Command(kind, who, data, datetime(2026, 11, 23, 9, 30, tzinfo=UTC))


# --- reading ---------------------------------------------------------------------------------


def test_only_our_types_are_read_page_by_page(office: CaseOffice) -> None:
    batches = read(connect(office))
    assert [len(batch.records) for batch in batches] == [100, 100, 5, 1, 0]
    assert [batch.caught_up for batch in batches] == [False] * 4 + [True]
    others = [one["uuid"] for one in office.cases.values() if one["kind"] == OTHER]
    assert others, "there is something that must not be read"
    keys = {one.key for batch in batches for one in batch.records}
    assert keys == set(office.cases) - set(others)
    assert batches[-1].cursor == {"cases": sorted(keys)}


def test_a_list_that_falls_short_ends_in_words_and_removes_nothing(office: CaseOffice) -> None:
    connector = connect(office)
    cursor = read(connector)[-1].cursor
    office._web.view_functions["cases"] = lambda: jsonify(count=3, results=[])
    with pytest.raises(TransientError) as caught:
        list(connector.read("cases", cursor))
    assert caught.value.user.startswith("De lijst van het zaaksysteem veranderde")


def test_what_is_listed_no_more_is_looked_for_by_itself(office: CaseOffice) -> None:
    connector = connect(office)
    cursor = read(connector)[-1].cursor
    gone, moved, hidden, *_ = list(office.cases)
    del office.cases[gone]
    office.cases[moved]["kind"] = OTHER
    of_kind = office.of_kind
    office.of_kind = lambda kind: [one for one in of_kind(kind) if one["uuid"] != hidden]  # type: ignore[method-assign]
    last = list(connector.read("cases", cursor))[-1]
    assert {(one.key, one.deleted) for one in last.records} == {(gone, True), (moved, True)}
    assert last.cursor
    assert cursor
    assert set(cursor["cases"]) - set(last.cursor["cases"]) == {gone, moved}
    assert list(connector.read("cases", last.cursor))[-1].records == []


def test_a_case_becomes_a_valid_fact_for_each_resident_in_it(office: CaseOffice) -> None:
    connector = connect(office)
    first = read(connector)[0].records[0]
    facts = list(connector.parse("cases", first.raw))
    assert [fact.kind for fact in facts] == ["linked_case", "linked_case"]
    assert len({fact.key for fact in facts}) == 2
    assert not any("99999" in fact.key for fact in facts)
    bsns = [KINDS["linked_case"].load(fact.data)["person"]["bsn"] for fact in facts]
    assert bsns == ["999990019", "999990032"]
    told = KINDS["linked_case"].load(facts[0].data)
    assert (told["number"], told["type"]) == ("SHV-000000", "Schuldhulpverlening")
    assert (told["title"], told["status"]) == ("Hulp bij schulden", "In behandeling")
    assert (told["starts_on"], told["ends_on"]) == (date(2026, 3, 1), None)


def test_a_second_read_is_the_same_to_the_byte(office: CaseOffice) -> None:
    first, second = (
        [one.raw for batch in read(connect(office)) for one in batch.records] for _ in range(2)
    )
    assert first == second


FULL = {
    "number": "ZAAK-2026-0001",
    "type": "Schuldhulpverlening",
    "title": "Hulp bij schulden",
    "status": "In behandeling",
    "starts_on": "2026-03-01",
    "ends_on": "2026-09-01",
    "person": {
        "bsn": "999990019",
        "surname": "Proef",
        "prefix": "van",
        "initials": "A.B.",
        "first_names": "Anna Bea",
        "birth_date": "1980-05-01",
        "street": "Schijnstraat",
        "house_number": "1",
        "addition": "a bis",
        "postcode": "9999XX",
        "city": "Voorbeeldstad",
    },
    "details": {ours: f"waarde van {theirs}" for theirs, ours in DETAILS.items()}
    | {"uuid": "0d6f8a52-6f0e-4e5b-8a7a-3a9b0d2a8c11", "status_on": "2026-03-08"},
}


def test_no_known_field_is_lost_on_the_way_in_and_out() -> None:
    (fact,) = parse_case(case_message(FULL))
    assert fact.data == FULL
    (again,) = parse_case(slim(case_message(fact.data)))
    assert again == fact


def test_a_birth_date_that_is_known_in_part_is_kept_as_it_is_told() -> None:
    who = {"surname": "Proef", "birth_date_text": "1980-05", "postcode": "9999XX"}
    (fact,) = parse_case(case_message(FULL | {"person": who}))
    assert fact.data["person"]["birth_date_text"] == "1980-05"
    assert "birth_date" not in fact.data["person"]


def test_an_employee_or_a_company_in_a_case_is_no_resident() -> None:
    case = case_message(FULL)
    (role,) = case["_expand"]["rollen"]
    case["_expand"]["rollen"] = [
        role | {"betrokkeneType": "medewerker"},
        role | {"omschrijvingGeneriek": "behandelaar"},
        {"betrokkeneType": "niet_natuurlijk_persoon", "omschrijvingGeneriek": "initiator"},
    ]
    assert parse_case(case) == []


#: A wrong message, and all that the administrator reads of it.
SENTENCES = {
    "geen-groep.json": ["zaak is geen groep velden"],
    "geen-json.json": [
        "De zaak is geen geldige JSON, of is afgebroken. Er is niets gewijzigd. Controleer het "
        "adres, of vraag de leverancier om het antwoord na te kijken."
    ],
    "kaal.json": [
        "zaak.uuid ontbreekt",
        "zaak.identificatie ontbreekt",
        "zaak.startdatum ontbreekt",
        "zaak._expand.rollen ontbreekt; het zaaksysteem moet 'expand' kennen",
    ],
    "rollen.json": [
        "zaak.rollen.0 is geen groep velden",
        "zaak.rollen.1.betrokkeneIdentificatie ontbreekt",
    ],
}


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_a_wrong_case_is_told_with_every_fault(office: CaseOffice, name: str) -> None:
    with pytest.raises(RecordError) as caught:
        list(connect(office).parse("cases", (BAD / name).read_bytes()))
    assert caught.value.problems == SENTENCES[name]


def test_every_wrong_message_has_its_sentence() -> None:
    assert {path.name for path in BAD.glob("*.json")} == set(SENTENCES)


@pytest.mark.parametrize("body", ["<html>", "[]", '{"count": 2}', '{"count":"x","results":[]}'])
def test_another_form_of_list_is_told(office: CaseOffice, body: str) -> None:
    office._web.view_functions["cases"] = lambda: Response(body, content_type="application/json")
    with pytest.raises(PermanentError, match=r"list of cases|answer refused"):
        read(connect(office))


def test_a_wrong_secret_is_a_setting_to_mend(office: CaseOffice) -> None:
    with pytest.raises(ConfigError, match="403") as caught:
        read(connect(office, client_secret="0" * 64))
    assert caught.value.access_denied


def test_a_closed_port(office: CaseOffice) -> None:
    connector = connect(office)
    office.stop()
    with pytest.raises(TransientError):
        read(connector)
    assert next(step.name for step in connector.check() if not step.ok) == "Poort"


# --- settings and the check ------------------------------------------------------------------


def test_settings_that_do_not_go_together_are_told_at_once(office: CaseOffice) -> None:
    with pytest.raises(ConfigError) as caught:
        connect(
            office,
            case_types=" ",
            notifications_url="https://broker.example/api/v1",
            events_source="schuldenhub",
            events_prefix="Gemeente X",
        )
    text = caught.value.user
    assert "Zaaktypen: Vul minstens één zaaktype in." in text
    assert "Vul ook ons adres en het token voor meldingen in." in text
    assert "urn:nld:oin:<20 cijfers>:systeem:<naam>" in text
    assert "Vul kleine letters met punten in, zoals nl.schuldhulp." in text


def test_the_check_names_its_steps(office: CaseOffice) -> None:
    steps = list(connect(office).check())
    assert [step.name for step in steps][:2] == ["DNS", "Poort"]
    assert [step.name.partition(" ")[0] for step in steps][2:] == [
        "Zaaktype",
        "Zaaktype",
        "Klantcontact",
        "Gebeurtenissen",
    ]
    assert steps[2].message == "De hub mag deze zaken lezen; het zijn er 205."
    assert steps[-1].message == "De ontvanger van gebeurtenissen laat ons toe."


def test_the_check_explains_what_is_wrong(office: CaseOffice, tmp_path: Path) -> None:
    for changed, text in (
        ({"client_secret": "0" * 64}, "weigert de toegang (HTTP 403)"),
        ({"contacts_token": "fout"}, "weigert de toegang (HTTP 403)"),
        ({"events_token": "fout"}, "weigert de toegang (HTTP 403)"),
        ({"contacts_url": f"{office.url}/elders"}, "weigert de toegang (HTTP 403)"),
    ):
        with pytest.raises(ConfigError) as caught:
            list(connect(office, **changed).check())
        assert text in caught.value.user
    last = list(connect(office, contacts_folder=str(tmp_path / "weg")).check())[-1]
    assert (last.name, last.ok) == ("Map voor contactmomenten", False)
    assert last.message == (
        "De map voor contactmomenten ontbreekt of is niet te beschrijven. Controleer het pad."
    )
    last = list(connect(office, events_origin="een.ander.example").check())[-1]
    assert (last.name, last.ok) == ("Gebeurtenissen", True)
    assert last.message == (
        "De ontvanger van gebeurtenissen zei niet dat wij mogen sturen. Wil hij vooraf toestemming "
        "geven, meld dan de naam van ons systeem."
    )


def test_the_check_wants_a_case_system_that_expands(office: CaseOffice) -> None:
    for case in office.cases.values():
        del case["_expand"]
    last = list(connect(office).check())[-1]
    assert not last.ok
    assert last.message == "De Zaken API kent 'expand' niet; versie 1.5 of hoger is nodig."


# --- events out ------------------------------------------------------------------------------

RESIDENT = "6f1b7f0e-53f5-4a39-9d7e-12345678abcd"


def test_an_event_goes_out_by_the_profile_and_lands_once(office: CaseOffice) -> None:
    connector = connect(office)
    order = command("publish_event", kind="hold_set", resident=RESIDENT, hold="h-12")
    assert connector.send(order, "key-1").outcome == "delivered"
    assert connector.inquire("key-1") is None
    assert connector.send(order, "key-1").reference == "key-1"
    (event,) = office.events.values()
    assert event == {
        "specversion": "1.0",
        "id": "key-1",
        "source": office.oin_source,
        "type": "nl.schuldhulp.incassopauzes.incassopauze-ingesteld.v1",
        "time": "2026-11-23T09:30:00Z",
        "subject": RESIDENT,
        "datacontenttype": "application/json",
        "data": {"resident": RESIDENT, "hold": "h-12"},
    }
    assert office.effects() == {"key-1": 1}


def test_without_a_token_the_hub_says_who_it_is_as_to_the_case_system(office: CaseOffice) -> None:
    order = command("publish_event", kind="hold_set", hold="h1")
    assert connect(office, events_token="").send(order, "key-1").outcome == "delivered"
    with pytest.raises(ConfigError, match="403"):
        connect(office, events_token="", client_secret="0" * 64).send(order, "key-2")


def test_nothing_of_a_person_can_go_out_with_an_event(office: CaseOffice) -> None:
    order = command(
        "publish_event", kind="verhuisd", resident="999990019", claim="J. Proef", naam="Proef"
    )
    with pytest.raises(PermanentError) as caught:
        connect(office).send(order, "key-1")
    assert caught.value.user == (
        "Deze gebeurtenis kan niet worden verstuurd: de soort 'verhuisd' is niet bekend; naam "
        "hoort er niet in; resident is geen ondoorzichtig nummer; claim is geen ondoorzichtig "
        "nummer. Een gebeurtenis draagt alleen ondoorzichtige nummers, nooit gegevens van een "
        "inwoner."
    )
    assert "999990019" not in caught.value.log
    assert office.events == {}


def test_a_receiver_that_refuses_says_why(office: CaseOffice) -> None:
    office._web.view_functions["event"] = lambda: (
        jsonify(title="Onbekend", detail="Soort 123456789 is niet aangemeld"),
        422,
    )
    receipt = connect(office).send(command("publish_event", kind="hold_set", hold="h1"), "k")
    assert receipt.outcome == "refused"
    assert receipt.message == "De ontvanger weigert: Soort … is niet aangemeld"


def test_without_an_address_events_wait_for_the_administrator(office: CaseOffice) -> None:
    connector = connect(office, events_url="")
    with pytest.raises(ConfigError, match="no destination"):
        connector.send(command("publish_event", kind="hold_set", hold="h1"), "key-1")


# --- contact moments -------------------------------------------------------------------------

CALL = {"channel": "telefoon", "subject": "Gebeld over de aanmaning", "text": "=1+1"}
CASE = "0d6f8a52-6f0e-4e5b-8a7a-3a9b0d2a8c11"


def test_a_contact_moment_is_made_once_and_holds_no_bsn(office: CaseOffice) -> None:
    connector = connect(office)
    assert connector.inquire("key-1") is None
    first = connector.send(command("contact_moment", **CALL), "key-1")
    assert connector.send(command("contact_moment", **CALL), "key-1") == first
    assert connector.inquire("key-1") == first
    ((number, told),) = office.contacts.items()
    assert first.reference == number
    assert "999990019" not in str(told)
    assert told["klantcontact"] == {
        "kanaal": "telefoon",
        "onderwerp": "Gebeld over de aanmaning",
        "inhoud": "=1+1",
        "indicatieContactGelukt": True,
        "taal": "nld",
        "vertrouwelijk": True,
        "plaatsgevondenOp": "2026-11-23T10:30:00+01:00",
    }


def test_a_contact_moment_is_found_at_its_case(office: CaseOffice) -> None:
    connector = connect(office)
    for _ in range(2):
        first = connector.send(command("contact_moment", **CALL, case=CASE.upper()), "key-1")
    ((number, objects),) = office.objects.items()
    assert number == first.reference
    (about,) = objects
    assert about == {
        "klantcontact": {"uuid": number},
        "wasKlantcontact": None,
        "onderwerpobjectidentificator": {
            "objectId": CASE,
            "codeObjecttype": "zaak",
            "codeRegister": "open-zaak",
            "codeSoortObjectId": "uuid",
        },
    }


def test_a_contact_whose_case_was_not_told_is_not_made_again(office: CaseOffice) -> None:
    connector, view = connect(office), office._web.view_functions["object_"]
    office._web.view_functions["object_"] = lambda: ("", 503)
    with pytest.raises(TransientError) as caught:
        connector.send(command("contact_moment", **CALL, case=CASE), "key-1")
    assert not caught.value.may_have_arrived, "it is simply sent again"
    office._web.view_functions["object_"] = view
    connector.send(command("contact_moment", **CALL, case=CASE), "key-1")
    assert (len(office.contacts), [len(one) for one in office.objects.values()]) == (1, [1])


def test_a_name_that_is_too_long_for_the_register_does_not_cost_the_contact(
    office: CaseOffice,
) -> None:
    who = {"initials": "A.B.C.D.E.F.", "prefix": "van den over de", "surname": "Proef"}
    told = replace(command("contact_moment", **CALL), person=who)
    assert connect(office).send(told, "key-1").outcome == "delivered"
    (contact,) = office.contacts.values()
    assert contact["betrokkene"]["contactnaam"] == {
        "voorletters": "",
        "voornaam": "",
        "voorvoegselAchternaam": "",
        "achternaam": "Proef",
    }


def test_a_contact_that_the_register_refuses_names_the_fields_and_no_values(
    office: CaseOffice,
) -> None:
    faults = [
        {"name": "klantcontact.kanaal", "reason": "999990019 bestaat niet"},
        {"name": "betrokkene.rol", "reason": "Proef"},
        {"name": 3},
    ]
    office._web.view_functions["contact"] = lambda: (jsonify(invalidParams=faults), 400)
    with pytest.raises(PermanentError) as caught:
        connect(office).send(command("contact_moment", **CALL), "key-1")
    assert caught.value.user == (
        "Klantinteracties weigert dit contactmoment: kanaal, rol is niet wat het register verwacht."
    )
    office._web.view_functions["contact"] = lambda: ("<html>", 400)
    with pytest.raises(PermanentError, match="HTTP 400"):
        connect(office).send(command("contact_moment", **CALL), "key-1")


def test_a_contact_moment_as_a_file_runs_in_no_spreadsheet(
    office: CaseOffice, tmp_path: Path
) -> None:
    connector = connect(office, contacts_url="", contacts_folder=str(tmp_path))
    assert connector.inquire("key-1") is None
    for _ in range(2):
        receipt = connector.send(command("contact_moment", **CALL, resident="r-1"), "key-1")
    assert receipt.reference == "contactmoment-key-1.csv"
    assert connector.inquire("key-1") == receipt
    (file,) = tmp_path.glob("*.csv")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        (row,) = csv.DictReader(lines, delimiter=";")
    assert (row["sleutel"], row["inwoner"], row["gelukt"]) == ("key-1", "r-1", "ja")
    assert row["inhoud"] == "'=1+1"
    assert not list(tmp_path.glob("*.part"))


def test_a_folder_that_is_not_there_is_a_setting_to_mend(
    office: CaseOffice, tmp_path: Path
) -> None:
    connector = connect(office, contacts_url="", contacts_folder=str(tmp_path / "weg"))
    with pytest.raises(ConfigError) as caught:
        connector.send(command("contact_moment", **CALL), "key-1")
    assert caught.value.user.startswith("De map voor contactmomenten ontbreekt")


def test_a_contact_moment_is_refused_with_every_fault(office: CaseOffice) -> None:
    with pytest.raises(PermanentError) as caught:
        connect(office).send(
            command("contact_moment", subject="x" * 201, language="n1d", case="ZAAK-1"), "key-1"
        )
    assert caught.value.user == (
        "Dit contactmoment kan niet worden vastgelegd: channel ontbreekt; subject is 201 tekens "
        "lang; hoogstens 200 is mogelijk; language is geen code van drie letters; case is geen "
        "UUID van een zaak."
    )
    assert office.contacts == {}


def test_nowhere_to_tell_a_contact_moment(office: CaseOffice) -> None:
    with pytest.raises(ConfigError, match="no destination"):
        connect(office, contacts_url="").send(command("contact_moment", **CALL), "key-1")
