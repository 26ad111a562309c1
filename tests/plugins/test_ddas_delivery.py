"""The hub as a provider of DDAS: what is told, how it is asked, and how it is signed."""

from __future__ import annotations

import base64
import gc
import json
import re
import resource
import sqlite3
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from marshmallow import ValidationError

from hub.clock import FrozenClock
from hub.connector import Answer, ConfigError, Context, Incoming
from hub.ddas import digest
from hub.testing.certificates import Authority
from hub.testing.town import Town
from plugins.ddas_delivery.calls import period
from plugins.ddas_delivery.connector import DeliveryConnector
from plugins.ddas_delivery.settings import DeliveryConfig
from plugins.ddas_delivery.shv import traject_json
from plugins.ddas_delivery.signature import HEADER, Seal, load_signer, verify
from plugins.ddas_delivery.simulator import StatisticsOffice, faults, signed, signing_pair
from plugins.ddas_delivery.standards import STANDARDS
from plugins.ddas_delivery.vs import RESULTS, case_json
from schemas import KINDS

BSN, OTHER = "999990019", "999990020"
SPECS = Path(__file__).parents[3] / "shared" / "specs"
FOLDERS = {"shv": "ddas-shv-v1.0", "vs": "ddas-vs-v1.2"}

needs_spec = pytest.mark.skipif(not SPECS.is_dir(), reason="the DDAS specification is not here")

Books = dict[str, list[dict[str, Any]]]


def told(kind: str, key: str, source: str = "bron", **data: Any) -> dict[str, Any]:
    """A record as the hub exports it: through its schema, with key and source."""
    return {**KINDS[kind].load(data), "key": key, "source": source}


def signal(number: int = 1, **more: Any) -> dict[str, Any]:
    data = {
        "person": {"bsn": BSN},
        "reference": f"S{number}",
        "partner_type": "Energie",
        "amount": 12050,
        "signalled_on": "2026-05-03",
        "status": "Opgepakt",
        "status_code": "Opgepakt",
    }
    return told("early_signal", f"k{number}", **(data | more))


def case(**more: Any) -> dict[str, Any]:
    data = {
        "person": {"bsn": BSN},
        "reference": "S1",
        "signals": ["S1"],
        "matched_on": "2026-05-04",
        "result": "Niet opgepakt: andere reden",
        "internal_reason": "staat op de veiligheidslijst",
    }
    return told("signal_case", "zaak-1", **(data | more))


def attempt(**more: Any) -> dict[str, Any]:
    data = {"about": "zaak-1", "on": "2026-05-06", "channel": "Telefoon", "reached": True}
    return told("contact_attempt", "poging", **(data | more))


DETAILS = {
    "toekenningsdatum": "2026-03-01",
    "aanmelding": {"startdatum": "2026-01-10", "crisisinterventie": True},
    "intake": {"beschikkingsdatum": None, "beschikkingssoort": "Toewijzingsbeschikking"},
    "schuldregeling": {"toegekend": "2026-03-01", "dwangakkoord": False},
    "schulden": [
        {
            "bedrag": 250,
            "peildatum": "2026-01-20",
            "schuldsoort": "Nuts",
            "schuldeiser": {"naam": "Water BV", "Naam": "Water BV"},
            "referentie": "W-1",
        }
    ],
    "verzonnen": "dit veld bestaat niet",
}


def traject(key: str = "t:0", **more: Any) -> dict[str, Any]:
    data = {
        "person": {"bsn": BSN},
        "phase": "schuldregeling",
        "starts_on": "2026-01-12",
        "intake_on": "2026-01-19",
        "reference": "t",
        "total": 25050,
        "unit": 100,
        "details": DETAILS,
    }
    return told("debt_case", key, **(data | more))


@pytest.fixture
def office(tmp_path: Path, clock: FrozenClock) -> StatisticsOffice:
    return StatisticsOffice(Town(3, today=clock.today()), tmp_path, clock)


class Provider:
    """A delivery that can be asked without a server between."""

    def __init__(self, office: StatisticsOffice, standard: str, books: Books, **more: Any) -> None:
        self.office, self.standard = office, standard
        self.exported: list[str] = []
        config = DeliveryConfig().load(office.settings(standard) | more)
        context = Context(clock=office.clock, municipality="9999", export=self._export(books))
        self.connector = DeliveryConnector(config, context)

    def _export(self, books: Books) -> Callable[[str], Iterator[dict[str, Any]]]:
        def export(kind: str) -> Iterator[dict[str, Any]]:
            self.exported.append(kind)
            return iter(books.get(kind, []))

        return export

    def call(self, path: str, body: bytes, **headers: str) -> Answer:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.connector.receive(Incoming("POST", path, told, body))

    def token(self) -> str:
        secret = self.office.config["client_secret"]
        form = f"grant_type=client_credentials&client_id=cbs&client_secret={secret}"
        answer = self.call("token", form.encode())
        assert answer.status == 200, answer.body
        assert isinstance(answer.body, bytes)
        return str(json.loads(answer.body)["access_token"])

    def ask(self, **asked: Any) -> Answer:
        body = json.dumps(asked).encode()
        return self.call("gegevens", body, authorization=f"Bearer {self.token()}")

    def page(self, **asked: Any) -> dict[str, Any]:
        answer = self.ask(**asked)
        body = b"".join(answer.body)  # type: ignore[arg-type]
        assert answer.status == 200, body
        assert faults(answer.headers, body, self.office.authority) == []
        found: dict[str, Any] = json.loads(body)
        return found


def delivery(page: dict[str, Any]) -> dict[str, Any]:
    (one,) = page["gegevens"]["leveringen"]
    assert isinstance(one, dict)
    return one


YEAR = {"aanleverperiodeStartdatum": "2026-01-01", "aanleverperiodeEinddatum": "2026-12-31"}


