"""The BRP over a real socket: questions by BSN and by name, fields, faults, and who dropped out."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import referencing
from broken_sides import PAGE, RAISED, Side, nobody, outcome
from referencing.jsonschema import DRAFT202012
from registers import TODAY, Town, person

from hub.clock import FrozenClock
from hub.connector import (
    Batch,
    ConfigError,
    Context,
    Fact,
    PermanentError,
    Record,
    RecordError,
    TransientError,
)
from hub.http import HubSession
from hub.testing.certificates import Authority
from hub.testing.world import Dossier
from plugins.brp import dates
from plugins.brp import question as ask
from plugins.brp.connector import PopulationConnector
from plugins.brp.messages import FIELDS, as_persoon, parse_person, the_one
from plugins.brp.settings import CANDIDATE, Settings, wanted
from plugins.brp.simulator import PopulationRegister, fault
from schemas import KINDS, ValidationError

MINE, THEIRS, NOBODY = "999990019", "999990020", "999990032"
BY_BSN = {"bsn": MINE, "id": "r1"}
BY_NAME = {"id": "r2", "surname": "Proef", "prefix": "van", "birth_date": date(1980, 5, 1)}
BY_ADDRESS = {"id": "r3", "surname": "proef", "prefix": "Van", "postcode": "9999 XX"}
BY_ADDRESS |= {"house_number": "1"}


@pytest.fixture
def register(tmp_path: Path) -> Iterator[PopulationRegister]:
    town = Town((Dossier(person()), Dossier(person(1, THEIRS))))
    made = PopulationRegister(town, tmp_path, FrozenClock(TODAY))
    made.people[THEIRS]["naam"]["geslachtsnaam"] = "Anders"
    made.start()
    yield made
    made.stop()


def connect(
    register: PopulationRegister, *people: dict[str, Any], **changed: Any
) -> PopulationConnector:
    (spec,) = register.sources()
    context = Context(
        clock=register.clock,
        http=HubSession(),
        pseudonym=lambda bsn: f"p-{bsn[-3:]}",
        people=lambda: iter(people or (BY_BSN,)),
    )
    return PopulationConnector(Settings().load({**spec.config, **changed}), context)


def records(connector: PopulationConnector) -> list[Record]:
    return [one for batch in connector.read("people", None) for one in batch.records]


def read_person(connector: PopulationConnector) -> dict[str, Any]:
    """The one person who was told, as the hub stores it."""
    (one,) = (r for r in records(connector) if not r.deleted)
    (fact,) = connector.parse("people", one.raw)
    return dict(KINDS[fact.kind].load(fact.data))


# --- the published specification -----------------------------------------------------------------


@cache
def spec() -> dict[str, Any]:
    name = Path("shared", "specs", "brp-personen-v2", "openapi.json")
    found = [one / name for one in Path(__file__).parents if (one / name).is_file()]
    if not found:
        pytest.skip("the specification of the BRP is not here")
    return dict(json.loads(found[0].read_text()))


def faults(value: Any, schema: str) -> list[str]:
    """What the specification finds wrong, also in the forms that a `type` chooses."""
    resource = referencing.Resource.from_contents(spec(), default_specification=DRAFT202012)
    registry = referencing.Registry().with_resource("urn:brp", resource)
    told = jsonschema.Draft202012Validator(
        {"$ref": f"urn:brp#/components/schemas/{schema}"},
        registry=registry,
        format_checker=jsonschema.FormatChecker(),
    ).iter_errors(value)
    found = [one.message for one in told]
    for inside in _groups(value):
        mapping = {**_mapping("AbstractDatum"), **_mapping("AbstractVerblijfplaats")}
        if inside is not value and inside.get("type") in mapping:
            found += faults(inside, mapping[inside["type"]].rpartition("/")[2])
    return found


def _mapping(schema: str) -> dict[str, str]:
    return dict(spec()["components"]["schemas"][schema]["discriminator"]["mapping"])


def _groups(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if _is_list(value) else ():
        yield from _groups(one)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def paths(schema: dict[str, Any]) -> set[str]:
    """Every name in a schema and in what it is made of, with all forms that a type may choose."""
    schemas = spec()["components"]["schemas"]
    if "$ref" in schema:
        return paths(schemas[schema["$ref"].rpartition("/")[2]])
    found: set[str] = set()
    for one in schema.get("allOf", ()):
        found |= paths(one)
    for one in schema.get("discriminator", {}).get("mapping", {}).values():
        if one.rpartition("/")[2] not in ("Jaar",) and "allOf" in schemas[one.rpartition("/")[2]]:
            parts = schemas[one.rpartition("/")[2]]["allOf"]
            found |= {p for part in parts if "properties" in part for p in paths(part)}
    for name, inside in schema.get("properties", {}).items():
        found |= {name} | {f"{name}.{rest}" for rest in paths(inside.get("items", inside))}
    return found


@pytest.mark.parametrize("people", [BY_BSN, BY_NAME, BY_ADDRESS])
def test_every_question_and_answer_is_valid_to_the_specification(
    register: PopulationRegister, people: dict[str, Any]
) -> None:
    bare = {k: v for k, v in people.items() if k not in ("prefix",)}
    connector = connect(register, bare, search_without_bsn=True, ask_gender=True)
    records(connector)
    assert register.asked
    for question in register.asked:
        assert faults(question, question["type"]) == []
        answer = {"type": question["type"], "personen": list(register._found(question))}
        assert answer["personen"]
        assert faults(answer, f"{question['type']}Response") == []


def test_the_specification_knows_every_field_that_is_asked(register: PopulationRegister) -> None:
    every = wanted(connect(register, ask_gender=True).settings)
    assert set(every) <= paths({"$ref": "#/components/schemas/Persoon"})
    assert set(CANDIDATE) <= paths({"$ref": "#/components/schemas/PersoonBeperkt"})


def test_what_the_specification_refuses_is_seen_by_the_test_itself() -> None:
    assert faults(ask.by_bsn(["12"], ["naam"]), "RaadpleegMetBurgerservicenummer")
    born = {"geboorte": {"datum": {"type": "JaarDatum", "langFormaat": "1980"}}}
    assert faults(born, "Persoon") == ["'jaar' is a required property"]


# --- asking ------------------------------------------------------------------------------------


def test_twenty_persons_go_in_one_question_and_each_gets_one_record(
    register: PopulationRegister,
) -> None:
    numbers = [f"{999990000 + at}" for at in range(45)]
    people = [{"bsn": bsn, "id": bsn[-2:]} for bsn in numbers]
    batches: list[Batch] = list(connect(register, *people).read("people", None))
    assert [len(one["burgerservicenummer"]) for one in register.asked] == [20, 20, 5]
    assert [one.caught_up for one in batches] == [False, False, True]
    told = {one.key: one.deleted for batch in batches for one in batch.records}
    assert len(told) == 45
    assert {key for key, gone in told.items() if not gone} == {"p-019", "p-020"}


def test_nothing_is_asked_beyond_what_the_settings_name(register: PopulationRegister) -> None:
    few = {"ask_address": False, "ask_first_names": False}
    told = read_person(connect(register, **few))
    assert (told["street"], told["first_names"], told["gender"]) == ("", "", "")
    (question,) = register.asked
    assert question["fields"] == [
        "burgerservicenummer",
        "naam.voorletters",
        "naam.voorvoegsel",
        "naam.geslachtsnaam",
        "geboorte.datum",
        "gemeenteVanInschrijving",
        "overlijden.datum",
        "verblijfplaats.datumVan",
    ]


def test_a_person_without_bsn_is_not_searched_unless_a_setting_says_so(
    register: PopulationRegister,
) -> None:
    (only,) = records(connect(register, BY_NAME))
    assert (only.key, only.deleted, register.asked) == ("r2", True, [])


@pytest.mark.parametrize("who", [BY_NAME, BY_ADDRESS])
def test_the_only_one_who_fits_exactly_is_told(
    register: PopulationRegister, who: dict[str, Any]
) -> None:
    connector = connect(register, who, search_without_bsn=True)
    assert read_person(connector)["bsn"] == MINE
    assert [one["type"][:4] for one in register.asked] == ["Zoek", "Raad"]
    assert register.asked[0]["inclusiefOverledenPersonen"] is True


@pytest.mark.parametrize(
    "changed",
    [
        {"surname": "Proef", "prefix": "de"},
        {"initials": "C."},
        {"birth_date": date(1980, 5, 2)},
        {"surname": "Pro*"},
        {"surname": ""},
        {"surname": "Proef", "birth_date": None, "postcode": "12345", "house_number": "1"},
        {"surname": "Proef", "birth_date": None, "postcode": "9999XX", "house_number": "1a"},
    ],
)
def test_who_does_not_fit_exactly_is_left_to_a_person(
    register: PopulationRegister, changed: dict[str, Any]
) -> None:
    (only,) = records(connect(register, BY_NAME | changed, search_without_bsn=True))
    assert only.deleted


@pytest.mark.parametrize("twins", [2, 11])
def test_of_several_who_fit_none_is_chosen(register: PopulationRegister, twins: int) -> None:
    one = register.people[MINE]
    for at in range(twins - 1):
        register.people[f"x{at}"] = one | {"burgerservicenummer": f"{999990100 + at}"}
    (only,) = records(connect(register, BY_NAME, search_without_bsn=True))
    assert only.deleted


def test_a_token_that_was_withdrawn_is_fetched_again_once(register: PopulationRegister) -> None:
    connector = connect(register)
    records(connector)
    register.tokens.clear()
    assert len(records(connector)) == 1
    assert len(register.tokens) == 1
    register.clock.move(minutes=10)  # type: ignore[attr-defined]
    records(connector)
    assert len(register.tokens) == 2


def test_two_way_tls_with_the_certificate_of_the_municipality(
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path / "ca")
    server, client = authority.issue("brp"), authority.issue("gemeente")

    class Secured(PopulationRegister):
        def tls(self) -> ssl.SSLContext:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.file)
            context.load_cert_chain(server.certificate, server.key)
            context.verify_mode = ssl.CERT_REQUIRED
            return context

    side = Secured(Town((Dossier(person()),)), tmp_path, FrozenClock(TODAY))
    side.start()
    try:
        names = {"ca_file": str(authority.file)}
        ours = {"certificate_file": str(client.certificate), "key_file": str(client.key)}
        steps = list(connect(side, **names, **ours).check())
        assert [one.name for one in steps if one.ok] == [
            "Ons certificaat",
            "Onze sleutel",
            "DNS",
            "Poort",
            "TLS",
            "Aanmelden",
            "Velden",
        ]
        with pytest.raises((ConfigError, TransientError)):
            records(connect(side, **names))
    finally:
        side.stop()


# --- what is told ------------------------------------------------------------------------------


def test_a_person_with_everything(register: PopulationRegister) -> None:
    told = read_person(connect(register, ask_gender=True))
    assert {name: told[name] for name in ("bsn", "prefix", "surname", "initials", "gender")} == {
        "bsn": MINE,
        "prefix": "van",
        "surname": "Proef",
        "initials": "A.B.",
        "gender": "vrouw",
    }
    assert told["birth_date"] == date(1980, 5, 1)
    assert (told["street"], told["house_number"], told["postcode"], told["city"]) == (
        "Schijnstraat",
        "1",
        "9999XX",
        "Voorbeeldstad",
    )
    assert told["registered_in"] == "9999"
    assert told["details"]["toestand"] == ["Geen bijzonderheden"]


def test_dropping_out_is_explained(register: PopulationRegister) -> None:
    register.people[MINE] |= {
        "geheimhoudingPersoonsgegevens": True,
        "opschortingBijhouding": {
            "reden": {"code": "E", "omschrijving": "emigratie"},
            "datum": dates.wire("2026-05"),
        },
        "verblijfplaats": {"type": "VerblijfplaatsOnbekend", "datumVan": dates.wire("2026-05-03")},
    }
    told = read_person(connect(register))
    assert told["secret"] is True
    assert told["street"] == ""
    assert told["details"]["toestand"] == [
        "Bijhouding opgeschort: emigratie (2026-05)",
        "Adres onbekend sinds 2026-05-03",
    ]


def test_abroad_at_a_location_and_not_at_the_address(register: PopulationRegister) -> None:
    abroad = {"regel1": "Rue 1", "land": {"code": "5010", "omschrijving": "België"}}
    register.people[MINE]["verblijfplaats"] = {
        "type": "VerblijfplaatsBuitenland",
        "verblijfadres": abroad,
    }
    told = read_person(connect(register))
    assert told["details"]["verblijfplaats"]["verblijfadres"] == abroad
    assert told["details"]["toestand"] == ["Woont in het buitenland"]
    register.people[MINE]["verblijfplaats"] = {
        "type": "Locatie",
        "verblijfadres": {"locatiebeschrijving": "Woonboot"},
        "indicatieVastgesteldVerblijftNietOpAdres": True,
    }
    assert read_person(connect(register))["details"]["toestand"] == [
        "Heeft een locatie in plaats van een adres",
        "Vastgesteld: verblijft niet op dit adres",
    ]


DEATHS = [
    ({"datum": dates.wire("2026-03-01")}, None, date(2026, 3, 1)),
    ({"datum": dates.wire("2026-03")}, None, None),
    ({"datum": dates.wire("")}, None, None),
    (None, "2026-04-02", date(2026, 4, 2)),
]


@pytest.mark.parametrize(("died", "suspended", "day"), DEATHS)
def test_death_is_told_with_the_day_that_is_known(
    register: PopulationRegister, died: Any, suspended: str | None, day: date | None
) -> None:
    register.people[MINE] |= {"overlijden": died} if died else {}
    if suspended:
        reason = {"code": "O", "omschrijving": "overlijden"}
        ended = {"reden": reason, "datum": dates.wire(suspended)}
        register.people[MINE]["opschortingBijhouding"] = ended
    assert read_person(connect(register))["deceased_on"] == day


@pytest.mark.parametrize("text", ["1980-05-01", "1980-05", "1980", ""])
def test_a_birth_date_of_which_a_part_is_known(register: PopulationRegister, text: str) -> None:
    register.people[MINE]["geboorte"] = {"datum": dates.wire(text)}
    told = read_person(connect(register))
    whole = date(1980, 5, 1) if len(text) == 10 else None
    assert (told["birth_date"], told["birth_date_text"]) == (whole, "" if whole else text)


def test_a_number_that_fails_the_elfproef_is_kept_and_marked(register: PopulationRegister) -> None:
    number = "999999245"
    register.people[number] = register.people[MINE] | {"burgerservicenummer": number}
    told = read_person(connect(register, {"bsn": number, "id": "r9"}))
    assert (told["bsn"], told["bsn_unchecked"]) == (number, True)


def test_two_persons_under_one_number_are_for_a_person_to_decide() -> None:
    one = {"burgerservicenummer": MINE}
    withdrawn = one | {"opschortingBijhouding": {"reden": {"code": "F"}}}
    assert the_one([withdrawn, one]) is one
    assert the_one([withdrawn]) is withdrawn
    with pytest.raises(RecordError) as caught:
        the_one([one, one])
    assert "2 personen" in caught.value.user


FULL: dict[str, Any] = {
    "burgerservicenummer": MINE,
    "naam": {
        "voornamen": "Anna Béa",
        "voorletters": "A.B.",
        "voorvoegsel": "van",
        "geslachtsnaam": "Proef",
        "inOnderzoek": {"geslachtsnaam": True, "datumIngangOnderzoek": dates.wire("2026-01-02")},
    },
    "geboorte": {"datum": dates.wire("1980-05")},
    "overlijden": {"datum": dates.wire("2026-03")},
    "geslacht": {"code": "V", "omschrijving": "vrouw"},
    "gemeenteVanInschrijving": {"code": "9999", "omschrijving": "Voorbeeldstad"},
    "geheimhoudingPersoonsgegevens": True,
    "inOnderzoek": {"burgerservicenummer": True},
    "opschortingBijhouding": {
        "reden": {"code": "O", "omschrijving": "overlijden"},
        "datum": dates.wire("2026-03"),
    },
    "rni": [{"deelnemer": {"code": "0201", "omschrijving": "SVB"}, "categorie": "Persoon"}],
    "verificatie": {"datum": dates.wire("2020"), "omschrijving": "bewijs gezien"},
    "verblijfplaats": {
        "type": "Adres",
        "datumVan": dates.wire("2019-02-03"),
        "indicatieVastgesteldVerblijftNietOpAdres": True,
        "verblijfadres": {
            "officieleStraatnaam": "Schijnstraat",
            "huisnummer": 12,
            "huisletter": "a",
            "huisnummertoevoeging": "II",
            "aanduidingBijHuisnummer": {"code": "to", "omschrijving": "tegenover"},
            "postcode": "9999XX",
            "woonplaats": "Voorbeeldstad",
            "inOnderzoek": {"huisnummer": True},
        },
    },
}


def test_no_field_that_is_asked_is_lost_on_the_way() -> None:
    told = KINDS["person"].load(parse_person(FULL))
    assert told["addition"] == "a II"
    assert as_persoon(dict(told)) == FULL


def test_every_field_of_the_example_is_known() -> None:
    names = {name for group in _groups(FULL) for name in group}
    assert names <= FIELDS


def test_a_field_that_nobody_knows_is_told_and_spoils_nothing() -> None:
    assert parse_person(FULL | {"nieuw": 1})["bsn"] == MINE
    assert "nieuw" not in FIELDS


# --- faults ------------------------------------------------------------------------------------

PARAMS = [
    {
        "name": "fields[3]",
        "code": "fields",
        "reason": "Parameter bevat een niet toegestane veldnaam.",
    },
    {"name": "burgerservicenummer[0]", "code": "pattern", "reason": f"Waarde {MINE} is fout."},
]
FAULTS: list[tuple[int, str, str, Any, type[Exception], str]] = [
    (
        400,
        "paramsValidation",
        "Een of meerdere parameters zijn niet correct.",
        PARAMS,
        PermanentError,
        "De BRP weigert de vraag: Een of meerdere parameters zijn niet correct. fields[3]: "
        "Parameter bevat een niet toegestane veldnaam. burgerservicenummer[0]: Waarde … is fout. "
        "Er is niets gewijzigd.",
    ),
    (
        403,
        "autorisation",
        "U bent niet geautoriseerd voor deze operatie.",
        None,
        ConfigError,
        "De BRP staat deze vraag niet toe: U bent niet geautoriseerd voor deze operatie. Vergelijk "
        "de instellingen onder 'Wat wordt gevraagd' met uw autorisatiebesluit.",
    ),
    (
        503,
        "notAvailable",
        "Bronservice BRP is tijdelijk niet beschikbaar.",
        None,
        TransientError,
        "De BRP is nu niet te bevragen: Bronservice BRP is tijdelijk niet beschikbaar. De hub "
        "probeert het later opnieuw.",
    ),
    (
        429,
        "tooManyRequests",
        "Te veel verzoeken",
        None,
        TransientError,
        "De BRP is nu niet te bevragen: Te veel verzoeken. De hub probeert het later opnieuw.",
    ),
]


@pytest.mark.parametrize(("status", "code", "title", "wrong", "kind", "sentence"), FAULTS)
def test_a_fault_is_told_in_the_words_of_the_brp(
    register: PopulationRegister,
    status: int,
    code: str,
    title: str,
    wrong: Any,
    kind: type[Exception],
    sentence: str,
) -> None:
    with register._web.app_context():
        register.problem = fault(status, code, title, wrong)
    with pytest.raises(kind) as caught:
        records(connect(register))
    assert caught.value.user == sentence  # type: ignore[attr-defined]


def test_a_fault_without_words_still_says_what_happened(register: PopulationRegister) -> None:
    from flask import Response

    register.problem = Response("<html>", 400)
    with pytest.raises(PermanentError, match="HTTP 400"):
        records(connect(register))


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("<html>", "Het antwoord van de BRP is geen geldige JSON"),
        ("[]", "De BRP gaf een ander antwoord ('None') dan gevraagd"),
        ('{"type": "X", "personen": []}', "De BRP gaf een ander antwoord ('X') dan gevraagd"),
        (
            '{"type": "RaadpleegMetBurgerservicenummer", "personen": [1]}',
            "De lijst van personen van de BRP heeft niet de afgesproken vorm.",
        ),
        (
            '{"type": "RaadpleegMetBurgerservicenummer", "personen": [{}]}',
            "De BRP gaf iemand naar wie niet is gevraagd, of iemand zonder BSN.",
        ),
        (
            '{"type": "RaadpleegMetBurgerservicenummer", "personen": '
            f'[{{"burgerservicenummer": "{NOBODY}"}}]}}',
            "De BRP gaf iemand naar wie niet is gevraagd, of iemand zonder BSN.",
        ),
    ],
)
def test_an_answer_of_another_form_is_told_and_nothing_is_kept(
    register: PopulationRegister, body: str, sentence: str
) -> None:
    from flask import Response

    register.problem = Response(body, 200)
    with pytest.raises(PermanentError) as caught:
        records(connect(register))
    assert caught.value.user.startswith(sentence)
    assert NOBODY not in caught.value.user


@pytest.mark.parametrize("body", ["{}", "[]", '{"access_token": 1}', '{"access_token": "a\\nb"}'])
def test_a_token_of_another_form_is_told(register: PopulationRegister, body: str) -> None:
    from flask import Response

    register._web.view_functions["_token"] = lambda: Response(body, 200)
    with pytest.raises(PermanentError, match="no access_token"):
        records(connect(register))


def test_wrong_credentials_end_the_connection_test_at_signing_in(
    register: PopulationRegister,
) -> None:
    with pytest.raises(ConfigError, match="token refused") as caught:
        list(connect(register, client_secret="fout").check())
    assert caught.value.access_denied
    with pytest.raises(ConfigError, match="code authentication"):
        list(connect(register, api_key="fout").check())


def test_settings_that_do_not_belong_together_are_refused(register: PopulationRegister) -> None:
    (spec_,) = register.sources()
    for changed in ({"client_secret": ""}, {"certificate_file": "/x.pem"}):
        with pytest.raises(ValidationError):
            Settings().load({**spec_.config, **changed})


BAD = Path(__file__).parent / "bad" / "brp"
SENTENCES = {
    "broken": "Het record is geen leesbare JSON",
    "list": "Het record is geen antwoord van de BRP",
    "nobody": "De BRP geeft bij dit BSN 0 personen; wie het is, moet een mens bepalen",
    "text": "persoon is geen groep velden; "
    "persoon.burgerservicenummer ontbreekt of is geen BSN van negen cijfers",
    "several": "persoon.naam is geen groep velden; "
    "persoon.burgerservicenummer ontbreekt of is geen BSN van negen cijfers; "
    "persoon.geboorte.datum is 'JaarMaandDatum'; verwacht een (deel van een) datum; "
    "persoon.overlijden.datum is '2026-01-01'; verwacht een (deel van een) datum",
}


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_a_wrong_record_is_refused_in_words(register: PopulationRegister, name: str) -> None:
    with pytest.raises(RecordError) as caught:
        list(connect(register).parse("people", (BAD / f"{name}.json").read_bytes()))
    assert caught.value.user == SENTENCES[name]
    assert MINE not in caught.value.user


#: By file in bad/brp/answers, which begin with their status: what an administrator reads of it.
FIELDS_ADVICE = "Vergelijk de instellingen onder 'Wat wordt gevraagd' met uw autorisatiebesluit."
ANSWERS = {
    "400-field": "De BRP weigert de vraag: Een of meerdere parameters zijn niet correct. "
    "fields[2]: Parameter bevat een niet bestaande veldnaam. Er is niets gewijzigd.",
    "400-missing": "De BRP weigert de vraag: Minimale combinatie van parameters moet worden "
    "opgegeven. fields: Parameter is verplicht. Er is niets gewijzigd.",
    "401-unknown": "De BRP herkent ons niet: Niet correct geauthenticeerd. Het token is verlopen. "
    "Controleer client-id, client-secret en API-sleutel.",
    "403-ad-hoc": "De BRP staat deze vraag niet toe: U bent niet geautoriseerd voor het gebruik "
    "van deze API. Niet geautoriseerd voor ad hoc bevragingen. Vraag RvIG of uw autorisatie "
    "ad-hocvragen toestaat, en of zij nog geldt.",
    "403-field": "De BRP staat deze vraag niet toe: U bent niet geautoriseerd voor één of meerdere "
    f"opgegeven field waarden. {FIELDS_ADVICE} Noemt het geen adressen in het buitenland, kies dan "
    "'Alleen adressen in Nederland'.",
    "403-parameter": "De BRP staat deze vraag niet toe: U bent niet geautoriseerd voor de "
    "gebruikte parameter(s). U bent niet geautoriseerd voor het gebruik van parameter(s): "
    "geslachtsnaam. Uw autorisatiebesluit staat niet toe dat u hierop zoekt: zet 'Zoeken "
    "zonder BSN' uit.",
    "404-path": "{} kent dit adres niet (HTTP 404). Controleer het pad in de instellingen.",
    "406-form": "{} kan zo niet worden gebruikt (HTTP 406). Controleer het adres in de "
    "instellingen.",
    "500-server": "{} is tijdelijk niet beschikbaar (HTTP 500). De hub probeert het later opnieuw.",
    "503-source": "De BRP is nu niet te bevragen: Bronservice is tijdelijk niet beschikbaar. De "
    "bron geeft geen antwoord. De hub probeert het later opnieuw.",
    "200-other": "De BRP gaf een ander antwoord ('ZoekMetPostcodeEnHuisnummer') dan gevraagd "
    "(RaadpleegMetBurgerservicenummer). Er is niets gewijzigd. Controleer het adres en de versie "
    "van de API.",
    "200-word": "De BRP gaf een ander antwoord ('None') dan gevraagd "
    "(RaadpleegMetBurgerservicenummer). Er is niets gewijzigd. Controleer het adres en de versie "
    "van de API.",
}


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_a_wrong_answer_is_explained_by_the_check(register: PopulationRegister, name: str) -> None:
    body = (BAD / "answers" / f"{name}.json").read_bytes()
    with Side(f"{name[:3]} x", body, "application/problem+json") as side:
        told = outcome(connect(register, url=f"{side.url}/brp"))
        where = side.url.removeprefix("http://")
    assert told == (RAISED, ANSWERS[name].format(where))


def test_every_wrong_answer_is_in_the_table() -> None:
    assert {one.stem for one in (BAD / "answers").glob("*.json")} == set(ANSWERS)


#: By the error of OAuth2 in an answer of the token service: what an administrator reads.
TOKENS = {
    '{"error": "invalid_client"}': "De BRP geeft geen token. Controleer client-id en "
    "client-secret, en of ons certificaat bij RvIG bekend is.",
    '{"error": "invalid_scope"}': "De BRP geeft geen token. Controleer de scope: uw "
    "afnemersindicatie, een streepje en het OIN van uw certificaat.",
    '{"error": "invalid_request"}': "De BRP geeft geen token. Controleer client-id, client-secret, "
    "scope en resource server.",
    "<html>": "De BRP geeft geen token. Controleer client-id, client-secret, scope en resource "
    "server.",
    "[]": "De BRP geeft geen token. Controleer client-id, client-secret, scope en resource server.",
}


@pytest.mark.parametrize("body", sorted(TOKENS))
def test_a_refused_token_says_what_to_look_at(register: PopulationRegister, body: str) -> None:
    with Side("400 Bad Request", body.encode(), "application/json") as side:
        assert outcome(connect(register, token_url=side.url)) == (RAISED, TOKENS[body])


@pytest.mark.parametrize("setting", ["url", "token_url"])
def test_a_check_explains_who_says_nothing(register: PopulationRegister, setting: str) -> None:
    with Side() as side:
        told = outcome(connect(register, **{setting: side.url}))
        where = side.url.removeprefix("http://")
    assert told == (
        RAISED,
        f"{where} gaf geen antwoord binnen de tijd. De hub probeert het later opnieuw.",
    )


def test_a_check_explains_where_nobody_listens_and_whom_nobody_trusts(
    register: PopulationRegister, tmp_path: Path
) -> None:
    silence = nobody()
    where = silence.removeprefix("http://")
    assert outcome(connect(register, url=silence)) == (
        "Poort",
        f"Er luistert niets op {where}. Draait het systeem?",
    )
    assert outcome(connect(register, url="https://register.invalid/brp")) == (
        "DNS",
        "De naam register.invalid is niet bekend. Controleer het adres.",
    )
    with Side("200 OK", PAGE, tls=tmp_path / "ca") as side:
        name, sentence = outcome(connect(register, url=side.url))
    assert name == "TLS"
    assert sentence.startswith("Het certificaat wordt niet vertrouwd: ")
    assert sentence.endswith(
        " Vul bij CA-bestand de stamcertificaten van PKIoverheid in waaronder de dienst valt."
    )


def test_a_check_names_a_certificate_of_ours_that_is_not_there(
    register: PopulationRegister, tmp_path: Path
) -> None:
    names = {name: str(tmp_path / "nergens.pem") for name in ("certificate_file", "key_file")}
    assert outcome(connect(register, **names)) == (
        "Ons certificaat",
        "Ons certificaat ontbreekt of is niet te lezen.",
    )
    ended = Authority(tmp_path / "ca").issue("gemeente", days=-2)
    names = {"certificate_file": str(ended.certificate), "key_file": str(ended.key)}
    name, sentence = outcome(connect(register, **names))
    assert name == "Ons certificaat"
    assert sentence.startswith("Ons certificaat is verlopen op ")


def test_what_the_brp_asks_to_wait_is_waited(register: PopulationRegister) -> None:
    with register._web.app_context():
        busy = fault(429, "tooManyRequests", "Te veel verzoeken")
    for told, seconds in (("120", 120), ("999999", 86400), ("morgen", None)):
        busy.headers["Retry-After"] = told
        register.problem = busy
        with pytest.raises(TransientError) as caught:
            records(connect(register))
        assert caught.value.retry_after == seconds


def test_the_fields_that_are_asked_were_not_all_granted(register: PopulationRegister) -> None:
    steps = list(connect(register).check())
    assert steps[-1].message == (
        "De BRP beantwoordt een vraag naar alle 22 velden. Of uw autorisatiebesluit ze noemt, moet "
        "u zelf nagaan: bij een gemeente kijkt de BRP daar niet naar."
    )
    register.forbidden = {"verblijfplaats.datumVan"}
    assert outcome(connect(register))[1].startswith("De BRP staat deze vraag niet toe: ")
    assert all(step.ok for step in connect(register, only_domestic=True).check())


def test_who_may_know_no_address_abroad_asks_by_another_name(register: PopulationRegister) -> None:
    told = read_person(connect(register, only_domestic=True))
    assert (told["street"], told["postcode"]) == ("Schijnstraat", "9999XX")
    (question,) = register.asked
    asked = [field for field in question["fields"] if field.startswith("verblijfplaats")]
    assert asked == [
        f"verblijfplaatsBinnenland.{name}"
        for name in (
            "datumVan",
            "verblijfadres.officieleStraatnaam",
            "verblijfadres.korteStraatnaam",
            "verblijfadres.huisnummer",
            "verblijfadres.huisletter",
            "verblijfadres.huisnummertoevoeging",
            "verblijfadres.aanduidingBijHuisnummer",
            "verblijfadres.postcode",
            "verblijfadres.woonplaats",
            "verblijfadres.locatiebeschrijving",
        )
    ]
    register.people[MINE]["verblijfplaats"] = {"type": "VerblijfplaatsBuitenland"}
    away = read_person(connect(register, only_domestic=True))
    assert away["details"]["toestand"] == ["Geen bijzonderheden"]


@pytest.mark.parametrize(("reason", "gone"), [("W", True), ("F", True), ("E", False), (".", False)])
def test_who_was_withdrawn_or_entered_by_mistake_is_not_given(
    register: PopulationRegister, reason: str, gone: bool
) -> None:
    register.people[MINE]["opschortingBijhouding"] = {"reden": {"code": reason}}
    (one,) = records(connect(register))
    assert one.deleted is gone


def test_a_mistake_that_comes_with_its_number_alone_is_told(register: PopulationRegister) -> None:
    # So did the versions before 2.2.1 of the API.
    only = {
        "burgerservicenummer": MINE,
        "opschortingBijhouding": {
            "reden": {"code": "F", "omschrijving": "fout"},
            "datum": dates.wire("2022-08-29"),
        },
    }
    told = parse_person(only)
    assert (told["surname"], told["birth_date"]) == ("", None)
    assert told["details"]["toestand"] == ["Bijhouding opgeschort: fout (2022-08-29)"]


@pytest.mark.parametrize("ours", ["Kastér", "KASTER", "Käster"])
def test_capitals_and_diacritics_do_not_make_somebody_else(
    register: PopulationRegister, ours: str
) -> None:
    register.people[MINE]["naam"]["geslachtsnaam"] = "Käster"
    who = BY_NAME | {"surname": ours}
    assert read_person(connect(register, who, search_without_bsn=True))["bsn"] == MINE


def test_somebody_who_died_is_found_though_no_day_is_known(register: PopulationRegister) -> None:
    register.people[MINE]["opschortingBijhouding"] = {"reden": {"code": "O"}}
    assert read_person(connect(register, BY_NAME, search_without_bsn=True))["bsn"] == MINE
    question = register.asked[0]
    question.pop("inclusiefOverledenPersonen")
    assert list(register._found(question)) == []


@pytest.mark.parametrize(
    ("question", "code", "param"),
    [
        ({"fields": ["geslacht"]}, "paramsCombination", "required"),
        ({"fields": ["geslacht"], "burgerservicenummer": []}, "paramsValidation", "minItems"),
        ({"fields": ["geslacht"], "burgerservicenummer": ["1"]}, "paramsValidation", "pattern"),
        (
            {"fields": ["geslacht"], "burgerservicenummer": [NOBODY], "voornamen": "A"},
            "paramsValidation",
            "unknownParam",
        ),
        ({"fields": ["rni"], "burgerservicenummer": [NOBODY]}, "paramsValidation", "fields"),
    ],
)
def test_the_simulator_refuses_what_the_brp_refuses(
    register: PopulationRegister, question: dict[str, Any], code: str, param: str
) -> None:
    connector = connect(register)
    response = HubSession().post(
        f"{register.url}/brp/personen",
        json={"type": "RaadpleegMetBurgerservicenummer", **question},
        headers=connector._sign_in.headers(),
        allow_status={400},  # type: ignore[call-arg]
    )
    told = response.json()
    assert (told["code"], told["invalidParams"][0]["code"]) == (code, param)
    assert told["detail"].startswith("De foutieve parameter(s) zijn: ")


def test_every_wrong_record_is_in_the_table() -> None:
    assert {one.stem for one in BAD.glob("*.json")} == set(SENTENCES)


def test_the_key_of_a_fact_is_no_bsn(register: PopulationRegister) -> None:
    connector = connect(register)
    (one,) = records(connector)
    facts: list[Fact] = list(connector.parse("people", one.raw))
    assert [fact.key for fact in facts] == ["p-019"]
