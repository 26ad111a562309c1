"""Debt help: whole deliveries as suppliers leave them, sound, old, or broken in part."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import select

import plugins.debt_help
from hub.clock import FrozenClock
from hub.connector import PermanentError
from hub.core import Hub, open_hub
from hub.plugins import load_plugins
from hub.reconcile import reconcile
from hub.store import claim, claim_statement, debt_case, reject, resident, run
from hub.sync.inbound import Outcome, sync_source
from hub.sync.sources import connect, find_source, save_source
from plugins.debt_help.facts import CaseRecords, parse_case, shape_with
from plugins.debt_help.messages import Loose, birth_date, traject_schema
from plugins.debt_help.pages import read_file
from plugins.debt_help.rules import municipality_code
from plugins.debt_help.versions import newest, version_of
from plugins.debt_help.writing import traject_of
from schemas import KINDS

BAD = Path(__file__).parent / "bad" / "debt_help_deliveries"
SPEC = Path(__file__).parents[3] / "shared" / "specs" / "ddas-shv-v1.0"
BSN, OTHER, FAILS_ELFPROEF = "999990019", "999990020", "999990001"
KEPT = "Er is niets afgesloten of verwijderd."
BANK = {"(Statutaire) Naam": "Kredietbank", "KvK-nummer": "11112222"}
GUARDIAN = {"(Statutaire) Naam": "Bewindvoerder", "KvK-nummer": "22223333"}
DEBT = {
    "bedrag": 1000,
    "peildatum": "2026-05-01",
    "schuldsoort": "Zorg",
    "schuldeiser": {"naam": "Zorgfonds", "kvknummer": "99990009"},
}

needs_spec = pytest.mark.skipif(not SPEC.is_dir(), reason="the DDAS specification is not here")


def traject(bsn: str = BSN, **more: Any) -> dict[str, Any]:
    return {
        "gemeentecode": "9999",
        "startdatum": "2026-05-01",
        "client": [{"Burgerservicenummer": bsn}],
        **more,
    }


def levering(organisation: Any, *trajects: Any, teller: int = 1) -> dict[str, Any]:
    return {
        "teller": teller,
        "aanleverende_organisatie": organisation,
        "schuldhulptrajecten": list(trajects),
    }


def model(*leveringen: Any, **more: Any) -> dict[str, Any]:
    return {
        "startdatumLevering": "2026-01-01",
        "einddatumLevering": "2026-11-23",
        "aanleverdatumEnTijd": "2026-11-23T09:00:00+01:00",
        "codeGegevensleverancier": "Proef 1.0",
        "leveringen": list(leveringen),
        **more,
    }


class Desk:
    """A hub with folders in which suppliers leave files, and what an administrator reads there."""

    def __init__(self, path: Path, clock: FrozenClock) -> None:
        self.path = path
        self.hub: Hub = open_hub(
            path / "instance",
            overrides={"municipality": "9999", "demo": True},
            clock=clock,
            plugins=load_plugins(extra=[plugins.debt_help], discover=False),
        )

    def put(self, source: str, told: Any, name: str = "levering.json", age: int = 0) -> None:
        """Leave a file in the folder of a source, `age` seconds ago."""
        folder = self.path / source
        if not folder.exists():
            folder.mkdir()
            config = {"transport": "folder", "folder": str(folder)}
            values = {"name": source, "title": source, "connector": "debt_help", "owner": source}
            save_source(self.hub, {**values, "config": config})
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        (folder / name).write_bytes(body)
        os.utime(folder / name, (10**9 - age, 10**9 - age))

    def sync(self, source: str = "shv") -> Outcome:
        (outcome,) = sync_source(self.hub, find_source(self.hub, source))
        return outcome

    def read(self, told: Any, source: str = "shv") -> Outcome:
        self.put(source, told)
        return self.sync(source)

    def rows(self, *columns: Any) -> list[tuple[Any, ...]]:
        with self.hub.reader.connect() as connection:
            return [tuple(row) for row in connection.execute(select(*columns))]


@pytest.fixture
def desk(tmp_path: Path, clock: FrozenClock) -> Desk:
    return Desk(tmp_path, clock)


def parsed(told: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the cases and the statements of a traject, as the hub keeps them."""
    raw = json.dumps({"key": "k", "organisatie": {}, "traject": told}).encode()
    schema = traject_schema("referentie", strict_bsn=False)
    facts = parse_case(raw, schema, shape_with("referentie"), lambda text: str(len(text)))
    loaded = [(one.kind, KINDS[one.kind].load(one.data)) for one in facts]
    return tuple(  # type: ignore[return-value]
        [data for kind, data in loaded if kind == wanted]
        for wanted in ("debt_case", "claim_statement")
    )