# --- what is told ------------------------------------------------------------------------------


def problems_of(standard: str, model: dict[str, Any]) -> list[str]:
    folder = SPECS / FOLDERS[standard]
    schema = json.loads((folder / "json_schema_Uitwisselmodel.json").read_text())
    checker = FormatChecker()
    found = Draft202012Validator(schema, format_checker=checker).iter_errors(model)
    return [f"{one.json_path} {one.message}" for one in found]


VS_BOOKS: Books = {
    "early_signal": [
        signal(1),
        signal(2, person={"postcode": "9999XX", "house_number": "1"}, partner_type="Gemeente"),
        signal(3, partner_type="Gemeentebelastingen", status="", status_code="Iets nieuws"),
    ],
    "signal_case": [case(signals=["S3", "S1", "onbekend"])],
    "contact_attempt": [attempt(), attempt(about="aanslag-7", channel="Brief")],
}
FULL: Books = {
    "early_signal": [
        signal(1, crisis=True, warm_handover=True, arisen_on="2026-04-01"),
    ],
    "signal_case": [
        case(period_starts_on="2026-05-01", period_ends_on="2026-05-31", taken_up_on="2026-05-05")
    ],
    "contact_attempt": [attempt(part_of_day="Avond")],
}
SHV_BOOKS: Books = {
    "debt_case": [
        traject(),
        traject("t:1", person={"bsn": OTHER}),
        traject(
            "u:0",
            reference="",
            details={},
            person={
                "birth_date": "1980-02-29",
                "gender": "Vrouw",
                "postcode": "9999XX",
                "house_number": "1",
            },
            ends_on="2026-04-01",
            end_reason="Afgerond",
        ),
    ]
}
BOOKS = {"vs": VS_BOOKS, "shv": SHV_BOOKS}


@needs_spec
@pytest.mark.parametrize("standard", sorted(STANDARDS))
@pytest.mark.parametrize("size", [None, 1])
def test_every_message_is_the_published_model(
    standard: str, size: int | None, office: StatisticsOffice
) -> None:
    provider = Provider(office, standard, BOOKS[standard], contact_email="hub@example.nl")
    asked = YEAR | ({"pageSize": size} if size else {})
    first = provider.page(**asked)
    pages = first.get("paginering", {}).get("totalPages", 1)
    for number in range(1, pages + 1):
        page = provider.page(**asked, page=number)
        assert problems_of(standard, page["gegevens"]) == []
        assert set(page) == {"gegevens", *(["paginering"] if pages > 1 else [])}
    assert problems_of(standard, {**first["gegevens"], "leveringen": [{}]}), "the check can fail"


@needs_spec
@pytest.mark.parametrize("standard", sorted(STANDARDS))
def test_nothing_to_tell_is_a_message_too(standard: str, office: StatisticsOffice) -> None:
    page = Provider(office, standard, {}).page()
    assert problems_of(standard, page["gegevens"]) == []
    assert "paginering" not in page


def test_a_couple_is_one_traject_and_details_are_told_again(office: StatisticsOffice) -> None:
    found = delivery(Provider(office, "shv", SHV_BOOKS).page(**YEAR))["schuldhulptrajecten"]
    both, alone = found
    assert both["client"] == [{"Burgerservicenummer": BSN}, {"Burgerservicenummer": OTHER}]
    assert both["aanmelding"] == {"startdatum": "2026-01-10", "crisisinterventie": True}
    assert "intake" not in both, "a null day and an old code are left out, and nothing is added"
    assert both["schulden"][0]["bedrag"] == 250
    assert "verzonnen" not in both
    assert "referentie" not in both["schulden"][0]
    assert alone["uitstroom"] == {"datum": "2026-04-01", "reden": "Afgerond"}
    assert alone["totaalSchuldbedragBijAanvangSchuld"] == 251, "half up"
    assert alone["client"][0]["Geboortedatum"] == "1980-02-29"


@pytest.mark.parametrize(
    ("keys", "same", "together"),
    [
        (("t:0", "t:1"), True, True),
        (("t:0", "t:1"), False, False),
        (("t:0", "u:1"), True, False),
        (("t:8", "t:9"), True, False),
    ],
)
def test_two_clients_of_one_traject_are_known_without_a_reference(
    keys: tuple[str, str], same: bool, together: bool, office: StatisticsOffice
) -> None:
    details = DETAILS if same else {**DETAILS, "omschrijving": "een ander traject"}
    first = traject(keys[0], reference="")
    second = traject(keys[1], reference="", details=details, person={"bsn": OTHER})
    found = delivery(Provider(office, "shv", {"debt_case": [first, second]}).page(**YEAR))
    assert len(found["schuldhulptrajecten"]) == (1 if together else 2)


