"""Debt help: every version read, v1.0 written, and what is odd told as a warning."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from jsonschema import Draft202012Validator
from sqlalchemy import select

import plugins.debt_help
from hub.clock import FrozenClock
from hub.connector import Context, Fact, PermanentError, Record, RecordError
from hub.core import Hub, open_hub
from hub.plugins import load_plugins
from hub.store import debt_case, run
from hub.sync.inbound import sync_source
from hub.sync.sources import find_source, save_source
from plugins.debt_help.connector import DebtHelpConnector
from plugins.debt_help.facts import parse_case, shape_with
from plugins.debt_help.messages import traject_schema
from plugins.debt_help.rules import merged
from plugins.debt_help.settings import DebtHelpConfig
from plugins.debt_help.shape import DEBT, TRAJECT, Shape, sift
from plugins.debt_help.versions import newest, version_of
from plugins.debt_help.writing import traject_of
from schemas import KINDS

BAD = Path(__file__).parent / "bad" / "debt_help"
SPEC = Path(__file__).parents[3] / "shared" / "specs" / "ddas-shv-v1.0"
BSN, OTHER, FAILS_ELFPROEF = "999990019", "999990020", "999990001"

needs_spec = pytest.mark.skipif(not SPEC.is_dir(), reason="the DDAS specification is not here")

SHAPE = shape_with("referentie")
SCHEMA = traject_schema("referentie", strict_bsn=False)


def pseudonym(text: str) -> str:
    return f"p{sum(map(ord, text))}"


def traject(**more: Any) -> dict[str, Any]:
    return {
        "gemeentecode": "9999",
        "startdatum": "2026-05-01",
        "client": [{"Burgerservicenummer": BSN}],
        **more,
    }


def model(*trajects: Any, **more: Any) -> dict[str, Any]:
    organisation = {"(Statutaire) Naam": "Stad", "gemeentecode": "9999"}
    delivery = {"teller": 1, "aanleverende_organisatie": organisation}
    return {
        "startdatumLevering": "2026-01-01",
        "einddatumLevering": "2026-11-23",
        "aanleverdatumEnTijd": "2026-11-23T09:00:00+01:00",
        "codeGegevensleverancier": "Proef 1.0",
        "leveringen": [{**delivery, "schuldhulptrajecten": list(trajects)}],
        **more,
    }


def facts_of(told: Any, organisation: Any = None) -> list[Fact]:
    raw = json.dumps({"key": "k", "organisatie": organisation or {}, "traject": told}).encode()
    return parse_case(raw, SCHEMA, SHAPE, pseudonym)


def cases_of(told: Any) -> list[dict[str, Any]]:
    """Return the cases of a traject as the hub keeps them."""
    return [KINDS["debt_case"].load(one.data) for one in facts_of(told) if one.kind == "debt_case"]


def statements_of(told: Any) -> list[dict[str, Any]]:
    found = (one.data for one in facts_of(told) if one.kind == "claim_statement")
    return [KINDS["claim_statement"].load(one) for one in found]


# --- versions ----------------------------------------------------------------------------------

OLD_DEBT = {"bedrag": 1000, "peildatum": "2026-01-01", "soort": "Zorg", "zakelijkeSchuld": False}
OLD_DEBT |= {"schuldeiser": {"naam": "Zorg XYZ", "kvknummer": "87654321"}}
V0_9 = traject(
    client=[
        {
            "Burgerservicenummer": BSN,
            "leefsituatie": [
                {"datumGeldigVanaf": "2026-01-01", "schulden": [OLD_DEBT]},
                {
                    "datumGeldigVanaf": "2026-03-01",
                    "schulden": [OLD_DEBT, OLD_DEBT | {"bedrag": 7}],
                },
            ],
        }
    ],
    intake={"startdatum": "2026-05-02", "toelatingsbeschikking": "2026-05-15"},
)
V0_10 = traject(
    intake={
        "startdatum": "2026-05-02",
        "beschikkingsdatum": "2026-06-10",
        "beschikkingssoort": "Beeindigingsbeschikking",
    },
)


def test_debts_of_v0_9_stand_with_the_client_and_are_told_once() -> None:
    debts = [(one["open"], one["type"]) for one in statements_of(V0_9)]
    assert sorted(debts) == [(700, "zorg"), (100000, "zorg")]
    assert all("soort" not in debt for debt in cases_of(V0_9)[0]["details"]["schulden"])


def test_a_debt_that_is_twice_in_one_list_is_two_debts() -> None:
    twice = traject(
        client=[{"Burgerservicenummer": BSN, "leefsituatie": [{"schulden": [OLD_DEBT, OLD_DEBT]}]}]
    )
    assert len(statements_of(twice)) == 2


def test_the_admission_of_v0_9_becomes_a_decision() -> None:
    (case,) = cases_of(V0_9)
    assert case["details"]["intake"] == {
        "startdatum": "2026-05-02",
        "beschikkingsdatum": "2026-05-15",
        "beschikkingssoort": "Toelatingsbeschikking",
    }


def test_the_ending_of_v0_10_moves_to_the_outflow() -> None:
    (case,) = cases_of(V0_10)
    assert case["details"]["intake"] == {"startdatum": "2026-05-02"}
    assert case["details"]["uitstroom"] == {"datumBeeindigingsbeschikking": "2026-06-10"}
    assert (case["phase"], case["ends_on"].isoformat()) == ("uitstroom", "2026-06-10")


def test_a_day_that_the_outflow_has_goes_before_that_of_the_intake() -> None:
    told = V0_10 | {"uitstroom": {"datumBeeindigingsbeschikking": "2026-07-01"}}
    assert newest(told)["uitstroom"] == {"datumBeeindigingsbeschikking": "2026-07-01"}


@pytest.mark.parametrize(
    ("told", "version"),
    [(V0_9, "0.9"), (V0_10, "0.10"), (traject(), "1.0"), (None, "1.0"), ([], "1.0")],
)
def test_a_traject_shows_its_version(told: Any, version: str) -> None:
    assert version_of(told) == version
    assert version_of(newest(told)) == "1.0"


@needs_spec
@pytest.mark.parametrize("told", [V0_9, V0_10])
def test_what_was_old_is_valid_v1_0_when_written(told: Any) -> None:
    assert not schema_faults(model(traject_of(cases_of(told), "9999")))


def schema_faults(told: Any) -> list[str]:
    schema = json.loads((SPEC / "json_schema_Uitwisselmodel.json").read_text())
    return [one.message for one in Draft202012Validator(schema).iter_errors(told)]


# --- round trip --------------------------------------------------------------------------------

TEXT = some.text("abcdéë &'-12", max_size=30)
DAYS = some.dates().filter(lambda day: day.year > 1000).map(str)


def values(shape: Shape) -> some.SearchStrategy[Any]:
    """Return what may stand in a group of this shape, every field optional."""
    return some.fixed_dictionaries({}, optional={n: value(one) for n, one in shape.items()})


def value(shape: Any) -> some.SearchStrategy[Any]:
    if isinstance(shape, dict):
        return values(shape)
    if isinstance(shape, list):
        return some.lists(values(shape[0]), max_size=2)
    if isinstance(shape, tuple):
        return some.sampled_from(shape)
    plain = {"day": DAYS, "text": TEXT, "flag": some.booleans(), "euros": some.integers(0, 10**7)}
    return plain[shape]


WHOLE_DEBTS = some.lists(
    some.fixed_dictionaries(
        {"bedrag": some.integers(0, 10**7), "peildatum": DAYS},
        optional={
            "referentie": some.text("0123AB", min_size=1, max_size=8),
            **{n: value(one) for n, one in DEBT.items() if n not in ("bedrag", "peildatum")},
        },
    ),
    max_size=3,
)
CLIENTS = some.lists(
    some.fixed_dictionaries(
        {"Burgerservicenummer": some.sampled_from([BSN, OTHER, FAILS_ELFPROEF])},
        optional={
            "Geboortedatum": some.one_of(DAYS, some.sampled_from(["1980", "1980-05"])),
            "Geslachtsaanduiding": some.sampled_from(["Man", "Vrouw", "Onbekend", "Leeg"]),
            "Postcode": some.just("9999XX"),
            "Huisnummer": some.integers(1, 99).map(str),
            "Huisnummertoevoeging": some.sampled_from(["a", "bis"]),
        },
    ),
    min_size=1,
    max_size=2,
)
TRAJECTS = some.builds(
    lambda told, debts, clients: {**told, **traject(schulden=debts, client=clients)},
    values({name: one for name, one in TRAJECT.items() if name != "schulden"}),
    WHOLE_DEBTS,
    CLIENTS,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TRAJECTS)
def test_in_and_out_again_loses_no_known_field(told: dict[str, Any]) -> None:
    kept = [KINDS["debt_case"].dump(one) for one in cases_of(told)]
    assert traject_of(kept, "9999") == told


@needs_spec
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TRAJECTS)
def test_what_is_written_is_valid_v1_0(told: dict[str, Any]) -> None:
    assert not schema_faults(model(traject_of(cases_of(told), "9999")))


def test_a_case_of_another_system_is_written_from_its_own_days() -> None:
    case = {
        "person": {"bsn": BSN, "birth_date": None},
        "starts_on": "2026-05-01",
        "intake_on": "2026-05-09",
        "plan_on": None,
        "details": {},
    }
    assert traject_of([case], "9999") == traject(intake={"startdatum": "2026-05-09"})


def test_euros_stay_whole_and_cents_are_told() -> None:
    debt = {"bedrag": 120.0, "peildatum": "2026-09-01", "schuldeiser": {"postcode": "1234AB"}}
    told = traject(schulden=[debt], totaalSchuldbedragBijAanvangSchuld=500)
    (case,), (statement,) = cases_of(told), statements_of(told)
    assert (case["total"], case["unit"]) == (50000, 100)
    assert (statement["open"], statement["unit"]) == (12000, 100)
    assert statement["details"] == {**debt, "bedrag": 120}


def test_who_delivers_stays_with_the_case_without_its_contact_persons() -> None:
    told = {"(Statutaire) Naam": "Bank", "KvK-nummer": "11112222", "postcode": "1111AA"}
    (case,) = facts_of(traject(), told)
    assert case.data["organisation"] == "Bank"
    assert case.data["details"]["aanleverende_organisatie"] == told


def test_a_record_of_before_is_still_read() -> None:
    (case,) = facts_of(traject(), "Bank")
    assert case.data["organisation"] == "Bank"


def test_debts_that_are_too_many_for_one_case_stand_in_their_statements() -> None:
    debt = {"peildatum": "2026-09-01", "schuldeiser": {"naam": "x" * 150}}
    told = traject(schulden=[{**debt, "bedrag": number} for number in range(300)])
    (case,), statements = cases_of(told), statements_of(told)
    assert "schulden" not in case["details"]
    assert sorted(one["details"]["bedrag"] for one in statements) == list(range(300))


# --- what is odd, and what is wrong ------------------------------------------------------------


@pytest.mark.parametrize("more", [{"peildatum": None}, {"bedrag": None}, {"peildatum": ""}])
def test_a_debt_without_amount_or_day_stays_with_its_case(more: Any, folder: Folder) -> None:
    debt = {"bedrag": 5, "peildatum": "2026-05-01", "schuldsoort": "Zorg"}
    told = traject(schulden=[debt, debt | more])
    (statement,) = statements_of(told)
    assert statement["open"] == 500
    kept = {name: value for name, value in (debt | more).items() if value and name not in more}
    listed = cases_of(told)[0]["details"]["schulden"]
    assert listed[0] == debt
    assert listed[1].items() >= kept.items()
    folder.read(model(told))
    assert folder.warned[-1] == (
        "traject.schulden mist een bedrag of peildatum; die schuld staat bij het traject, maar "
        "telt niet mee in het overzicht."
    )


@pytest.mark.parametrize("absent", [{}, {"startdatum": None, "aanmelding": {"startdatum": None}}])
def test_a_case_begins_on_the_first_day_that_is_told(absent: Any, folder: Folder) -> None:
    told = traject(intake={"startdatum": "2026-05-02"}, nazorg={"startdatum": "2027-01-01"})
    del told["startdatum"]
    (case,) = cases_of(told | absent)
    assert case["starts_on"].isoformat() == "2026-05-02"
    folder.read(model(told | absent))
    assert (
        "traject.startdatum ontbreekt, en aanmelding.startdatum ook; de hub neemt "
        "intake.startdatum als eerste dag."
    ) in folder.warned


@pytest.mark.parametrize("bsn", [[], {}, ["a"], 7, True])
def test_a_number_of_another_kind_costs_its_own_traject_alone(bsn: Any, folder: Folder) -> None:
    odd, good = folder.read(model(traject(client=[{"Burgerservicenummer": bsn}]), traject()))
    with pytest.raises(RecordError):
        folder.connector().parse("cases", odd.raw)
    assert folder.connector().parse("cases", good.raw)


def test_null_in_a_client_is_told(folder: Folder) -> None:
    folder.read(model(traject(client=[{"Burgerservicenummer": BSN, "Postcode": None}])))
    assert folder.warned == [
        "traject.client.Postcode is leeg (null); laat het veld weg of vul het in."
    ]


def test_what_the_top_of_a_delivery_should_not_have_is_told(folder: Folder) -> None:
    folder.read(model(traject()) | {"$schema": "x", "title": "Uitwisselmodel"})
    assert folder.warned == ["De levering heeft velden die DDAS niet kent: '$schema', 'title'."]


def test_odd_fields_are_set_aside_and_the_rest_is_used() -> None:
    told = traject(
        einddatum=None,
        omschrijving=7,
        begeleiding=[{"soort": "Budgetcoaching", "einddatum": None}],
        intake={"startdatum": "2026-05-02", "beschikkingssoort": "Voorlopig"},
        uitstroom={"datum": "2026-06-30", "reden": "Zelfstandig verder"},
    )
    (case,) = cases_of(told)
    assert (case["phase"], case["end_reason"]) == ("uitstroom", "Zelfstandig verder")
    assert case["details"] == {
        "gemeentecode": "9999",
        "startdatum": "2026-05-01",
        "begeleiding": [{"soort": "Budgetcoaching"}],
        "intake": {"startdatum": "2026-05-02"},
        "uitstroom": {"datum": "2026-06-30"},
        "afwijkend": {
            "intake.beschikkingssoort": "Voorlopig",
            "uitstroom.reden": "Zelfstandig verder",
        },
    }


def test_part_of_a_birth_date_is_kept_as_told() -> None:
    client = {"Burgerservicenummer": BSN, "Geboortedatum": "1980-05"}
    person = cases_of(traject(client=[client]))[0]["person"]
    assert (person["birth_date"], person["birth_date_text"]) == (None, "1980-05")


def test_a_debt_of_an_unknown_sort_counts_as_another() -> None:
    debt = {"bedrag": 1, "peildatum": "2026-09-01", "schuldsoort": "Gas"}
    (statement,) = statements_of(traject(schulden=[debt]))
    assert statement["type"] == "overig"


DAY = "verwacht een datum als 2026-11-23"
FAULTS = {
    "list.json": ["traject is geen record (een groep velden)"],
    "no-client.json": ["traject.client ontbreekt; verwacht één of twee cliënten"],
    "three-clients.json": ["traject.client telt 3 cliënten; verwacht één of twee cliënten"],
    "bsn-as-number.json": [
        "traject.client.0.Burgerservicenummer is een getal; verwacht tekst van precies negen "
        "cijfers"
    ],
    "bsn-of-zeros.json": [
        "traject.client.0.Burgerservicenummer ontbreekt, en zonder geboortedatum en postcode is "
        "niemand te vinden"
    ],
    "millions.json": [
        "traject.schulden.0.bedrag is onmogelijk groot; verwacht een bedrag in hele euro's"
    ],
    "debts-in-two-places.json": ["traject.schulden is geen lijst"],
    "nobody.json": [
        "traject.client.0.Burgerservicenummer ontbreekt, en zonder geboortedatum en postcode is "
        "niemand te vinden"
    ],
    "bsn.json": [
        "traject.client.0.Burgerservicenummer is geen BSN: verwacht precies negen cijfers"
    ],
    "cents.json": [
        "traject.schulden.0.bedrag is '12.5'; verwacht een bedrag in hele euro's, als 120"
    ],
    "no-amount.json": [
        "traject.schulden.0.peildatum is 'vorig jaar'; verwacht een datum als 2026-11-23",
        "traject.schulden.0.bedrag is leeg (null); laat het veld weg of vul het in",
    ],
    "old-version.json": [
        "traject.schulden.0.bedrag is '10'; verwacht een bedrag in hele euro's, als 120"
    ],
    "two-faults.json": [
        f"traject.startdatum is '01-05-2026'; {DAY}",
        f"traject.uitstroom.datum is '2026-13-01'; {DAY}",
    ],
    "fault-beside-oddities.json": [
        "traject.gemeentecode is leeg; een waarde is verplicht",
        "traject.einddatum is leeg (null); laat het veld weg of vul het in",
        "traject.intake.beschikkingssoort is 'Voorlopig'; bekend zijn: "
        "Afwijzingsbeschikking, Toelatingsbeschikking",
        "traject.uitstroom.reden is 'Zelfstandig verder'; bekend zijn: Afgerond, Ingetrokken, "
        "Niet passend, Nietverschenen, Overig, Overleden, Verhuisd, Voldoet niet, Zelf",
    ],
}


def test_every_bad_file_has_its_sentence() -> None:
    assert {path.name for path in BAD.iterdir()} == set(FAULTS)
    for name, wanted in FAULTS.items():
        with pytest.raises(RecordError) as told:
            facts_of(json.loads((BAD / name).read_text()))
        assert sorted(told.value.problems) == sorted(wanted), name


@given(
    some.recursive(
        some.none() | some.booleans() | some.integers() | some.text(max_size=5),
        lambda inner: (
            some.lists(inner, max_size=3)
            | some.dictionaries(some.sampled_from([*TRAJECT, "client", "soort"]), inner, max_size=6)
        ),
        max_leaves=20,
    )
)
def test_no_traject_however_odd_breaks_the_reader(told: Any) -> None:
    _, flaws = sift(told, SHAPE)
    assert all(flaw.problem for flaw in flaws)
    with suppress(RecordError):
        facts_of(told)


# --- rules as warnings -------------------------------------------------------------------------


class Folder:
    """A folder with a delivery, and what reading it brings and warns."""

    def __init__(self, path: Path, clock: FrozenClock) -> None:
        self.path, self.clock = path, clock
        self.warned: list[str] = []

    def connector(self) -> DebtHelpConnector:
        context = Context(
            clock=self.clock,
            municipality="9999",
            pseudonym=pseudonym,
            warn=self.warned.append,
        )
        config = DebtHelpConfig().load({"transport": "folder", "folder": str(self.path)})
        return DebtHelpConnector(config, context)

    def read(self, told: Any) -> list[Record]:
        (self.path / "levering.json").write_text(json.dumps(told))
        batches = list(self.connector().read("cases", None))
        assert batches[-1].complete
        return [record for batch in batches for record in batch.records]


@pytest.fixture
def folder(tmp_path: Path, clock: FrozenClock) -> Folder:
    return Folder(tmp_path, clock)


def test_a_sound_delivery_gives_no_warning(folder: Folder) -> None:
    assert (
        len(
            folder.read(
                model(
                    traject(),
                    traject(startdatum="2026-10-01", client=[{"Burgerservicenummer": OTHER}]),
                )
            )
        )
        == 2
    )
    assert folder.warned == []


def test_a_saved_answer_is_read_as_well(folder: Folder) -> None:
    assert len(folder.read({"gegevens": model(traject())})) == 1


BOTH = "DDAS verwacht dezelfde dag."


@pytest.mark.parametrize(
    ("told", "warning"),
    [
        (
            {"toekenningsdatum": "2026-05-05", "schuldregeling": {"toegekend": "2026-06-20"}},
            f"traject.toekenningsdatum en schuldregeling.toegekend verschillen; {BOTH}",
        ),
        (
            {"einddatum": "2026-06-01", "uitstroom": {"datum": "2026-06-02"}},
            f"traject.einddatum en uitstroom.datum verschillen; {BOTH}",
        ),
        (
            {
                "einddatum": "2026-06-01",
                "uitstroom": {"datumBeeindigingsbeschikking": "2026-06-02"},
            },
            f"traject.einddatum en uitstroom.datumBeeindigingsbeschikking verschillen; {BOTH}",
        ),
        (
            {"intake": {"einddatum": "2026-06-01", "beschikkingsdatum": "2026-06-02"}},
            f"traject.intake.einddatum en intake.beschikkingsdatum verschillen; {BOTH}",
        ),
        (
            {"schuldregeling": {"dwangakkoord": True}},
            "traject.schuldregeling.dwangakkoord is true zonder toegekend; DDAS verwacht dan een "
            "dag bij toegekend.",
        ),
        (
            {
                "schulden": [
                    {
                        "bedrag": 1,
                        "peildatum": "2026-01-01",
                        "schuldeiser": {"naam": "A", "Naam": "B"},
                    }
                ]
            },
            "traject.schulden.schuldeiser.naam en Naam verschillen; de hub gebruikt naam.",
        ),
        (
            {"client": [{"Burgerservicenummer": FAILS_ELFPROEF}]},
            "traject.client.Burgerservicenummer voldoet niet aan de elfproef; het staat als niet "
            "gecontroleerd in het overzicht.",
        ),
        (
            {"client": [{"Postcode": "9999XX", "Huisnummer": "1"}]},
            "traject.client heeft geen BSN, en ook niet alle vier: geboortedatum, geslacht, "
            "postcode en huisnummer.",
        ),
        (
            {"client": [{"Burgerservicenummer": BSN, "Geslachtsaanduiding": "M"}]},
            "traject.client.Geslachtsaanduiding is niet Man, Vrouw, Onbekend of Leeg.",
        ),
        ({"startdatum": "2027-01-01"}, "Een traject valt buiten de periode van de levering."),
        ({"einddatum": "2025-12-31"}, "Een traject valt buiten de periode van de levering."),
        ({"gemeentecode": "0001"}, "Een traject is van een andere gemeente dan deze."),
        (
            {"einddatum": None},
            "traject.einddatum is leeg (null); laat het veld weg of vul het in; het traject is "
            "zonder dit veld gebruikt.",
        ),
        (
            {"begeleiding": [{"soort": "Coach"}]},
            "traject.begeleiding.soort is 'Coach'; bekend zijn: Beschermingsbewind, "
            "Budgetbegeleiding, Budgetbeheer, Budgetcoaching, Lange Termijn Begeleiding (DFD); het "
            "traject is zonder dit veld gebruikt.",
        ),
    ],
)
def test_a_broken_rule_is_a_warning_and_the_case_is_kept(
    folder: Folder, told: dict[str, Any], warning: str
) -> None:
    (record,) = folder.read(model(traject(**told)))
    assert folder.connector().parse("cases", record.raw)
    assert folder.warned == [warning]


def test_older_words_are_told(folder: Folder) -> None:
    folder.read(model(V0_9))
    assert folder.warned == ["Een traject is geschreven in DDAS v0.9; de hub zet het om naar v1.0."]


def organisation(**more: Any) -> Callable[[dict[str, Any]], None]:
    def change(told: dict[str, Any]) -> None:
        told["leveringen"][0]["aanleverende_organisatie"] = more

    return change


def second_delivery(teller: int) -> Callable[[dict[str, Any]], None]:
    def change(told: dict[str, Any]) -> None:
        first = told["leveringen"][0]
        told["leveringen"].append({**first, "teller": teller, "schuldhulptrajecten": []})

    return change


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        (
            lambda told: told.pop("codeGegevensleverancier"),
            "De levering mist codeGegevensleverancier; DDAS v1.0 verplicht dat.",
        ),
        (
            lambda told: told.update(codeGegevensleverancier="Leverancier"),
            "codeGegevensleverancier noemt geen leverancier met een versienummer.",
        ),
        (
            organisation(**{"gemeentecode": "9999", "KvK-nummer": "12345678"}),
            "aanleverende_organisatie heeft een gemeentecode en een KvK-nummer; DDAS verwacht "
            "alleen de gemeentecode bij een gemeente, en anders alleen het KvK-nummer.",
        ),
        (
            organisation(),
            "aanleverende_organisatie heeft geen gemeentecode en geen KvK-nummer.",
        ),
        (
            second_delivery(3),
            "De leveringen zijn niet genummerd met teller 1, 2, 3 en verder.",
        ),
    ],
)
def test_a_rule_about_the_delivery_is_a_warning(
    folder: Folder, change: Callable[[dict[str, Any]], None], warning: str
) -> None:
    told = model(traject())
    change(told)
    assert len(folder.read(told)) == 1
    assert folder.warned == [warning]


def test_trajects_of_two_places_in_one_delivery_are_told(folder: Folder) -> None:
    other = traject(gemeentecode="Onbekend", client=[{"Burgerservicenummer": OTHER}])
    folder.read(model(traject(), other))
    assert folder.warned == ["In één levering staan trajecten van verschillende gemeenten."]


def test_two_trajects_at_once_of_one_client_are_told(folder: Folder) -> None:
    folder.read(
        model(
            traject(einddatum="2026-06-01"),
            traject(startdatum="2026-06-02", einddatum="2026-07-01"),
            traject(startdatum="2026-06-15"),
        )
    )
    assert folder.warned == [
        "Een cliënt heeft twee trajecten tegelijk; CBS telt die als één traject."
    ]


def test_spans_merge_as_the_statistics_office_counts_them() -> None:
    told = [
        ("2020-01-01", "2020-12-31"),
        ("2023-12-01", "2023-12-20"),
        ("2023-12-15", "9999"),
        ("2023-12-15", "2024-01-15"),
        ("2024-01-10", "9999"),
    ]
    assert merged(told) == [("2020-01-01", "2020-12-31"), ("2023-12-01", "9999")]


# --- a folder, and the hub ---------------------------------------------------------------------


def test_a_folder_without_a_delivery_says_so(folder: Folder) -> None:
    with pytest.raises(PermanentError) as told:
        list(folder.connector().read("cases", None))
    assert told.value.user.startswith("In de map met leveringen staat geen bestand *.json.")


def test_a_delivery_of_v0_8_is_refused_in_words(folder: Folder) -> None:
    with pytest.raises(PermanentError) as told:
        folder.read({"aanleverperiodeStartdatum": "2023-01-01", "schuldhulptrajecten": []})
    assert told.value.user == (
        "Het bestand is geschreven in DDAS v0.8: schuldhulptrajecten staat los, en niet in "
        "leveringen. De hub leest v0.9, v0.10 en v1.0. Er is niets afgesloten of verwijderd. Vraag "
        "de leverancier om een levering in DDAS v1.0."
    )


@pytest.fixture
def hub(tmp_path: Path, clock: FrozenClock) -> Hub:
    home = tmp_path / "instance"
    plugins_ = load_plugins(extra=[plugins.debt_help], discover=False)
    made = open_hub(
        home, overrides={"municipality": "9999", "demo": True}, clock=clock, plugins=plugins_
    )
    config = {"transport": "folder", "folder": str(tmp_path)}
    values = {"name": "shv", "title": "SHV", "connector": "debt_help", "owner": "stad"}
    save_source(made, {**values, "config": config})
    return made


def test_the_administrator_reads_the_warnings_with_the_run(
    hub: Hub, tmp_path: Path, clock: FrozenClock
) -> None:
    odd = [
        traject(einddatum=None, startdatum=f"2026-0{month}-01", client=[{"Burgerservicenummer": b}])
        for month, b in ((3, BSN), (4, OTHER))
    ]
    wrong = traject(client=None)
    (tmp_path / "levering.json").write_text(json.dumps(model(*odd, wrong)))
    (outcome,) = sync_source(hub, find_source(hub, "shv"))
    warning = (
        "traject.einddatum is leeg (null); laat het veld weg of vul het in; het traject is zonder "
        "dit veld gebruikt. (2 keer)"
    )
    assert (outcome.status, outcome.applied, outcome.rejected) == ("partly", 2, 1)
    with hub.reader.connect() as connection:
        assert connection.execute(select(run.c.message)).scalar_one() == warning
        assert len(connection.execute(select(debt_case.c.id)).all()) == 2
    clock.move(minutes=1)
    (again,) = sync_source(hub, find_source(hub, "shv"))
    assert (again.unchanged, again.rejected, again.message) == (2, 1, warning)


def test_a_connection_test_tells_what_is_odd_about_the_first_traject(folder: Folder) -> None:
    folder.read(model(traject(einddatum=None)))
    (step,) = folder.connector().check()
    assert (step.name, step.ok) == ("Proefrecord", True)
    assert "Let op: traject.einddatum is leeg (null)" in step.message