# --- files that are no delivery ----------------------------------------------------------------

NO_JSON = "Het bestand is geen geldige JSON, of is afgebroken: fout op"
NO_MODEL = "Het bestand heeft niet de vorm van DDAS v1.0: bestand"
MEND = f"{KEPT} Vraag de leverancier om het bestand te herstellen."
COMMA = "(een komma voor een sluithaakje; haal die komma weg)"
LIST = "leveringen.0.schuldhulptrajecten ontbreekt"
FILES = {
    "trailing-comma.json": f"{NO_JSON} regel 20, teken 7 {COMMA}. {MEND}",
    "trailing-comma-in-list.json": f"{NO_JSON} regel 23, teken 4 {COMMA}. {MEND}",
    "two-documents.json": (
        f"{NO_JSON} regel 27, teken 1 (daar begint nog iets; een bestand bevat één levering). "
        f"{MEND}"
    ),
    "cut-off.json": (
        f"{NO_JSON} regel 8, teken 4 (de tekst die daar begint, houdt niet op; de rest ontbreekt). "
        f"{MEND}"
    ),
    "no-comma.json": (
        f"{NO_JSON} regel 3, teken 2 (daar hoort een komma of een sluithaakje). {MEND}"
    ),
    "latin-1.json": (
        "Het bestand is geen leesbare tekst (UTF-8): regel 10 bevat een teken in een andere "
        f"codering. {MEND}"
    ),
    "not-a-number.json": f"Het bestand is JSON met NaN, en dat is geen getal. {MEND}",
    "v0.8.json": (
        "Het bestand is geschreven in DDAS v0.8: schuldhulptrajecten staat los, en niet in "
        f"leveringen. De hub leest v0.9, v0.10 en v1.0. {KEPT} Vraag de leverancier om een "
        "levering in DDAS v1.0."
    ),
    "early-signals.json": (
        f"{NO_MODEL}.{LIST}; er staan vroegsignalen: lees die als Vroegsignalering (DDAS). {MEND}"
    ),
    "misspelt-list.json": (
        f"{NO_MODEL}.{LIST}; wel staat er 'SchuldhulpTrajecten'; verwacht een lijst "
        f"van trajecten. {MEND}"
    ),
    "no-levering.json": f"{NO_MODEL}.leveringen is een lege lijst. {MEND}",
    "one-levering-as-group.json": f"{NO_MODEL}.leveringen is geen lijst. {MEND}",
    "list-of-deliveries.json": f"{NO_MODEL} is geen record (een groep velden). {MEND}",
    "moment-without-zone.json": (
        f"{NO_MODEL}.aanleverdatumEnTijd is '2026-11-23T09:00:00'; verwacht een tijdstip als "
        f"2026-11-23T10:00:00+01:00. {MEND}"
    ),
}


def test_every_bad_delivery_has_its_sentence() -> None:
    assert {path.name for path in BAD.iterdir()} == set(FILES)
    for name, wanted in FILES.items():
        with pytest.raises(PermanentError) as told:
            read_file((BAD / name).read_bytes())
        assert told.value.user == wanted, name