def sample(schema: dict[str, Any], model: dict[str, Any]) -> Any:
    """A value for every field that the published schema names."""
    if "$ref" in schema:
        schema = model["$defs"][schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "object":
        return {name: sample(one, model) for name, one in schema["properties"].items()}
    if schema["type"] == "array":
        return [sample(schema["items"], model)]
    kinds = {"integer": 120, "boolean": True, "string": "tekst"}
    return "2026-02-03" if schema.get("format") == "date" else kinds[schema["type"]]


def published(standard: str, name: str) -> tuple[Any, dict[str, Any]]:
    folder = SPECS / FOLDERS[standard]
    model = json.loads((folder / "json_schema_Uitwisselmodel.json").read_text())
    parts = model["properties"]["leveringen"]["items"]["properties"]
    return sample(parts[name], model)[0], model


@needs_spec
def test_every_field_of_a_traject_is_told_again() -> None:
    full, _ = published("shv", "schuldhulptrajecten")
    del full["client"]
    full["gemeentecode"] = "9999"
    assert traject_json(traject(details=full), "9999") == full


@needs_spec
def test_every_field_of_signals_and_cases_can_be_told(office: StatisticsOffice) -> None:
    full = delivery(Provider(office, "vs", FULL).page(**YEAR))
    for name in ("vroegsignalen", "vroegsignaalzaken"):
        wanted, _ = published("vs", name)
        wanted.pop("client", None)
        (told_,) = full[name]
        assert set(wanted) <= set(told_)
        for part in ("contactpogingen", "signaalpartner"):
            assert json.dumps(wanted.get(part)).count(":") == json.dumps(told_.get(part)).count(":")


def test_a_reason_that_ddas_does_not_know_becomes_no_other(office: StatisticsOffice) -> None:
    books = {"debt_case": [traject(details={}, ends_on="2026-04-01", end_reason="Ruzie")]}
    (one,) = delivery(Provider(office, "shv", books).page(**YEAR))["schuldhulptrajecten"]
    assert "reden" not in one["uitstroom"]


def test_signals_cases_and_attempts(office: StatisticsOffice) -> None:
    found = delivery(Provider(office, "vs", VS_BOOKS).page(**YEAR))
    by_id = {one["ID"]: one for one in found["vroegsignalen"]}
    assert by_id["S1"]["client"] == {"burgerservicenummer": BSN}
    assert by_id["S1"]["bedrag"] == 121, "half up"
    assert by_id["S2"]["client"] == {"postcode": "9999XX", "huisnummer": "1"}
    assert by_id["S2"]["signaalpartner"] == {}, "no partner of v1.2"
    assert by_id["S3"]["signaalpartner"] == {"type": "Overige"}, "municipal tax has no code"
    assert "status" not in by_id["S3"]
    (one,) = found["vroegsignaalzaken"]
    assert one["vroegsignalen"] == [{"ID": "S3"}, {"ID": "S1"}]
    assert one["contactpogingen"] == [{"soort": "Telefoon", "bereikt": True, "datum": "2026-05-06"}]


def test_what_a_source_left_open_stays_open(office: StatisticsOffice) -> None:
    details = {"pogingenZonderDag": [{"soort": "Brief", "geheim": "x", "dagdeel": "Nacht"}]}
    books = {
        "early_signal": [signal(1, details={"nietVermeld": ["crisissignaal"]})],
        "signal_case": [case() | {"details": details | {"reden": "y"}}],
    }
    found = delivery(Provider(office, "vs", books).page(**YEAR))
    assert not {"crisissignaal"} & set(found["vroegsignalen"][0])
    assert found["vroegsignaalzaken"][0]["contactpogingen"] == [{"soort": "Brief"}]


def test_two_sources_with_the_same_numbers_are_kept_apart(office: StatisticsOffice) -> None:
    second = signal(1) | {"source": "ander", "key": "ander-1"}
    cases = [case(), case() | {"source": "ander"}]
    books = {"early_signal": [signal(1), second, signal(1, amount=500)], "signal_case": cases}
    found = delivery(Provider(office, "vs", books).page(**YEAR))
    assert [one["ID"] for one in found["vroegsignalen"]] == ["S1", "ander:S1", "bron:k1"]
    named = [one["vroegsignalen"] for one in found["vroegsignaalzaken"]]
    assert named == [[{"ID": "S1"}], [{"ID": "ander:S1"}]]


def test_who_cannot_be_told_is_left_out_and_counted(
    office: StatisticsOffice, caplog: pytest.LogCaptureFixture
) -> None:
    books = {"early_signal": [signal(1), signal(2, person={"surname": "Jansen"})]}
    found = delivery(Provider(office, "vs", books).page(**YEAR))["vroegsignalen"]
    assert [one["ID"] for one in found] == ["S1"]
    assert "1 records are not delivered" in caplog.text
    assert "Jansen" not in caplog.text


texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=60)
days = st.dates(date(2020, 1, 1), date(2026, 11, 23))


@given(reason=texts, result=st.sampled_from(RESULTS), code=texts, day=days)
def test_the_internal_reason_never_leaves(reason: str, result: str, code: str, day: date) -> None:
    secret = f"«{reason}»"
    data = {
        "person": {"bsn": BSN},
        "reference": "S1",
        "signals": ["S1"],
        "taken_up_on": day,
        "result": result,
        "result_code": secret[:120],
        "internal_reason": secret,
        "details": {"reden": secret, "andere reden": code},
    }
    loaded = KINDS["signal_case"].load(data)
    written = json.dumps(case_json(loaded, ["S1"]), ensure_ascii=False)
    assert secret not in written
    assert set(json.loads(written)) <= {
        "resultaat",
        "matchingsdatum",
        "startdatumMatchingperiode",
        "datumOpgepakt",
        "einddatumMatchingperiode",
        "vroegsignalen",
    }


def test_the_internal_reason_is_in_no_answer(office: StatisticsOffice) -> None:
    answer = Provider(office, "vs", VS_BOOKS).ask(**YEAR)
    assert "veiligheidslijst" not in b"".join(answer.body).decode()  # type: ignore[arg-type]


# --- the period --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        ("2026-07-01", "2026-01-01", "2026-06-30"),
        ("2026-06-30", "2025-07-01", "2025-12-31"),
        ("2026-01-01", "2025-07-01", "2025-12-31"),
        ("2024-12-31", "2024-01-01", "2024-06-30"),
    ],
)
def test_without_a_period_it_is_the_last_whole_half_year(today: str, first: str, last: str) -> None:
    found = period(None, None, date.fromisoformat(today))
    assert found == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("asked", "since", "until"),
    [
        ({"aanleverperiodeStartdatum": "2025-03-01"}, "2025-03-01", "2026-06-30"),
        ({"aanleverperiodeStartdatum": "2026-09-01"}, "2026-09-01", "2026-11-23"),
        ({"aanleverperiodeStartdatum": "2027-01-01"}, "2027-01-01", "2027-01-01"),
        ({"aanleverperiodeEinddatum": "2025-06-30"}, "2025-01-01", "2025-06-30"),
        ({"aanleverperiodeEinddatum": "2026-09-30"}, "2026-07-01", "2026-09-30"),
        ({"aanleverperiodeEinddatum": "0001-01-01"}, "0001-01-01", "0001-01-01"),
    ],
)
def test_half_a_period_is_completed_and_told(
    asked: dict[str, str], since: str, until: str, office: StatisticsOffice
) -> None:
    told_ = Provider(office, "vs", many(1)).page(**asked)["gegevens"]
    assert (told_["startdatumLevering"], told_["einddatumLevering"]) == (since, until)


