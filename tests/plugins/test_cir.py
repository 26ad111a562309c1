"""The insolvency register over a real socket: a search without BSN, cases, changes, the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import cir_schema
import pytest
from lxml import etree
from registers import TODAY, Town, person

from hub.clock import FrozenClock
from hub.connector import (
    Batch,
    ConfigError,
    Context,
    PermanentError,
    RecordError,
    TransientError,
)
from hub.http import HubSession
from hub.testing.world import Case, Dossier
from plugins.cir import books
from plugins.cir.codes import AFTERWARDS, END, KINDS, START
from plugins.cir.connector import InsolvencyConnector
from plugins.cir.messages import FIELDS, POSSIBLE, as_element, as_value, parse_record, record_of
from plugins.cir.operations import INSPUB, by_number, get_case, searches, since
from plugins.cir.settings import NO_GROUND, Settings
from plugins.cir.simulator import InsolvencyRegister, number_of
from plugins.cir.soap import Fault, action_of
from schemas import KINDS as RECORDS

BORN = date(1980, 5, 1)
MINE = {"bsn": "999990019", "id": "r1", "surname": "Proef", "prefix": "van", "birth_date": BORN}
OTHER = {"bsn": "999990020", "id": "r2", "surname": "Niemand", "birth_date": BORN}
HOME = {"postcode": "9999 XX", "house_number": "1"}
NUMBER = "R.16/26/1"


@pytest.fixture
def register(tmp_path: Path) -> Iterator[InsolvencyRegister]:
    town = Town((Dossier(person(), case=Case((person(),), date(2026, 3, 1))),))
    made = InsolvencyRegister(town, tmp_path, FrozenClock(TODAY))
    made.start()
    yield made
    made.stop()


def connect(
    register: InsolvencyRegister, *people: dict[str, Any], **changed: Any
) -> InsolvencyConnector:
    (spec,) = register.sources()
    context = Context(
        clock=register.clock,
        http=HubSession(),
        pseudonym=lambda bsn: f"p-{bsn[-3:]}",
        people=lambda: iter(people or (MINE,)),
    )
    return InsolvencyConnector(Settings().load({**spec.config, **changed}), context)


def read(connector: InsolvencyConnector, cursor: Any = None) -> list[Batch]:
    return list(connector.read("cases", cursor))


def told(batches: list[Batch]) -> dict[str, bool]:
    return {one.key: one.deleted for batch in batches for one in batch.records}


def entries(connector: InsolvencyConnector) -> list[dict[str, Any]]:
    return [
        dict(RECORDS[fact.kind].load(fact.data))
        for batch in read(connector)
        for one in batch.records
        if not one.deleted
        for fact in connector.parse("cases", one.raw)
    ]


def only(register: InsolvencyRegister, *rulings: tuple[str, date], **more: Any) -> dict[str, Any]:
    """The entry of a case with these rulings."""
    number = more.pop("number", NUMBER)
    register.cases = [books.case(person(), number, *rulings, **more)]
    (found,) = entries(connect(register))
    return found


def asked(register: InsolvencyRegister) -> list[str]:
    return [etree.QName(question).localname for question, _ in register.messages]


# --- the published schemas -----------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_every_question_and_answer_is_valid_to_wsdl_and_schemas(
    register: InsolvencyRegister, version: str
) -> None:
    connector = connect(register, MINE | HOME, OTHER | HOME, soap=version)
    assert all(step.ok for step in connector.check())
    cursor = read(connector)[-1].cursor
    now = register.clock.now()
    mark = books.mark(NUMBER, "2301", date(2026, 3, 22))
    register.changes.append((now, mark))
    register.removed.append((now, "R.16/20/9", "16.mne.20.9.R.2331.1.20", "Eindevindbaarheid"))
    read(connector, cursor)
    assert set(asked(register)) == {
        "GetLastUpdate",
        "getCase",
        "searchInsolvencyID",
        "searchModifiedSince",
        "searchNaturalPerson",
        "searchRemovedSince",
    }
    for question, answer in register.messages:
        assert cir_schema.faults(question) == []
        assert cir_schema.faults(answer) == []


def test_the_values_of_a_question_are_as_the_schema_of_questions_wants_them() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    made = [*searches(MINE | HOME), get_case("16.mne.26.1.R.2301.1.26"), by_number(NUMBER)]
    assert len(made) == 5
    for question in (*made, since("searchModifiedSince", now)):
        assert cir_schema.wishes(question) == []
        assert cir_schema.faults(question) == []


def test_what_the_schemas_refuse_is_seen_by_the_test_itself() -> None:
    assert cir_schema.wishes(get_case("x"))
    assert cir_schema.faults(as_element("insolvente", {}))


def test_every_code_in_the_tables_is_one_of_the_schema() -> None:
    assert set(END) | START | set(AFTERWARDS) <= cir_schema.codes()
    assert not START & set(END)


def test_every_element_of_a_case_is_known() -> None:
    assert cir_schema.elements() - {"exceptie"} <= FIELDS


# --- asking --------------------------------------------------------------------------------------


def test_nothing_is_asked_without_a_recorded_ground(register: InsolvencyRegister) -> None:
    connector = connect(register, ground=" ")
    with pytest.raises(ConfigError) as caught:
        read(connector)
    assert caught.value.user == NO_GROUND
    (step,) = connector.check()
    assert (step.ok, step.message) == (False, NO_GROUND)
    assert register.messages == []


def test_a_person_is_searched_by_the_surest_details_that_are_known() -> None:
    def names(who: dict[str, Any]) -> list[list[str]]:
        return [[etree.QName(one).localname for one in search] for search in searches(who)]

    assert names(MINE) == [["prefix", "surname", "dateOfBirth"]]
    assert names(HOME | {"surname": "Proef"}) == [["surname", "postalCode", "houseNumber"]]
    assert names(HOME | {"birth_date": "1980-05-01"}) == [
        ["dateOfBirth", "postalCode", "houseNumber"]
    ]
    assert names({"surname": "Proef"}) == []
    assert names({"surname": "Proef", "postcode": "9999XX", "house_number": "1a"}) == []


def test_no_bsn_ever_leaves(register: InsolvencyRegister) -> None:
    read(connect(register, MINE | HOME))
    for question, _ in register.messages:
        assert b"999990019" not in etree.tostring(question)


def test_one_record_per_resident_and_a_tombstone_for_who_is_not_there(
    register: InsolvencyRegister,
) -> None:
    nameless = {"id": "r3", "surname": "Proef", "birth_date": BORN}
    batches = read(connect(register, MINE, OTHER, nameless))
    assert told(batches) == {"p-019": False, "p-020": True, "r3": False}
    assert batches[-1].caught_up


def test_two_residents_with_one_case_get_facts_with_keys_of_their_own(
    register: InsolvencyRegister,
) -> None:
    twin = MINE | {"bsn": "999990032"}
    connector = connect(register, MINE, twin)
    keys = [
        fact.key
        for batch in read(connector)
        for one in batch.records
        for fact in connector.parse("cases", one.raw)
    ]
    assert keys == [f"p-019.{NUMBER}", f"p-032.{NUMBER}"]


# --- what a case becomes -------------------------------------------------------------------------


def test_a_running_case_is_a_possible_match_without_bsn(register: InsolvencyRegister) -> None:
    (found,) = entries(connect(register))
    about = found["person"]
    assert about["bsn"] is None
    assert (about["prefix"], about["surname"], about["birth_date"]) == ("van", "Proef", BORN)
    assert (about["postcode"], about["house_number"]) == ("9999XX", "1")
    assert {name: found[name] for name in ("register", "reference", "kind", "party")} == {
        "register": "cir",
        "reference": NUMBER,
        "kind": "Wettelijke schuldsanering (Wsnp)",
        "party": "mr. B. Windvoerder (bewindvoerder)",
    }
    assert (found["starts_on"], found["ends_on"], found["destroy_on"]) == (
        date(2026, 3, 21),
        None,
        None,
    )
    assert found["details"]["letOp"] == POSSIBLE


D1, D2, D3 = date(2026, 7, 1), date(2026, 9, 1), date(2026, 10, 1)
COURSES: list[tuple[list[tuple[str, date]], date, date | None, str]] = [
    ([("2301", D1)], D1, None, ""),
    ([("2301", D1), ("2309", D2)], D1, None, ""),
    ([("2301", D1), ("2331", D2)], D1, D2, "met uitdeling, met schone lei"),
    ([("2301", D1), ("2331", D2), ("2336", D3)], D1, D2, "schone lei is ontnomen"),
    ([("1300", D1), ("1316", D2)], D1, D2, "opgeheven: er was niets te verdelen"),
    ([("1300", D1), ("1316", D2), ("1300", D3)], D1, None, ""),
    ([("3300", D1)], D1, None, ""),
]


@pytest.mark.parametrize(("rulings", "starts", "ends", "reason"), COURSES)
def test_the_state_follows_from_the_publications(
    register: InsolvencyRegister,
    rulings: list[tuple[str, date]],
    starts: date,
    ends: date | None,
    reason: str,
) -> None:
    found = only(register, *rulings, number=f"{'RFS'['213'.index(rulings[0][0][0])]}.16/26/1")
    assert (found["starts_on"], found["ends_on"], found["end_reason"]) == (starts, ends, reason)
    months = {date(2026, 9, 1): date(2027, 3, 1)}
    assert found["destroy_on"] == (months[ends] if ends else None)


def test_every_kind_of_case_has_a_name() -> None:
    assert set(KINDS) == set("FSR")


def test_the_day_that_the_register_names_goes_before_six_months(
    register: InsolvencyRegister,
) -> None:
    found = only(register, ("2301", D1), ("2331", D2), eindeVindbaarheid="2027-01-15+01:00")
    assert found["destroy_on"] == date(2027, 1, 15)


def test_a_case_of_which_the_start_is_not_told_begins_with_what_is_told_first(
    register: InsolvencyRegister,
) -> None:
    assert only(register, ("2309", D1))["starts_on"] == D1


def test_a_secret_address_is_marked_and_the_newest_home_counts(
    register: InsolvencyRegister,
) -> None:
    secret = only(register, ("2301", D1), adressen={"geheimAdres": "true"})
    assert (secret["person"]["secret"], secret["person"]["street"]) == (True, "")
    places = [
        {"datumBegin": day, "straat": street, "plaats": "X", "adresType": kind}
        for day, street, kind in (
            ("2020-01-01", "Oud", "WOON"),
            ("2024-01-01", "Nieuw", "WOON"),
            ("2025-01-01", "Post", "CORR"),
        )
    ]
    found = only(register, ("2301", D1), adressen={"geheimAdres": "false", "adres": places})
    assert found["person"]["street"] == "Nieuw"


def test_no_element_of_a_case_is_lost_on_the_way(register: InsolvencyRegister) -> None:
    trade = {
        "@voorheen": "true",
        "handelsnaam": "Winkel",
        "handelsadressen": {"handelsadres": [{"adresType": "VEST", "straat": "S", "plaats": "P"}]},
    }
    sitting = {"straat": "Stationsplein", "huisnummer": "15", "plaats": "Lelystad"}
    told_ = books.publication(NUMBER, "2301", D1) | {"zittingslocatie": sitting}
    more = {
        "handelendOnderDeNamen": {"handelendOnderDeNaam": [trade]},
        "publicatiegeschiedenis": {"publicatie": [told_], "instroomLegacy": "false"},
        "vorigInsolventienummer": "F.16/25/3",
    }
    case = books.case(person(), NUMBER, ("2301", D1), **more)
    raw = record_of("p-019", [case])
    (fact,) = parse_record(etree.fromstring(raw))
    kept = RECORDS["register_entry"].load(fact.data)["details"]
    kept.pop("letOp")
    assert kept == as_value(case)
    back = as_element("insolvente", kept)
    assert etree.tostring(back, method="c14n") == etree.tostring(case, method="c14n")


def test_a_company_is_nobody_we_help(register: InsolvencyRegister) -> None:
    case = books.case(person(), NUMBER, ("2301", D1))
    kind = case.find(f".//{{{INSPUB}}}rechtspersoonlijkheid")
    assert kind is not None
    kind.text = "rechtspersoon"
    assert list(parse_record(etree.fromstring(record_of("p", [case])))) == []


# --- changes and destruction ---------------------------------------------------------------------


def test_what_did_not_change_is_not_fetched_again(register: InsolvencyRegister) -> None:
    connector = connect(register)
    cursor = read(connector)[-1].cursor
    register.messages.clear()
    register.clock.move(hours=24)  # type: ignore[attr-defined]
    (batch,) = read(connector, cursor)
    assert batch.records == []
    assert "getCase" not in asked(register)


def test_a_case_that_was_modified_is_fetched_again(register: InsolvencyRegister) -> None:
    connector = connect(register)
    cursor = read(connector)[-1].cursor
    register.cases = [books.case(person(), NUMBER, ("2301", D1), ("2331", D2))]
    register.changes.append((register.clock.now(), books.mark(NUMBER, "2301", D1)))
    batches = read(connector, cursor)
    assert told(batches) == {"p-019": False}
    (fact,) = connector.parse("cases", batches[0].records[0].raw)
    assert fact.data["ends_on"] == D2


def test_a_case_that_was_removed_goes_even_when_a_search_still_finds_it(
    register: InsolvencyRegister,
) -> None:
    connector = connect(register)
    cursor = read(connector)[-1].cursor
    (case,) = register.cases
    mark = case.findtext(f".//{{{INSPUB}}}publicatieKenmerk") or ""
    now = register.clock.now()
    register.removed.append((now, number_of(case), mark, "Eindevindbaarheid"))
    assert told(read(connector, cursor)) == {"p-019": True}


def test_a_copy_goes_six_months_after_the_end_though_the_register_is_silent(
    register: InsolvencyRegister,
) -> None:
    register.cases = [books.case(person(), NUMBER, ("2301", D1), ("2331", D2))]
    connector = connect(register)
    batches = read(connector)
    assert told(batches) == {"p-019": False}
    cursor = batches[-1].cursor
    register.clock.move(days=(date(2027, 3, 1) - TODAY).days)  # type: ignore[attr-defined]
    assert told(read(connector, cursor)) == {}
    register.clock.move(days=1)  # type: ignore[attr-defined]
    batches = read(connector, cursor)
    assert told(batches) == {"p-019": True}
    assert told(read(connector, batches[-1].cursor)) == {}


def test_whom_we_no_longer_help_is_no_longer_kept(register: InsolvencyRegister) -> None:
    cursor = read(connect(register))[-1].cursor
    assert told(read(connect(register, OTHER), cursor)) == {"p-019": True}


@pytest.mark.parametrize("code", ["5", "3"])
def test_when_changes_cannot_be_told_everything_is_read_again(
    register: InsolvencyRegister, code: str
) -> None:
    connector = connect(register)
    cursor = read(connector)[-1].cursor
    register.exceptions["searchModifiedSince"] = code
    assert told(read(connector, cursor)) == {"p-019": False}


def test_a_cursor_names_no_case_and_no_bsn(register: InsolvencyRegister) -> None:
    cursor = read(connect(register))[-1].cursor
    assert cursor is not None
    assert set(cursor) == {"since", "known"}
    assert "mne" not in str(cursor)
    assert "999990019" not in str(cursor)


def test_a_read_that_broke_off_is_done_again_as_a_whole(register: InsolvencyRegister) -> None:
    people = [MINE | {"bsn": f"{999990000 + at}"} for at in range(60)]
    first = next(connect(register, *people).read("cases", None))
    assert first.cursor is not None
    assert len(first.records) == 50
    assert len(told(read(connect(register, *people), first.cursor))) == 60


# --- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_wrong_password_is_a_setting_to_mend(register: InsolvencyRegister, version: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(connect(register, password="fout", soap=version))
    assert caught.value.access_denied
    assert caught.value.user == (
        "Het insolventieregister meldt 'The security token could not be authenti…' (Security). "
        "Controleer de gebruikersnaam, het wachtwoord en de versie van SOAP."
    )


def test_too_many_results_leave_what_stood_and_the_others_go_on(
    register: InsolvencyRegister,
) -> None:
    many = [books.case(person(), f"R.16/26/{at}", ("2301", D1)) for at in range(1, 52)]
    register.cases = many
    connector = connect(register, MINE, OTHER)
    batches = []
    with pytest.raises(PermanentError) as caught:
        batches.extend(connector.read("cases", None))
    assert caught.value.user.startswith("Bij 1 inwoner vond het insolventieregister te veel")
    kept: list[Batch] = []
    try:
        for batch in connector.read("cases", None):
            kept.append(batch)
    except PermanentError:
        pass
    assert told(kept) == {"p-020": True}
    assert not kept[-1].caught_up


def test_a_crowded_search_is_narrowed_by_the_address(register: InsolvencyRegister) -> None:
    moved = [books.case(person(), f"R.16/26/{at}", ("2301", D1)) for at in range(1, 52)]
    for one in moved[1:]:
        number = one.find(f".//{{{INSPUB}}}huisnummer")
        assert number is not None
        number.text = "77"
    register.cases = moved
    assert [one["reference"] for one in entries(connect(register, MINE | HOME))] == [NUMBER]


@pytest.mark.parametrize(
    ("code", "kind", "sentence"),
    [
        ("2", TransientError, "Het insolventieregister meldt een technische fout (code 2)."),
        ("4", PermanentError, "Het insolventieregister vindt de vraag onjuist (code 4)."),
    ],
)
def test_an_error_inside_a_normal_answer_is_never_nobody(
    register: InsolvencyRegister, code: str, kind: type[Exception], sentence: str
) -> None:
    register.exceptions["searchNaturalPerson"] = code
    with pytest.raises(kind) as caught:
        read(connect(register))
    assert caught.value.user.startswith(sentence)  # type: ignore[attr-defined]


def test_an_empty_list_without_a_reason_is_not_nobody(register: InsolvencyRegister) -> None:
    register._list = lambda marks: register._dated("publicatieLijst")  # type: ignore[method-assign]
    with pytest.raises(PermanentError, match="unknown answer"):
        read(connect(register))


def test_a_case_that_is_gone_meanwhile_is_left_out(register: InsolvencyRegister) -> None:
    register.exceptions["getCase"] = "1"
    assert told(read(connect(register))) == {"p-019": True}


@pytest.mark.parametrize("body", [b"<html/>", b"<a>", b"{}"])
def test_another_form_of_answer_is_told(register: InsolvencyRegister, body: bytes) -> None:
    from flask import Response

    register._web.view_functions["_serve"] = lambda: Response(body, 200)
    with pytest.raises(PermanentError) as caught:
        read(connect(register))
    assert "Er is niets gewijzigd." in caught.value.user


@pytest.mark.parametrize(
    ("code", "action"),
    [("Security", "access"), ("FailedAuthentication", "access"), ("Server", "retry")],
)
def test_every_fault_has_an_action(code: str, action: str) -> None:
    assert action_of(Fault(code, "")) == action


BAD = Path(__file__).parent / "bad" / "cir"
SENTENCES = {
    "broken": "Het record is geen leesbare XML",
    "other": "Het record is geen antwoord van het insolventieregister",
    "number": "insolvente[1].insolventienummer is 'X.16/26/1'; verwacht F, S of R",
    "empty": "insolvente[1].insolventienummer is ''; verwacht F, S of R; "
    "insolvente[1].publicatiegeschiedenis is leeg; de dag van begin ontbreekt",
    "several": "insolvente[1].publicatie[1].publicatieDatum is '31-12-2026'; verwacht een datum "
    "als 2026-11-23; insolvente[1].persoon.geboortedatum is 'gisteren'; verwacht een datum als "
    "2026-11-23; insolvente[1].adressen is geen groep velden",
}


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_a_wrong_record_is_refused_in_words(register: InsolvencyRegister, name: str) -> None:
    with pytest.raises(RecordError) as caught:
        list(connect(register).parse("cases", (BAD / f"{name}.xml").read_bytes()))
    assert caught.value.user == SENTENCES[name]


def test_every_wrong_record_is_in_the_table() -> None:
    assert {one.stem for one in BAD.glob("*.xml")} == set(SENTENCES)


def test_the_connection_test_searches_for_nobody(register: InsolvencyRegister) -> None:
    steps = list(connect(register).check())
    assert [one.name for one in steps] == ["Grondslag", "DNS", "Poort", "Aanmelden", "Zoeken"]
    assert asked(register) == ["GetLastUpdate", "searchInsolvencyID"]
    assert steps[3].message == "Het register laat ons toe; het is bijgewerkt tot '2026-11-23'."


def test_no_request_is_sent_with_the_same_nonce(register: InsolvencyRegister) -> None:
    read(connect(register, MINE, OTHER))
    assert len(register.nonces) == len(register.messages) == 3