@pytest.mark.parametrize("name", ["early-signals.json", "trailing-comma.json", "v0.8.json"])
def test_a_delivery_of_another_kind_never_looks_like_no_debt_help(
    desk: Desk, clock: FrozenClock, name: str
) -> None:
    desk.read(model(levering(BANK, traject())))
    clock.move(minutes=1)
    outcome = desk.read((BAD / name).read_bytes())
    assert (outcome.status, outcome.message, outcome.removed) == ("failed", FILES[name], 0)
    assert len(desk.rows(debt_case.c.id)) == 1


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('{"a" 1}', "fout op regel 1, teken 6 (daar hoort een dubbele punt)"),
        (
            "{'a': 1}",
            "fout op regel 1, teken 2 (daar hoort een naam tussen dubbele aanhalingstekens)",
        ),
        ('{\n"a": ja}', "fout op regel 2, teken 6"),
        ('{"a": "b\nc"}', "fout op regel 1, teken 9 (een tab of regeleinde midden in een tekst)"),
        ('{"a": "\\q"}', "fout op regel 1, teken 8 (een backslash die niets betekent)"),
        ("  \n", "fout op regel 2, teken 1 (het is leeg)"),
    ],
)
def test_where_json_breaks_is_told_without_what_stood_there(body: str, why: str) -> None:
    with pytest.raises(PermanentError) as told:
        read_file(body.encode())
    assert told.value.user == f"Het bestand is geen geldige JSON, of is afgebroken: {why}. {MEND}"


def test_a_file_with_a_byte_order_mark_is_read(desk: Desk) -> None:
    outcome = desk.read(b"\xef\xbb\xbf" + json.dumps(model(levering(BANK, traject()))).encode())
    assert (outcome.status, outcome.applied) == ("succeeded", 1)


# --- a levering that is wrong among others that are not ----------------------------------------


def test_a_faulty_levering_costs_itself_alone(desk: Desk, clock: FrozenClock) -> None:
    """What was known of the faulty one stays, as it is not known to be gone."""
    good = model(levering(BANK, traject()), levering(GUARDIAN, traject(OTHER), teller=2))
    desk.read(good)
    clock.move(minutes=1)
    ended = traject(einddatum="2026-11-01")
    bad = model(levering(BANK, ended), levering(GUARDIAN, teller=2), "tekst")
    bad["leveringen"][1]["schuldhulptrajecten"] = {"0": traject(OTHER)}
    outcome = desk.read(bad)
    assert (outcome.status, outcome.applied, outcome.removed) == ("failed", 1, 0)
    assert outcome.message == (
        "Een deel van de levering is niet te lezen: bestand.leveringen.1.schuldhulptrajecten is "
        "geen lijst; bestand.leveringen.2 is geen record (een groep velden). De rest is bruikbaar. "
        f"{KEPT} Vraag de leverancier om dit te herstellen."
    )
    now = desk.rows(debt_case.c.organisation, debt_case.c.phase)
    assert {("Kredietbank", "uitstroom"), ("Bewindvoerder", "aanmelding")} <= set(now)


def test_a_connection_test_tells_of_a_faulty_levering(desk: Desk) -> None:
    desk.put("shv", model(levering(BANK, traject()), 7))
    (step,) = connect(desk.hub, find_source(desk.hub, "shv")).check()
    assert not step.ok
    assert step.message.startswith(
        "Een deel van de levering is niet te lezen: bestand.leveringen.1 is geen record"
    )


@pytest.mark.parametrize("organisation", [None, [], "Kredietbank", {"(Statutaire) Naam": 7}])
def test_an_odd_organisation_costs_no_traject(desk: Desk, organisation: Any) -> None:
    outcome = desk.read(model(levering(organisation, traject())))
    assert (outcome.status, outcome.applied) == ("succeeded", 1)
    assert desk.rows(debt_case.c.organisation) == [("",)]


def test_a_levering_that_names_no_trajects_has_none(desk: Desk) -> None:
    empty = levering(GUARDIAN, teller=2)
    del empty["schuldhulptrajecten"]
    outcome = desk.read(model(levering(BANK, traject()), empty))
    assert (outcome.status, outcome.message) == (
        "succeeded",
        "Een levering noemt geen schuldhulptrajecten; de hub leest dat als: geen.",
    )