@pytest.mark.parametrize(
    ("since", "until", "told_"),
    [
        ("2025-01-01", "2026-01-11", False),
        ("2025-01-01", "2026-01-12", True),
        ("2026-04-01", "2026-12-31", True),
        ("2026-04-02", "2026-12-31", False),
    ],
)
def test_a_traject_is_told_when_it_overlaps(
    since: str, until: str, told_: bool, office: StatisticsOffice
) -> None:
    books = {"debt_case": [traject(ends_on="2026-04-01")]}
    asked = {"aanleverperiodeStartdatum": since, "aanleverperiodeEinddatum": until}
    found = delivery(Provider(office, "shv", books).page(**asked))["schuldhulptrajecten"]
    assert bool(found) is told_


def test_a_case_is_told_whole(office: StatisticsOffice) -> None:
    books = {
        "early_signal": [
            signal(1, signalled_on="2026-04-30"),
            signal(2, signalled_on="2026-04-30"),
            signal(3, signalled_on="2026-05-01"),
        ],
        "signal_case": [case(signals=["S1", "S3"])],
    }
    asked = {"aanleverperiodeStartdatum": "2026-05-01", "aanleverperiodeEinddatum": "2026-05-31"}
    found = delivery(Provider(office, "vs", books).page(**asked))
    assert {one["ID"] for one in found["vroegsignalen"]} == {"S1", "S3"}
    assert found["vroegsignaalzaken"][0]["vroegsignalen"] == [{"ID": "S1"}, {"ID": "S3"}]


# --- paging ------------------------------------------------------------------------------------


def many(count: int) -> Books:
    return {"early_signal": [signal(number) for number in range(1, count + 1)]}


def ids(page: dict[str, Any]) -> list[str]:
    return [one["ID"] for one in delivery(page)["vroegsignalen"]]


def test_pages_are_the_whole_and_no_more(office: StatisticsOffice) -> None:
    provider = Provider(office, "vs", many(7))
    pages = [provider.page(**YEAR, page=number, pageSize=3) for number in (1, 2, 3)]
    assert [len(ids(one)) for one in pages] == [3, 3, 1]
    assert [*chain.from_iterable(map(ids, pages))] == ids(provider.page(**YEAR))
    assert pages[2]["paginering"] == {
        "pageSize": 3,
        "currentPage": 3,
        "totalPages": 3,
        "totalRecords": 7,
    }


def test_a_page_that_does_not_exist_is_the_first(office: StatisticsOffice) -> None:
    provider = Provider(office, "vs", many(7))
    page = provider.page(**YEAR, page=4, pageSize=3)
    assert page["paginering"]["currentPage"] == 1
    assert ids(page) == ["S1", "S2", "S3"]
    assert "paginering" not in provider.page(**YEAR, page=1)
    # Who asks on must see that this is the first page again, and not more.
    assert provider.page(**YEAR, page=2)["paginering"] == {
        "pageSize": 50_000,
        "currentPage": 1,
        "totalPages": 1,
        "totalRecords": 7,
    }


def test_more_than_the_most_is_divided_by_itself(office: StatisticsOffice) -> None:
    provider = Provider(office, "vs", many(5))
    provider.connector._standard = replace(STANDARDS["vs"], most=2)
    page = provider.page(**YEAR, pageSize=100)
    assert (page["paginering"]["pageSize"], page["paginering"]["totalPages"]) == (2, 3)
    assert (STANDARDS["vs"].most, STANDARDS["shv"].most) == (50_000, 25_000)


def test_pages_of_two_days_are_told_apart(office: StatisticsOffice, clock: FrozenClock) -> None:
    books = many(4)
    provider = Provider(office, "vs", books)
    first = provider.page(**YEAR, pageSize=2)
    books["early_signal"].append(signal(5))
    moments = [provider.page(**YEAR, page=2, pageSize=2)["gegevens"]["aanleverdatumEnTijd"]]
    assert moments == [first["gegevens"]["aanleverdatumEnTijd"]], "one day is one moment"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moments[0])
    clock.move(days=1)
    later = provider.page(**YEAR, page=2, pageSize=2)
    assert later["paginering"]["totalRecords"] == 5
    assert later["gegevens"]["aanleverdatumEnTijd"] > moments[0]


def test_a_case_stands_once_on_the_page_of_its_first_signal(office: StatisticsOffice) -> None:
    books = many(4) | {"signal_case": [case(signals=["S2", "S4"])]}
    provider = Provider(office, "vs", books)
    pages = [provider.page(**YEAR, page=number, pageSize=2) for number in (1, 2)]
    assert [ids(one) for one in pages] == [["S1", "S2"], ["S4", "S3"]]
    assert [len(delivery(one)["vroegsignaalzaken"]) for one in pages] == [1, 0]


# --- the day's book ----------------------------------------------------------------------------


