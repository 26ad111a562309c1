"""The insolvency register over a real socket: a search without BSN, cases, changes, the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import cir_schema
import pytest
from broken_sides import PAGE, RAISED, Side, nobody, outcome
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
from plugins.cir import connector as connected
from plugins.cir.codes import AFTERWARDS, END, KINDS, NEWER, START
from plugins.cir.connector import InsolvencyConnector
from plugins.cir.messages import FIELDS, POSSIBLE, as_element, as_value, parse_record, record_of
from plugins.cir.operations import INSPUB, by_number, get_case, searches, since
from plugins.cir.settings import NO_GROUND, Settings
from plugins.cir.simulator import InsolvencyRegister, number_of
from plugins.cir.soap import CIR, SOAP, WSA, WSSE, Account, Fault, action_of, unwrap, wrap
from schemas import KINDS as RECORDS

BORN = date(1980, 5, 1)
MINE = {"bsn": "999990019", "id": "r1", "surname": "Proef", "prefix": "van", "birth_date": BORN}
OTHER = {"bsn": "999990020", "id": "r2", "surname": "Niemand", "birth_date": BORN}
HOME = {"postcode": "9999 XX", "house_number": "1"}
NUMBER = "R.16/26/1"
WHO = Account("gemeente", "geheim")
BAD = Path(__file__).parent / "bad" / "cir"


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
    assert set(END) | START | set(AFTERWARDS) <= cir_schema.codes() | NEWER
    assert not NEWER & cir_schema.codes()
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
    assert not register.messages


def test_a_person_is_searched_by_the_surest_details_that_are_known() -> None:
    def names(who: dict[str, Any]) -> list[list[str]]:
        return [[etree.QName(one).localname for one in search] for search in searches(who)]

    assert names(MINE) == [["prefix", "surname", "dateOfBirth"]]
    assert names(HOME | {"surname": "Proef"}) == [["surname", "postalCode", "houseNumber"]]
    assert names(HOME | {"birth_date": "1980-05-01"}) == [
        ["dateOfBirth", "postalCode", "houseNumber"]
    ]
    assert names({"surname": "Proef"}) == []
    assert names({"surname": "Proef", "postcode": "9999XX", "house_number": "a1"}) == []


@pytest.mark.parametrize(("told", "asked_for"), [("12A", "12"), ("7-2", "7"), ("3 hs", "3")])
def test_of_a_house_number_only_the_number_is_searched(told: str, asked_for: str) -> None:
    (search,) = searches({"surname": "Proef", "postcode": "9999XX", "house_number": told})
    assert [one.text for one in search] == ["Proef", "9999XX", asked_for]
    assert cir_schema.faults(search) == []


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_question_says_what_it_is_to_whom_and_where_the_answer_may_go(version: str) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    content, headers = wrap(by_number(NUMBER), version, "https://cir.example/x", WHO, now)
    root = etree.fromstring(content)
    action = f"{CIR}/searchInsolvencyID"
    told = {etree.QName(one).localname: "".join(one.itertext()) for one in root[0]}
    assert (told["Action"], told["To"]) == (action, "https://cir.example/x")
    assert told["ReplyTo"] == f"{WSA}/role/anonymous"
    assert told["MessageID"].startswith("urn:uuid:")
    security = root.find(f"{{{SOAP[version]}}}Header/{{{WSSE}}}Security")
    assert security is not None
    assert security.get(f"{{{SOAP[version]}}}mustUnderstand") == "1"
    token = {etree.QName(one).localname: one for one in security.iter()}
    assert (token["Username"].text, token["Password"].text) == ("gemeente", "geheim")
    assert token["Password"].get("Type", "").endswith("#PasswordText")
    assert token["Nonce"].get("EncodingType", "").endswith("#Base64Binary")
    if version == "1.1":
        assert headers == {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{action}"',
        }
    else:
        kind = f'application/soap+xml; charset=utf-8; action="{action}"'
        assert headers == {"Content-Type": kind}


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_an_answer_with_headers_of_its_own_is_read(
    register: InsolvencyRegister, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []

    def noted(content: bytes) -> etree._Element | Fault:
        seen.append(content)
        return unwrap(content)

    monkeypatch.setattr(connected, "unwrap", noted)
    read(connect(register, soap=version))
    root = etree.fromstring(seen[0])
    told = {etree.QName(one).localname: one.text for one in root[0]}
    assert told["Action"] == f"{CIR}/searchNaturalPersonResponse"
    assert told["To"] == f"{WSA}/role/anonymous"
    assert str(told["RelatesTo"]).startswith("urn:uuid:")


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
    # Of the third version of the schema.
    ([("1329", D1)], D1, None, ""),
    ([("2350", D1), ("2331", D2)], D1, D2, "met uitdeling, met schone lei"),
    ([("3316", D1)], D1, None, ""),
    ([("1300", D1), ("1336", D2)], D1, D2, "ten onrechte ingeschreven"),
    ([("2301", D1), ("2356", D2)], D1, D2, "ten onrechte ingeschreven"),
    ([("3300", D1), ("3315", D2)], D1, D2, "ten onrechte ingeschreven"),
    ([("1300", D1), ("1335", D2)], D1, None, ""),
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


def test_what_the_newer_schema_adds_is_kept(register: InsolvencyRegister) -> None:
    told_ = books.publication(NUMBER, "2301", D1) | {
        "uiterstedatumindieningvorderingen": "2026-09-15"
    }
    more = {
        "RC2": "mr. N. Naast",
        "publicatiegeschiedenis": {"publicatie": [told_], "instroomLegacy": "false"},
    }
    found = only(register, ("2301", D1), **more)["details"]
    assert found["RC2"] == "mr. N. Naast"
    (kept,) = found["publicatiegeschiedenis"]["publicatie"]
    assert kept["uiterstedatumindieningvorderingen"] == "2026-09-15"
    assert {"RC2", "uiterstedatumindieningvorderingen"} <= FIELDS


def test_an_end_beyond_the_calendar_breaks_nothing(register: InsolvencyRegister) -> None:
    far = date(9999, 11, 30)
    assert only(register, ("2301", D1), ("2331", far))["destroy_on"] is None


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


@pytest.mark.parametrize(
    ("code", "action"),
    [
        ("MessageExpired", "config"),
        ("DestinationUnreachable", "config"),
        ("ActionNotSupported", "config"),
        ("MessageInformationHeaderRequired", "config"),
        ("EndpointUnavailable", "retry"),
    ],
)
def test_a_fault_of_addressing_has_an_action(code: str, action: str) -> None:
    assert action_of(Fault(code, "")) == action


# --- the connection test -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"password": "fout"},
            "Het insolventieregister meldt 'The security token could not be authenti…' (Security). "
            "Controleer de gebruikersnaam, het wachtwoord en de versie van SOAP.",
        ),
        (
            {"soap": "1.1", "username": "iemand"},
            "Het insolventieregister meldt 'The security token could not be authenti…' (Security). "
            "Controleer de gebruikersnaam, het wachtwoord en de versie van SOAP.",
        ),
    ],
)
def test_a_check_names_wrong_credentials(
    register: InsolvencyRegister, changed: dict[str, str], sentence: str
) -> None:
    assert outcome(connect(register, **changed)) == (RAISED, sentence)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_check_says_that_the_clock_is_wrong(register: InsolvencyRegister, hours: int) -> None:
    connector = connect(register)
    connector.context.clock = FrozenClock(TODAY)
    connector.context.clock.move(hours=hours)
    assert outcome(connector) == (
        RAISED,
        "Het insolventieregister meldt 'The message has expired' (MessageExpired). Een bericht "
        "geldt vijf minuten: zet de klok van deze server gelijk.",
    )


#: By what is wrong: what answers at the address, and what an administrator reads.
SIDES: dict[str, tuple[Any, str]] = {
    "page": (
        ("200 OK", PAGE),
        "Het antwoord van het insolventieregister is geen SOAP-bericht. Er is niets gewijzigd. "
        "Controleer het adres.",
    ),
    "path": (
        ("404 Not Found", PAGE),
        "{} kent dit adres niet (HTTP 404). Controleer het pad in de instellingen.",
    ),
    "broken": (
        ("500 Internal Server Error", PAGE),
        "Het insolventieregister heeft een storing (HTTP 500). De hub probeert het later opnieuw.",
    ),
    "busy": (
        ("503 Service Unavailable",),
        "{} is tijdelijk niet beschikbaar (HTTP 503). De hub probeert het later opnieuw.",
    ),
    "silent": ((), "{} gaf geen antwoord binnen de tijd. De hub probeert het later opnieuw."),
}


@pytest.mark.parametrize("name", sorted(SIDES))
def test_a_check_explains_who_is_not_the_register(register: InsolvencyRegister, name: str) -> None:
    answer, sentence = SIDES[name]
    with Side(*answer) as side:
        where = side.url.removeprefix("http://")
        told_ = outcome(connect(register, url=f"{side.url}/cir.asmx"))
    assert told_ == (RAISED, sentence.format(where))


def test_a_check_explains_where_nobody_listens(register: InsolvencyRegister) -> None:
    url = nobody()
    where = url.removeprefix("http://")
    assert outcome(connect(register, url=url)) == (
        "Poort",
        f"Er luistert niets op {where}. Draait het systeem?",
    )
    assert outcome(connect(register, url="https://register.invalid/cir.asmx")) == (
        "DNS",
        "De naam register.invalid is niet bekend. Controleer het adres.",
    )


def test_a_check_says_whose_certificates_are_wanted(
    register: InsolvencyRegister, tmp_path: Path
) -> None:
    with Side("200 OK", PAGE, tls=tmp_path / "ca") as side:
        name, sentence = outcome(connect(register, url=side.url))
    assert name == "TLS"
    assert sentence.startswith("Het certificaat wordt niet vertrouwd: ")
    assert sentence.endswith(
        " Vul bij CA-bestand de stamcertificaten van PKIoverheid in waaronder de dienst valt."
    )
    assert outcome(connect(register, ca_file=str(tmp_path / "nergens.pem"))) == (
        RAISED,
        "Een certificaatbestand ontbreekt of is niet te lezen. Controleer de paden van CA-bestand, "
        "certificaat en sleutel.",
    )


#: By file in bad/cir/answers: what an administrator reads of an answer of that form.
ANSWERS = {
    "update-error": "Het insolventieregister meldt een technische fout (code 2). De hub probeert "
    "het later opnieuw.",
    "update-many": "Het insolventieregister gaf op GetLastUpdate een antwoord dat de hub niet "
    "kent. Er is niets gewijzigd. Controleer het adres en de versie van de dienst.",
    "update-words": "Het insolventieregister gaf op GetLastUpdate een antwoord dat de hub niet "
    "kent. Er is niets gewijzigd. Controleer het adres en de versie van de dienst.",
    "other-operation": "Het insolventieregister gaf op GetLastUpdate een antwoord dat de hub niet "
    "kent. Er is niets gewijzigd. Controleer het adres en de versie van de dienst.",
    "two-messages": "Het antwoord van het insolventieregister is geen SOAP-bericht. Er is niets "
    "gewijzigd. Controleer het adres.",
    "fault-addressing": "Het insolventieregister meldt 'To header does not match this service' "
    "(DestinationUnreachable). Controleer het adres en de versie van SOAP.",
    "fault-server": "Het insolventieregister meldt 'Server was unable to process request.' "
    "(Server). De hub probeert het later opnieuw.",
}


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_a_wrong_answer_is_explained_by_the_check(register: InsolvencyRegister, name: str) -> None:
    body = (BAD / "answers" / f"{name}.xml").read_bytes()
    status = "500 Internal Server Error" if name.startswith("fault") else "200 OK"
    with Side(status, body, "text/xml") as side:
        assert outcome(connect(register, url=side.url)) == (RAISED, ANSWERS[name])


def test_every_wrong_answer_is_in_the_table() -> None:
    assert {one.stem for one in (BAD / "answers").glob("*.xml")} == set(ANSWERS)


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
    assert steps[3].message == "Het register laat ons toe; het is bijgewerkt tot 23-11-2026."


def test_too_many_cases_under_a_number_are_an_answer_for_the_connection_test(
    register: InsolvencyRegister,
) -> None:
    register.exceptions["searchInsolvencyID"] = "3"
    assert all(step.ok for step in connect(register).check())


def test_an_error_that_stands_alone_is_seen(register: InsolvencyRegister) -> None:
    cursor = read(connect(register))[-1].cursor
    alone = etree.Element(f"{{{INSPUB}}}exceptie", errorcode="1")
    register._removed = lambda told: alone  # type: ignore[method-assign]
    assert told(read(connect(register), cursor)) == {}


def test_no_request_is_sent_with_the_same_nonce(register: InsolvencyRegister) -> None:
    read(connect(register, MINE, OTHER))
    assert len(register.nonces) == len(register.messages) == 3