def test_a_traject_that_is_rejected_is_told_with_its_place(desk: Desk) -> None:
    nobody = traject(startdatum="2026-06-01")
    del nobody["client"]
    outcome = desk.read(
        model(levering(BANK, traject()), levering(GUARDIAN, traject(OTHER), nobody, teller=2))
    )
    assert (outcome.status, outcome.applied, outcome.rejected) == ("partly", 2, 1)
    assert desk.rows(reject.c.reasons) == [
        (["leveringen.1.schuldhulptrajecten.1.client ontbreekt; verwacht één of twee cliënten"],)
    ]


# --- samenloop: two organisations about one resident -------------------------------------------


def test_two_sources_about_one_resident_stand_side_by_side(desk: Desk) -> None:
    desk.read(model(levering(BANK, traject(schulden=[DEBT]))), "bank")
    desk.read(model(levering(GUARDIAN, traject(schulden=[DEBT]), teller=2)), "bewind")
    assert_side_by_side(desk)


def test_two_leveringen_about_one_resident_stand_side_by_side(desk: Desk) -> None:
    told = traject(schulden=[DEBT])
    desk.read(model(levering(BANK, told), levering(GUARDIAN, told, teller=2)))
    assert_side_by_side(desk)


def assert_side_by_side(desk: Desk) -> None:
    """One resident with two cases that begin on the same day, and one claim told twice."""
    reconcile(desk.hub)
    assert sorted(desk.rows(debt_case.c.organisation)) == [("Bewindvoerder",), ("Kredietbank",)]
    assert len(desk.rows(resident.c.id)) == 1
    assert len(desk.rows(claim.c.id)) == 1
    assert desk.rows(claim_statement.c.open) == [(100000,), (100000,)]


OWN_FOLDER = (
    "Het nieuwste bestand in de map is van 'Bewindvoerder', het vorige van 'Kredietbank'. De hub "
    f"leest per bron alleen de nieuwste levering. {KEPT} Geef elke organisatie een eigen map en "
    "een eigen bron. Gaat het om dezelfde organisatie, haal dan de oudere bestanden uit de map."
)


def test_two_organisations_in_one_folder_do_not_overwrite_each_other(
    desk: Desk, clock: FrozenClock
) -> None:
    desk.put("shv", model(levering(BANK, traject())), "1.json", age=9)
    desk.sync()
    clock.move(minutes=1)
    desk.put("shv", {"gegevens": model(levering(GUARDIAN, traject()))}, "2.json")
    outcome = desk.sync()
    assert (outcome.status, outcome.message) == ("failed", OWN_FOLDER)
    assert desk.rows(debt_case.c.organisation) == [("Kredietbank",)]


@pytest.mark.parametrize(
    "before",
    [
        model(levering(BANK | {"KvK-nummer": "1"}, traject())),
        model(levering(BANK | {"(Statutaire) Naam": "Vroeger heette zij anders"}, traject())),
        model(levering(GUARDIAN), levering(BANK, teller=2)),
        model(levering({})),
        model(leveringen=7),
        [],
        b"{",
    ],
)
def test_an_older_file_that_may_be_of_the_same_organisation_is_no_matter(
    desk: Desk, before: Any
) -> None:
    desk.put("shv", before, "1.json", age=9)
    desk.put("shv", model(levering(BANK, traject())), "2.json")
    assert desk.sync().status == "succeeded"


def test_a_municipality_is_known_by_its_code_in_any_form(desk: Desk) -> None:
    desk.put("shv", model(levering({"gemeentecode": "GM9999"})), "1.json", age=9)
    desk.put("shv", model(levering({"gemeentecode": "9999"}, traject())), "2.json")
    assert desk.sync().status == "succeeded"


def test_the_same_traject_of_two_organisations_is_no_list_that_moved() -> None:
    records = CaseRecords(str)
    records.make(1, BANK, traject())
    records.make(2, GUARDIAN, traject())
    assert not records.moved
    records.make(3, GUARDIAN, traject())
    assert records.moved