def test_the_book_is_made_once_a_day_and_holds_nothing_readable(
    office: StatisticsOffice, clock: FrozenClock
) -> None:
    provider = Provider(office, "vs", VS_BOOKS)
    first, again = provider.page(**YEAR), provider.page(**YEAR)
    assert first == again
    assert provider.exported.count("early_signal") == 1
    (book,) = (office.folder / "voorraad").iterdir()
    assert book.stat().st_mode & 0o777 == 0o600
    held = book.read_bytes()
    for plain in (BSN.encode(), b"S1", b"Energie", b"9999XX"):
        assert plain not in held
    clock.move(days=1)
    provider.page(**YEAR)
    assert provider.exported.count("early_signal") == 2
    (newer,) = (office.folder / "voorraad").iterdir()
    assert newer != book


@pytest.mark.parametrize("spoil", ["other secret", "damaged", "empty"])
def test_a_book_that_cannot_be_read_is_made_again(spoil: str, office: StatisticsOffice) -> None:
    Provider(office, "vs", many(1)).page(**YEAR)
    (book,) = (office.folder / "voorraad").iterdir()
    if spoil == "other secret":
        office.config["client_secret"] = "een ander geheim van twintig tekens"
    else:
        book.write_bytes(b"geen boek" if spoil == "damaged" else b"")
    assert len(ids(Provider(office, "vs", many(2)).page(**YEAR))) == 2


def test_a_book_that_is_damaged_within_is_made_again(office: StatisticsOffice) -> None:
    provider = Provider(office, "vs", many(300))
    before = ids(provider.page(**YEAR))
    (path,) = (office.folder / "voorraad").iterdir()
    whole = bytearray(path.read_bytes())
    # The first page tells what tables there are; the book still opens.
    whole[8192:-8192] = bytes(len(whole) - 16384)
    path.write_bytes(whole)
    assert ids(provider.page(**YEAR)) == before
    assert provider.exported.count("early_signal") == 2


def test_a_row_opens_in_its_own_place_only(office: StatisticsOffice) -> None:
    provider = Provider(office, "vs", many(2))
    before = provider.page(**YEAR)
    (path,) = (office.folder / "voorraad").iterdir()
    with closing(sqlite3.connect(path)) as file:
        file.execute("UPDATE thing SET sealed = (SELECT sealed FROM thing WHERE seq = 2)")
        file.commit()
    assert provider.page(**YEAR) == before
    assert provider.exported.count("early_signal") == 2, "the book was made again"


@pytest.mark.slow
def test_fifty_thousand_signals_take_little_memory(office: StatisticsOffice) -> None:
    def stream(kind: str) -> Iterator[dict[str, Any]]:
        if kind == "early_signal":
            one = signal(1)
            for number in range(50_000):
                yield one | {"reference": f"S{number}", "key": f"k{number}"}

    provider = Provider(office, "vs", {})
    provider.connector.context.export = stream
    gc.collect()
    tracemalloc.start()
    try:
        answer = provider.ask(**YEAR)
        size = sum(len(part) for part in answer.body)  # type: ignore[misc]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 10_000_000
    assert peak < 4_000_000


# --- the signature -----------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["body", "digest"])
@given(parts=st.lists(st.binary(max_size=50), max_size=8), at=st.integers(0, 400))
def test_a_body_that_changed_is_not_signed(
    form: str, parts: list[bytes], at: int, signing: Any, now: datetime
) -> None:
    signer = signing[form]
    body = b"".join(parts)
    sealed = signer.seal(parts, now)
    assert verify(sealed, body, signer.chain[0]) == ""
    changed = bytearray(body or b"\x00")
    changed[at % len(changed)] ^= 1
    assert "klopt niet" in verify(sealed, bytes(changed), signer.chain[0])
    forged = replace(sealed, digest=digest(bytes(changed)))
    assert "klopt niet" in verify(forged, bytes(changed), signer.chain[0])


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    pair = signing_pair(Authority(tmp_path_factory.mktemp("ca")))
    forms: Any = ("body", "digest")
    return {form: load_signer(str(pair.certificate), str(pair.key), form) for form in forms}


@pytest.fixture(scope="module")
def now() -> datetime:
    return datetime(2026, 11, 23, tzinfo=UTC)


def test_another_implementation_knows_the_signature(office: StatisticsOffice) -> None:
    answer = Provider(office, "vs", many(3)).ask(**YEAR)
    body = b"".join(answer.body)  # type: ignore[arg-type]
    assert faults(answer.headers, body, office.authority) == []
    spoilt = body.replace(b"S2", b"S9")
    found = faults(answer.headers, spoilt, office.authority)
    assert found == ["digest", "signature: BadSignatureError"]
    other = Authority(office.folder / "other", "Een ander")
    assert faults(answer.headers, body, other.file) != []


def header_of(signature: str) -> dict[str, Any]:
    head = signature.split(".")[0]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    return found


def test_the_header_says_what_the_oas_asks(signing: Any, now: datetime) -> None:
    body = header_of(signing["body"].seal([b"x"], now).signature)
    assert (body["alg"], body["typ"], len(body["x5c"])) == ("PS256", "JOSE", 2)
    assert {"kid", "x5t#S256", "iat"} <= body.keys()
    assert not {"b64", "crit", "sigD"} & body.keys()
    digest = header_of(signing["digest"].seal([b"x"], now).signature)
    assert digest["sigD"] == {"mId": "http://uri.etsi.org/19182/HttpHeaders", "pars": ["digest"]}
    assert (digest["b64"], digest["crit"]) == (False, ["sigD", "b64"])
    assert digest.items() >= body.items()


def test_the_body_is_signed_unless_the_settings_say_otherwise(office: StatisticsOffice) -> None:
    for more, form in (({}, False), ({"signature_form": "digest"}, True)):
        answer = Provider(office, "vs", many(1), **more).ask(**YEAR)
        assert ("sigD" in header_of(answer.headers[HEADER])) is form
        assert faults(answer.headers, b"".join(answer.body), office.authority) == []  # type: ignore[arg-type]


def remade(made: str, **changes: Any) -> str:
    """The same signature under another header; a change to None takes a field away."""
    header = header_of(made) | changes
    told_ = {name: value for name, value in header.items() if value is not None}
    head = base64.urlsafe_b64encode(json.dumps(told_).encode()).rstrip(b"=").decode()
    return f"{head}..{made.split('.')[2]}"


def test_no_other_shape_of_signature_is_taken(signing: Any, now: datetime) -> None:
    signer = signing["body"]
    made = signer.seal([b"x"], now).signature
    head, _, tail = made.split(".")
    shapes = ("", "a.b", f"{head}..{tail}.x", f"{head}.e30.{tail}", f"{made},{made}")
    for wrong in (*shapes, remade(made, crit=["exp"])):
        assert verify(Seal(digest(b"x"), wrong), b"x", signer.chain[0]), wrong


@pytest.mark.parametrize(
    "changes",
    [
        {"crit": None},
        {"crit": "sigD"},
        {"crit": ["b64"]},
        {"crit": ["sigD", "b64", "exp"], "exp": 1},
        {"b64": True},
        {"b64": None},
        {"sigD": {"mId": "http://uri.etsi.org/19182/HttpHeaders", "pars": ["digest", "host"]}},
        {"sigD": {"mId": "http://uri.etsi.org/19182/ObjectIdByURI", "pars": ["digest"]}},
    ],
)
def test_what_must_be_understood_is_understood(
    changes: dict[str, Any], signing: Any, now: datetime
) -> None:
    signer = signing["digest"]
    sealed = signer.seal([b"x"], now)
    wrong = replace(sealed, signature=remade(sealed.signature, **changes))
    assert "niet bekend" in verify(wrong, b"x", signer.chain[0])


@pytest.mark.parametrize("announced", ["", "MD5=x", "sha-256=abc", "SHA-512=", "SHA-256=Y"])
def test_the_digest_that_is_signed_must_have_come_along(
    announced: str, signing: Any, now: datetime
) -> None:
    signer = signing["digest"]
    sealed = signer.seal([b"x"], now)
    told_ = verify(replace(sealed, digest=announced), b"x", signer.chain[0])
    assert "Digest ontbreekt of klopt niet" in told_


def test_a_key_that_cannot_sign_is_told(office: StatisticsOffice) -> None:
    authority = Authority(office.folder / "other")
    elliptic, another = authority.issue("krom"), authority.issue("ander", rsa_key=True)
    mine = office.config["certificate"]
    twisted = office.folder / "verdraaid.pem"
    twisted.write_bytes(another.certificate.read_bytes() + office.authority.read_bytes())
    for certificate, key, sentence in (
        (str(elliptic.certificate), str(elliptic.key), "geen RSA-sleutel van 2048 bits"),
        (mine, str(another.key), "hoort niet bij het ondertekencertificaat"),
        (mine, "/nergens", "ontbreekt of is niet te lezen"),
        ("/nergens", str(another.key), "certificaatbestand ontbreekt"),
        (str(twisted), str(another.key), "staan niet op volgorde"),
    ):
        with pytest.raises(ConfigError) as caught:
            load_signer(certificate, key, "body")
        assert sentence in caught.value.user


def test_a_question_must_be_signed_when_its_sender_is_known(office: StatisticsOffice) -> None:
    pair = signing_pair(Authority(office.folder / "bekend"))
    provider = Provider(office, "vs", many(1), caller_certificate=str(pair.certificate))
    body, bearer = json.dumps(YEAR).encode(), f"Bearer {provider.token()}"

    def asked(body: bytes, **headers: str) -> Answer:
        lower = {name.lower(): value for name, value in headers.items()}
        answer = provider.call("gegevens", body, authorization=bearer, **lower)
        if answer.status != 200:
            assert problem(answer)["title"] == "Handtekening klopt niet"
        return answer

    headers = signed(body, pair)
    assert asked(body).status == 400
    assert asked(body, **headers).status == 200
    assert asked(b"{}", **headers).status == 400
    assert asked(body, **{HEADER: headers[HEADER]}).status == 400, "the Digest is what is signed"
    plain = load_signer(str(pair.certificate), str(pair.key), "body")
    earlier = plain.seal([body], office.clock.now()).signature
    assert asked(body, **{HEADER: earlier}).status == 200, "the form of spring 2026"
    stranger = signing_pair(Authority(office.folder / "vreemd"))
    assert asked(body, **signed(body, stranger)).status == 400


@pytest.mark.parametrize("days", [-1, 1])
def test_a_certificate_of_the_caller_that_ended_opens_nothing(
    days: int, office: StatisticsOffice
) -> None:
    pair = Authority(office.folder / "bekend").issue("afnemer", rsa_key=True, days=days)
    provider = Provider(office, "vs", many(1), caller_certificate=str(pair.certificate))
    headers = {name.lower(): value for name, value in signed(b"{}", pair).items()}
    bearer = f"Bearer {provider.token()}"
    answer = provider.call("gegevens", b"{}", authorization=bearer, **headers)
    assert answer.status == (200 if days > 0 else 400)
    (step,) = [one for one in provider.connector.check() if one.name == "Afnemer"]
    assert step.ok is (days > 0)
    assert step.ends_at is not None
    assert abs(step.ends_at - datetime.now(UTC) - timedelta(days=days)) < timedelta(hours=1)


def test_a_certificate_that_cannot_check_is_our_fault(office: StatisticsOffice) -> None:
    elliptic = Authority(office.folder / "bekend").issue("krom")
    provider = Provider(office, "vs", many(1), caller_certificate=str(elliptic.certificate))
    assert provider.ask(**YEAR).status == 502
    (step,) = [one for one in provider.connector.check() if one.name == "Afnemer"]
    assert "geen RSA-sleutel" in step.message


# --- what is refused ---------------------------------------------------------------------------