# --- what a traject may bring along ------------------------------------------------------------


@pytest.mark.parametrize("told", ["GM363", "gm0363", "363", "0363", " 0363 ", 363])
def test_a_municipality_code_has_one_form(told: Any) -> None:
    assert municipality_code(told) == "0363"


@pytest.mark.parametrize("told", ["Onbekend", "GM", "12345", "GM-1"])
def test_what_is_no_municipality_code_stays_as_it_is(told: str) -> None:
    assert municipality_code(told) == told


def test_the_code_of_our_own_municipality_gives_no_warning(desk: Desk) -> None:
    assert desk.read(model(levering(BANK, traject(gemeentecode="GM9999")))).message is None
    assert desk.rows(debt_case.c.details)[0][0]["gemeentecode"] == "GM9999"


GRANTED = {"startdatum": "2026-05-02", "beschikkingssoort": "Toewijzingsbeschikking"}


def test_the_earlier_word_for_an_admission_is_understood(desk: Desk) -> None:
    outcome = desk.read(model(levering(BANK, traject(intake=GRANTED))))
    assert outcome.message == (
        "traject.intake.beschikkingssoort is 'Toewijzingsbeschikking', het woord van een eerdere "
        "v0.10; de hub leest dat als Toelatingsbeschikking."
    )
    ((details,),) = desk.rows(debt_case.c.details)
    assert details["intake"]["beschikkingssoort"] == "Toelatingsbeschikking"
    assert version_of(traject(intake=GRANTED)) == "1.0"


@pytest.mark.parametrize("end", [None, {}, {"reden": "Zelf"}])
@pytest.mark.parametrize("word", ["Beeindigingsbeschikking", "Beëindigingsbeschikking"])
def test_an_ending_moves_to_an_outflow_that_is_empty_too(end: Any, word: str) -> None:
    told = traject(
        intake={"beschikkingsdatum": "2026-06-10", "beschikkingssoort": word}, uitstroom=end
    )
    made = newest(told)
    assert made["intake"] == {}
    assert made["uitstroom"] == {"datumBeeindigingsbeschikking": "2026-06-10"} | (end or {})


def old(*debts: Any) -> list[dict[str, Any]]:
    """Return a client of v0.9 with these debts in a leefsituatie."""
    return [{"Burgerservicenummer": BSN, "leefsituatie": [{"schulden": list(debts)}]}]


def in_old_words(**more: Any) -> dict[str, Any]:
    told = {**DEBT, **more}
    told["soort"] = told.pop("schuldsoort")
    return told


@pytest.mark.parametrize("own", [None, []])
def test_debts_of_a_client_count_when_the_traject_has_none(own: Any) -> None:
    _, statements = parsed(traject(client=old(in_old_words()), schulden=own))
    assert [(one["open"], one["type"]) for one in statements] == [(100000, "zorg")]


def test_debts_of_traject_and_client_are_all_told_and_each_once() -> None:
    told = traject(client=old(in_old_words(), in_old_words(bedrag=7)), schulden=[DEBT])
    _, statements = parsed(told)
    assert sorted(one["open"] for one in statements) == [700, 100000]


def test_the_older_name_of_a_sort_is_understood_with_the_traject_as_well(desk: Desk) -> None:
    _, (statement,) = parsed(traject(schulden=[in_old_words()]))
    assert statement["type"] == "zorg"
    both = DEBT | {"soort": "Nuts"}
    _, (statement,) = parsed(traject(schulden=[both]))
    assert statement["type"] == "zorg"
    assert desk.read(model(levering(BANK, traject(schulden=[both])))).message == (
        "traject.schulden.soort hoort daar niet in DDAS v1.0 en is niet gebruikt."
    )