def problem(answer: Answer) -> dict[str, Any]:
    assert isinstance(answer.body, bytes)
    assert answer.headers["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = json.loads(answer.body)
    assert found["status"] == answer.status
    return found


def against_oas(standard: str, answer: Answer) -> None:
    """Look whether the OAS knows such an answer: its status, its headers and its body."""
    oas = yaml.safe_load((SPECS / FOLDERS[standard] / f"DDAS-{standard.upper()}.yaml").read_text())
    del oas["components"]["schemas"]["Uitwisselmodel"]["$ref"]

    def look(schema: Any, value: Any) -> None:
        whole = {"components": oas["components"], "allOf": [schema]}
        Draft202012Validator(whole, format_checker=FormatChecker()).validate(value)

    known = oas["paths"]["/gegevens"]["post"]["responses"][str(answer.status)]
    (kind,) = known["content"]
    assert answer.headers["Content-Type"] == kind
    body = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)
    look(known["content"][kind]["schema"], json.loads(body))
    for name, header in known.get("headers", {}).items():
        if "$ref" in header:
            header = oas["components"]["headers"][header["$ref"].rpartition("/")[2]]
        look(header["schema"], answer.headers[name])


def called(
    body: bytes = b"{}", method: str = "POST", path: str = "gegevens", **headers: str
) -> Incoming:
    """A call that is in order but for what is given; the token comes later."""
    told_ = {"authorization": "Bearer TOKEN", "content-type": "application/json"}
    told_ |= {name.replace("_", "-"): value for name, value in headers.items()}
    return Incoming(method, path, told_, body)


@needs_spec
@pytest.mark.parametrize("standard", sorted(STANDARDS))
@pytest.mark.parametrize(
    ("status", "call"),
    [
        (200, called()),
        (200, called(b'{"page": 2}')),
        (200, called(b'{"pageSize": 1}')),
        (200, called(b'{"pageSize": 1000000000000000}')),
        (400, called(b"")),
        (400, called(b'{"page": 0}')),
        (400, called(b'{"gemeentecode": "0344"}')),
        (400, called(digest="SHA-256=AAAA")),
        (400, called(content_type="text/xml")),
        (422, called(b'{"aanleverendeOrganisatie": "Elders"}')),
        (401, called(authorization="")),
        (401, called(authorization="Bearer x")),
        (404, called(path="vs")),
        (405, called(method="GET")),
    ],
)
def test_every_answer_is_one_of_the_oas(
    standard: str, status: int, call: Incoming, office: StatisticsOffice
) -> None:
    provider = Provider(office, standard, BOOKS[standard])
    bearer = call.headers["authorization"].replace("TOKEN", provider.token())
    headers = {**call.headers, "authorization": bearer}
    answer = provider.connector.receive(replace(call, headers=headers))
    assert answer.status == status
    against_oas(standard, answer)


@needs_spec
def test_a_failure_of_ours_is_one_of_the_oas(office: StatisticsOffice) -> None:
    answer = Provider(office, "vs", BOOKS["vs"], key="/nergens").ask()
    assert answer.status == 502
    against_oas("vs", answer)


def test_the_organisation_is_asked_for_as_each_oas_names_it(office: StatisticsOffice) -> None:
    name = office.municipality.name
    for standard, field, status in (
        ("vs", "aanleverendeOrganisatie", 200),
        ("vs", "aanleverende_organisatie", 400),
        ("shv", "aanleverendeOrganisatie", 200),
        ("shv", "aanleverende_organisatie", 200),
    ):
        provider = Provider(office, standard, {})
        assert provider.ask(**{field: f" {name.upper()} "}).status == status
        wrong = provider.ask(**{field: "Elders"})
        assert wrong.status == (422 if status == 200 else 400)
        assert field in problem(wrong)["detail"]


BAD = Path(__file__).parent / "bad" / "ddas_delivery"
REFUSED = {
    "geen-json": (400, "De vraag is geen geldige JSON, of is afgebroken."),
    "lijst": (400, "vraag is geen groep velden"),
    "getal": (400, "vraag.page is geen geheel getal; vraag.pageSize is lager dan 1"),
    "onbekend": (400, "vraag.aanleverendeorganisatie is hier geen veld"),
    "dag": (
        400,
        "vraag.aanleverperiodeStartdatum is geen datum als 2026-06-30; "
        "vraag.aanleverperiodeEinddatum is leeg (null)",
    ),
    "andere-schrijfwijze": (
        400,
        "vraag.aanleverperiodeStartdatum is geen datum als 2026-06-30; "
        "vraag.aanleverperiodeEinddatum is geen datum als 2026-06-30",
    ),
    "omgekeerd": (
        422,
        "vraag.aanleverperiodeEinddatum ligt voor het begin van de periode; "
        "vraag.aanleverendeOrganisatie is geen organisatie die hier levert",
    ),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_wrong_question_is_refused_in_words(name: str, office: StatisticsOffice) -> None:
    provider = Provider(office, "vs", {})
    body = (BAD / f"{name}.json").read_bytes()
    answer = provider.call("gegevens", body, authorization=f"Bearer {provider.token()}")
    status, sentence = REFUSED[name]
    assert answer.status == status
    assert problem(answer)["detail"] == sentence
    assert provider.exported == [], "nothing was read for it"


def test_every_wrong_question_is_in_the_table() -> None:
    assert {one.stem for one in BAD.glob("*.json")} == set(REFUSED)


def test_who_may_not_come_in_is_told_why(office: StatisticsOffice, clock: FrozenClock) -> None:
    provider = Provider(office, "vs", {}, gateway_token="een vast token van de gateway")
    other = Provider(office, "shv", {}).token()
    mine = provider.token()

    def code(**headers: str) -> str:
        answer = provider.call("gegevens", b"{}", **headers)
        assert answer.headers.get("Fsc-Error-Code", "") == (
            "" if answer.status == 200 else json.loads(answer.body)["code"]  # type: ignore[arg-type]
        )
        return answer.headers.get("Fsc-Error-Code", "")

    assert code() == "ERROR_CODE_ACCESS_TOKEN_MISSING"
    assert code(authorization="Basic eDp5") == "ERROR_CODE_ACCESS_TOKEN_MISSING"
    assert code(authorization="Bearer verzonnen") == "ERROR_CODE_ACCESS_TOKEN_INVALID"
    assert code(authorization=f"Bearer {other}") == "ERROR_CODE_ACCESS_TOKEN_INVALID"
    assert code(authorization="Bearer een vast token van de gateway") == ""
    assert code(authorization=f"Bearer {mine}") == ""
    clock.move(minutes=6)
    assert code(authorization=f"Bearer {mine}") == "ERROR_CODE_ACCESS_TOKEN_EXPIRED"


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ("grant_type=password&client_id=cbs", 400),
        ("grant_type=client_credentials&client_id=cbs&client_secret=fout", 401),
        ("grant_type=client_credentials", 401),
        ("\xff", 400),
    ],
)
def test_a_token_is_not_for_everybody(form: str, status: int, office: StatisticsOffice) -> None:
    assert Provider(office, "vs", {}).call("token", form.encode("latin-1")).status == status