def test_a_field_in_a_wrong_place_is_told_once_and_an_unknown_one_by_the_hub(desk: Desk) -> None:
    told = traject(
        begeleiding=[{"soort": "Budgetcoaching", "datum": "2026-05-01"}] * 2,
        nazorg={"reden": "Zelf"},
        kleur="blauw",
        client=[{"Burgerservicenummer": BSN, "gemeentecode": "9999"}],
    )
    message = desk.read(model(levering(BANK, told))).message or ""
    assert "De bron stuurt velden die de koppeling niet kent: kleur." in message
    for path in ("begeleiding.datum", "nazorg.reden", "client.gemeentecode"):
        text = f"traject.{path} hoort daar niet in DDAS v1.0 en is niet gebruikt."
        assert message.count(text) == 1
        assert f"{text} (" not in message


LONG = "Cliënt heeft alles zelf geregeld en kan zonder hulp verder. " * 5


@pytest.mark.parametrize("reason", ["Zelfstandig verder", LONG, 7, ["Zelf"], None])
def test_no_reason_costs_the_traject(desk: Desk, reason: Any) -> None:
    told = traject(
        uitstroom={"datum": "2026-06-30", "reden": reason},
        oplossing={"soort": reason},
        schulden=[DEBT | {"schuldsoort": reason, "schuldeiser": {"naam": reason}}],
    )
    outcome = desk.read(model(levering(BANK, told)))
    assert (outcome.status, outcome.applied) == ("succeeded", 1)
    assert "traject.uitstroom.reden is " in (outcome.message or "")
    ((phase, end_reason, details),) = desk.rows(
        debt_case.c.phase, debt_case.c.end_reason, debt_case.c.details
    )
    assert phase == "uitstroom"
    if isinstance(reason, str):
        assert end_reason == reason[:100].strip()
        assert details["afwijkend"]["uitstroom.reden"] == reason


@pytest.mark.parametrize(
    ("client", "warning"),
    [
        (
            {"Geboortedatum": "23-11-1980"},
            "traject.client.Geboortedatum is geen datum als 1980-11-23, ook niet voor een deel; de "
            "cliënt is zonder dit veld gebruikt.",
        ),
        (
            {"Postcode": "SW1A 1AA"},
            "traject.client.Postcode is geen tekst van hoogstens 7 tekens; de cliënt is zonder dit "
            "veld gebruikt.",
        ),
        (
            {"Huisnummertoevoeging": ["a"]},
            "traject.client.Huisnummertoevoeging is geen tekst van hoogstens 10 tekens; de cliënt "
            "is zonder dit veld gebruikt.",
        ),
        (
            {"Geslachtsaanduiding": "Niet gespecificeerd"},
            "traject.client.Geslachtsaanduiding is geen tekst van hoogstens 10 tekens; de cliënt "
            "is zonder dit veld gebruikt. traject.client.Geslachtsaanduiding is niet Man, Vrouw, "
            "Onbekend of Leeg.",
        ),
        ({"Huisnummer": 12}, None),
    ],
)
def test_an_odd_field_of_a_client_with_a_bsn_costs_itself_alone(
    desk: Desk, client: dict[str, Any], warning: str | None
) -> None:
    outcome = desk.read(
        model(levering(BANK, traject(client=[{"Burgerservicenummer": BSN, **client}])))
    )
    assert (outcome.status, outcome.message) == ("succeeded", warning)


def test_a_number_of_zeros_is_nobody(desk: Desk) -> None:
    """As a BSN it would make one resident of all who have it."""
    somewhere = {
        "Burgerservicenummer": "000000000",
        "Geboortedatum": "1980-05-01",
        "Geslachtsaanduiding": "Man",
        "Postcode": "9999XX",
        "Huisnummer": "1",
    }
    outcome = desk.read(model(levering(BANK, traject(client=[somewhere]))))
    assert (outcome.status, outcome.message) == (
        "succeeded",
        "traject.client.Burgerservicenummer is alleen nullen; de cliënt is zonder dit nummer "
        "gebruikt.",
    )
    (case,), _ = parsed(traject(client=[somewhere]))
    assert (case["person"]["bsn"], case["person"]["postcode"]) == (None, "9999XX")


def test_a_total_that_is_impossibly_large_is_set_aside(desk: Desk) -> None:
    outcome = desk.read(
        model(levering(BANK, traject(totaalSchuldbedragBijAanvangSchuld=30_000_000)))
    )
    assert (outcome.status, outcome.applied) == ("succeeded", 1)
    assert "totaalSchuldbedragBijAanvangSchuld is '…'; verwacht" in (outcome.message or "")


@pytest.mark.parametrize(
    ("told", "kept"), [("a ", "a"), (12, "12"), (True, ""), (1.5, ""), ("x" * 11, ""), (None, None)]
)
def test_loose_text_is_kept_where_it_is_text(told: Any, kept: str | None) -> None:
    assert Loose(most=10).deserialize(told) == kept


@pytest.mark.parametrize("told", [None, 7, "", "gisteren", "1980-13-01", []])
def test_an_unreadable_birth_date_is_none(told: Any) -> None:
    assert birth_date(told) is None


# --- a whole delivery with the traits of published examples ------------------------------------


def every_trait() -> dict[str, Any]:
    """Return a delivery with null days, words of older versions and numbers that fail."""
    intake = {**GRANTED, "einddatum": "2026-05-20", "beschikkingsdatum": "2026-05-15"}
    running = traject(
        FAILS_ELFPROEF,
        einddatum=None,
        gemeentecode="GM111",
        intake=intake,
        oplossing={"soort": "Betalingsregeling", "einddatum": None, "vtlb": 1500},
        begeleiding=[{"soort": "Budgetcoaching", "einddatum": None}],
        totaalSchuldbedragBijAanvangSchuld=8000,
    )
    ended = traject(
        einddatum="2026-10-31",
        gemeentecode="001",
        uitstroom={"datum": "2026-10-31", "reden": "Zelfstandig verder"},
        client=[{**old(in_old_words())[0], "Huisnummertoevoeging": ""}],
    )
    nobody = traject(startdatum="2026-07-01", schulden=[DEBT])
    del nobody["client"]
    told = model(levering(BANK, running, ended, nobody))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **told}


def test_what_is_sound_of_an_odd_delivery_is_used_and_all_else_is_told(desk: Desk) -> None:
    outcome = desk.read(every_trait())
    assert (outcome.status, outcome.read, outcome.applied, outcome.rejected) == ("partly", 3, 2, 1)
    assert set(desk.rows(debt_case.c.phase, debt_case.c.end_reason, debt_case.c.total)) == {
        ("schuldregeling", "", 800000),
        ("uitstroom", "Zelfstandig verder", None),
    }
    assert desk.rows(claim_statement.c.open, claim_statement.c.type) == [(100000, "zorg")]
    ((message,),) = desk.rows(run.c.message)
    for told in (
        "De levering heeft velden die DDAS niet kent: '$schema'.",
        "traject.einddatum is leeg (null)",
        "traject.client.Burgerservicenummer voldoet niet aan de elfproef",
        "traject.uitstroom.reden is 'Zelfstandig verder'",
        "Een traject is geschreven in DDAS v0.9",
    ):
        assert told in message


@needs_spec
def test_what_was_read_of_an_odd_delivery_is_written_as_valid_v1_0() -> None:
    schema = json.loads((SPEC / "json_schema_Uitwisselmodel.json").read_text())
    first, second, _ = every_trait()["leveringen"][0]["schuldhulptrajecten"]
    written = [traject_of(parsed(one)[0], "9999") for one in (first, second)]
    told = model(levering(BANK, *written))
    assert not list(Draft202012Validator(schema).iter_errors(told))
    assert written[0]["intake"] == GRANTED | {
        "beschikkingssoort": "Toelatingsbeschikking",
        "einddatum": "2026-05-20",
        "beschikkingsdatum": "2026-05-15",
    }
    assert written[0]["oplossing"] == {"soort": "Betalingsregeling", "vtlb": 1500}
    assert written[1]["schulden"] == [DEBT]