def test_a_client_may_show_itself_in_a_header(office: StatisticsOffice) -> None:
    office.config["client_secret"] = "een geheim: 100% + écht"
    provider = Provider(office, "vs", {})
    whole, encoded = (
        base64.b64encode(f"cbs:{secret}".encode()).decode()
        for secret in (office.config["client_secret"], "een+geheim%3A+100%25+%2B+%C3%A9cht")
    )
    form = b"grant_type=client_credentials&scope=read"
    for told_ in (whole, encoded):
        assert provider.call("token", form, authorization=f"Basic {told_}").status == 200
    for told_ in ("???", base64.b64encode(b"cbs:fout").decode()):
        answer = provider.call("token", form, authorization=f"Basic {told_}")
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Basic")
        assert answer.body == b'{"error": "invalid_client"}'
    assert provider.call("token", b"").body == b'{"error": "invalid_request"}'


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
def test_nobody_comes_in_without_a_name_or_secret(name: str, office: StatisticsOffice) -> None:
    with pytest.raises(ValidationError) as caught:
        DeliveryConfig().load(office.settings("vs") | {name: ""})
    assert name in caught.value.messages_dict


def test_other_addresses_and_methods_are_refused_as_fsc_has_it(office: StatisticsOffice) -> None:
    connector = Provider(office, "vs", {}).connector
    for method, path, status, code in (
        ("GET", "gegevens", 405, "METHOD_UNSUPPORTED"),
        ("POST", "", 404, "SERVICE_NOT_FOUND"),
        ("POST", "gegevens/1", 404, "SERVICE_NOT_FOUND"),
    ):
        answer = connector.receive(Incoming(method, path, {}, b""))
        assert answer.status == status
        assert answer.headers["Fsc-Error-Code"] == f"ERROR_CODE_{code}"
        assert answer.headers.get("Allow") == ("POST" if status == 405 else None)
        assert problem(answer)["domain"] == "ERROR_DOMAIN_INWAY"


def test_a_folder_that_is_gone_is_our_fault_and_nothing_is_delivered(
    office: StatisticsOffice, caplog: pytest.LogCaptureFixture
) -> None:
    provider = Provider(office, "vs", {}, folder=str(office.folder / "weg"))
    answer = provider.ask(**YEAR)
    assert answer.status == 502
    assert answer.headers["Fsc-Error-Code"] == "ERROR_CODE_SERVICE_UNREACHABLE"
    assert "folder" in caplog.text


def test_a_disk_that_is_full_is_our_fault_too(
    office: StatisticsOffice, caplog: pytest.LogCaptureFixture
) -> None:
    provider = Provider(office, "vs", many(500))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        answer = provider.ask(**YEAR)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert answer.status == 502
    assert "delivery failed" in caplog.text
    assert list((office.folder / "voorraad").iterdir()) == [], "no half a book is left"
    assert provider.ask(**YEAR).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"digest": digest(b"{}")}, 200),
        ({"digest": digest(b"{}").rstrip("=")}, 200),
        ({"digest": digest(b"")}, 400),
        ({"digest": ""}, 400),
        ({"digest": "MD5=abc"}, 400),
        ({}, 200),
        ({"content_type": "Application/JSON; charset=utf-8"}, 200),
        ({"content_type": "application/x-www-form-urlencoded"}, 400),
    ],
)
def test_a_question_comes_as_it_says(
    headers: dict[str, str], status: int, office: StatisticsOffice
) -> None:
    provider = Provider(office, "vs", {})
    bearer = f"Bearer {provider.token()}"
    answer = provider.call("gegevens", b"{}", authorization=bearer, **headers)
    assert answer.status == status


# --- the connection test -----------------------------------------------------------------------


def test_the_connection_test_says_what_is_missing(office: StatisticsOffice) -> None:
    steps = list(Provider(office, "vs", many(1)).connector.check())
    assert [one.ok for one in steps] == [True] * 6
    assert steps[0].ends_at is not None
    assert "geen OIN" in steps[2].message
    for more, sentence in (
        ({"folder": "/nergens"}, "bestaat niet, of de hub mag er niet in schrijven"),
        ({"caller_certificate": "/nergens"}, "certificaatbestand ontbreekt"),
        ({"key": "/nergens"}, "De sleutel van ons certificaat ontbreekt"),
        ({"certificate": "/nergens"}, "Ons certificaat ontbreekt"),
    ):
        steps = list(Provider(office, "vs", {}, **more).connector.check())
        assert [one.ok for one in steps].count(False) == 1
        assert not steps[-1].ok
        assert sentence in steps[-1].message
