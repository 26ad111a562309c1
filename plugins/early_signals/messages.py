"""The wire format: DDAS Vroegsignalering v1.2, read from v0.1 on, written as v1.2.

Field names are the standard's own. Amounts are whole euros. What an older version tells beyond
v1.2 (a name, a street) is used as well. A code that is not in the lists of v1.2 is kept as it
came and shown as such: lists differ by version and suppliers run ahead.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from hub.connector import PermanentError, read_json
from hub.ddas import KEPT, LIST, NULL, Euros, Moment, Paging, Standard, inside
from plugins.early_signals.municipal_tax import EFFORTS, Effort
from plugins.early_signals.versions import converted
from schemas import elfproef
from schemas import problems as schema_problems
from schemas.fields import Bsn, Day, Flag, Nested, RecordSchema, Text

PARTNERS = (
    "Belastingdienst",
    "CAK Eigen bijdrage",
    "CAK Zorgverzekeringen",
    "Dienst Toeslagen",
    "DUO",
    "Energie",
    "Huur",
    "Hypotheek",
    "Overige",
    "Water",
    "Zorg",
)
STATUSES = (
    "Nog niet opgepakt",
    "Opgepakt",
    "Niet opgepakt: onterecht signaal",
    "Niet opgepakt: herhaalde melding",
    "Niet opgepakt: andere reden",
    "Inwoner is overleden",
    "Persoon is geen inwoner (meer) in de gemeente",
    "Inwoner al bekend bij schuldhulpverlening",
)
RESULTS = (
    "(Budget)advies en/of quick fix",
    "Definitief geen contact kunnen krijgen",
    "Geen reactie na eerder contact",
    "Inwoner al bekend bij schuldhulpverlening",
    "Inwoner heeft al een ander lopend traject",
    "Inwoner heeft zelf al betaald/betalingsregeling getroffen",
    "Inwoner is overleden",
    "Inwoner regelt het zelf/hoeft geen hulp vanuit vroegsignalering",
    "Niet opgepakt: andere reden",
    "Niet opgepakt: herhaalde melding",
    "Niet opgepakt: onterecht signaal",
    "Persoon is geen inwoner (meer) in de gemeente",
    "Vervolghulp en/of verwijzing",
    "Vervolghulp en/of verwijzing financieel",
    "Vervolghulp en/of verwijzing niet financieel",
    "Verwijzing zonder tussenkomst inwoner",
)
CHANNELS = (
    "Administratief",
    "Afspraak op locatie",
    "Brief",
    "Huisbezoek",
    "Kaartje",
    "Mail",
    "Onbekend",
    "Overige",
    "SMS/Whatsapp",
    "Telefoon",
)
PARTS_OF_DAY = ("Ochtend", "Middag", "Avond")
GENDERS = ("Man", "Vrouw", "Onbekend", "Leeg")

#: Every field that DDAS v0.1 to v1.2 names inside a signal or a case, and what stands around it.
FIELDS = frozenset(
    """
    ID crisissignaal warmeOverdracht bedrag ontstaansdatum signaaldatum status signaalpartner type
    client burgerservicenummer geslachtsaanduiding geboortedatum postcode huisnummer
    huisnummertoevoeging voorletters voorvoegsel achternaam straatnaam plaatsnaam resultaat
    matchingsdatum startdatumMatchingperiode datumOpgepakt einddatumMatchingperiode vroegsignalen
    contactpogingen soort bereikt datum dagdeel gemeentecode organisatie signaal zaak key
    organisatienaam
    """.split()  # noqa: SIM905
) | {"inspanningen", "geweigerd", "geweigerdeSignalen", *EFFORTS}


def _day(name: str | None = None) -> Day:
    # Systems write an unknown day as null; that says no more than its absence.
    return Day(load_default=None, allow_none=True, data_key=name)


def _text(name: str | None = None, most: int = 200) -> Text:
    return Text(most=most, load_default="", data_key=name, error_messages=NULL)


def _flag(name: str | None = None) -> Flag:
    return Flag(load_default=None, allow_none=True, data_key=name)


class Client(RecordSchema):
    """Of whom the arrears are: a BSN, or an address."""

    bsn = Bsn(
        load_default=None, allow_none=True, data_key="burgerservicenummer", error_messages=NULL
    )
    gender = _text("geslachtsaanduiding", 10)
    birth_date = _day("geboortedatum")
    initials = _text("voorletters", 40)
    prefix = _text("voorvoegsel", 20)
    surname = _text("achternaam")
    street = _text("straatnaam")
    city = _text("plaatsnaam")
    postcode = _text("postcode", 7)
    house_number = _text("huisnummer", 10)
    addition = _text("huisnummertoevoeging", 10)

    @pre_load
    def _empty_is_absent(self, data: Any, **kwargs: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if value not in ("", None)}

    @validates_schema
    def _findable(self, data: dict[str, Any], **kwargs: Any) -> None:
        if not data["bsn"] and not (data["postcode"] and data["house_number"]):
            text = "ontbreekt, en zonder postcode en huisnummer is niemand te vinden"
            raise ValidationError(text, "burgerservicenummer")


class Partner(RecordSchema):
    """Who reported the arrears. Other codes than those of v1.2 are kept as they came."""

    type = _text(most=60)
    organisatienaam = _text()


class Signal(RecordSchema):
    """A vroegsignaal."""

    ID = Text(most=64, required=True)
    crisissignaal = _flag()
    warmeOverdracht = _flag()
    bedrag = Euros(load_default=None, allow_none=True)
    ontstaansdatum = _day()
    signaaldatum = _day()
    status = _text(most=120)
    signaalpartner = Nested(Partner, required=True)
    # No field of DDAS; see municipal_tax.py.
    inspanningen = Nested(Effort, load_default=None, allow_none=True)
    client = Nested(Client, required=True)

    @validates_schema
    def _numbered(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["ID"] == data["client"]["bsn"]:
            raise ValidationError("is het BSN van de inwoner; verwacht een eigen nummer", "ID")


class Attempt(RecordSchema):
    """A contactpoging."""

    soort = _text(most=40)
    bereikt = _flag()
    datum = _day()
    dagdeel = _text(most=20)


class SignalId(RecordSchema):
    """A signal as a case names it."""

    ID = Text(most=64, required=True)


class Case(RecordSchema):
    """A vroegsignaalzaak."""

    resultaat = _text(most=120)
    matchingsdatum = _day()
    startdatumMatchingperiode = _day()
    datumOpgepakt = _day()
    einddatumMatchingperiode = _day()
    vroegsignalen = fields.List(
        fields.Nested(SignalId),
        required=True,
        validate=validate.Length(1, error="is een lege lijst"),
        error_messages=LIST,
    )
    # Each is judged by itself: one that cannot be read must not cost the case.
    contactpogingen = fields.List(
        fields.Raw(allow_none=True), load_default=list, error_messages=LIST
    )


class _Organisation(RecordSchema):
    name = _text("naam")


class _Delivery(RecordSchema):
    municipality = Text(required=True, data_key="gemeentecode")
    organisation = Nested(_Organisation, load_default=dict, data_key="aanleverendeOrganisatie")
    signals = fields.List(
        fields.Raw(allow_none=True),
        load_default=list,
        data_key="vroegsignalen",
        error_messages=LIST,
    )
    cases = fields.List(
        fields.Raw(allow_none=True),
        load_default=list,
        data_key="vroegsignaalzaken",
        error_messages=LIST,
    )


class _Model(RecordSchema):
    sent_at = Moment(required=True, data_key="aanleverdatumEnTijd")
    deliveries = fields.List(
        fields.Nested(_Delivery), required=True, data_key="leveringen", error_messages=LIST
    )


class _Answer(RecordSchema):
    model = Nested(_Model, required=True, data_key="gegevens")
    paging = Nested(
        Paging, load_default=None, allow_none=False, data_key="paginering", error_messages=NULL
    )


_ANSWER, _MODEL = _Answer(), _Model()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one municipality delivers: signals and cases as received, in the words of v1.2."""

    municipality: str
    organisation: str
    signals: list[Any]
    cases: list[Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One answer or file. The numbers are None when it is not divided in pages.

    `model` is what stands around the lists, `version` the older version in whose words it came
    ("" for v1.2).
    """

    sent_at: datetime
    deliveries: list[Delivery]
    model: dict[str, Any]
    version: str
    current: int | None = None
    pages: int | None = None
    records: int | None = None


def read_page(body: bytes) -> Page:
    """Read an answer of the exchange API. Raises PermanentError with all that is wrong around."""
    return _answered(_json(body, "Het antwoord", "Controleer het adres, of vraag"))


def read_file(body: bytes) -> Page:
    """Read a file: the model alone, or an answer that was saved. Raises PermanentError."""
    came = _json(body, "Het bestand", "Vraag")
    if isinstance(came, dict) and "gegevens" in came:
        return _answered(came)
    told, version = converted(came)
    return _page(_loaded(_MODEL, told, "bestand"), told, version, {})


def _answered(came: Any) -> Page:
    told, version = converted(came)
    answer = _loaded(_ANSWER, told, "antwoord")
    return _page(answer["model"], told["gegevens"], version, answer["paging"] or {})


def _json(body: bytes, what: str, advice: str) -> Any:
    try:
        # A half character is a matter of its signal alone.
        return read_json(body, what, half_characters=True)
    except PermanentError as error:
        raise PermanentError(
            f"{what} is geen leesbare JSON (in UTF-8){_broken_at(body, error)}. {KEPT} {advice} de "
            "leverancier om de levering opnieuw te maken.",
            error.log,
        ) from error


def _broken_at(body: bytes, error: PermanentError) -> str:
    """Return in words where JSON goes wrong; nothing where it is too deep or too large."""
    cause = error.__cause__
    if isinstance(cause, UnicodeDecodeError):
        line = body.count(b"\n", 0, cause.start) + 1
        return f": op regel {line} staat een teken dat geen UTF-8 is"
    if isinstance(cause, json.JSONDecodeError):
        return f": het gaat mis op regel {cause.lineno}, teken {cause.colno}"
    return ""


def _loaded(schema: RecordSchema, told: Any, what: str) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(told)
    except ValidationError as error:
        raise _misshapen(told, schema_problems(error, what)) from error
    return loaded


def _misshapen(told: Any, problems: list[str]) -> PermanentError:
    deliveries = inside(inside(told, "gegevens") or told, "leveringen")
    first = deliveries[0] if isinstance(deliveries, list) and deliveries else None
    if inside(first, "schuldhulptrajecten") is not None:
        return PermanentError(
            "De levering is er een van DDAS Schuldhulpverlening, niet van Vroegsignalering. "
            f"{KEPT} Lees haar met de koppeling Schuldhulpverlening (DDAS), of vraag de "
            "leverancier om vroegsignalen.",
            "delivery is of DDAS SHV",
        )
    return PermanentError(
        f"De levering heeft niet de vorm van DDAS Vroegsignalering: {'; '.join(problems)}. De hub "
        f"leest v0.1 tot en met v1.2. {KEPT} Vraag de leverancier om de levering te herstellen.",
        "delivery is not of the DDAS VS shape",
    )


def _page(model: dict[str, Any], told: dict[str, Any], version: str, place: dict[str, Any]) -> Page:
    deliveries = [
        Delivery(
            _code(one["municipality"]),
            one["organisation"].get("name", ""),
            one["signals"],
            one["cases"],
        )
        for one in model["deliveries"]
    ]
    return Page(model["sent_at"], deliveries, told, version, **place)


def _code(municipality: str) -> str:
    """Return the code of a municipality in one way of the two in use: GM0518 is 0518."""
    return municipality.removeprefix("GM")


#: How the exchange API is spoken about early signals.
VS = Standard("vroegsignalen", ("aanleverendeOrganisatie",), read_page)


# --- writing -----------------------------------------------------------------------------------


def signal_json(signal: dict[str, Any]) -> dict[str, Any]:
    """Return a canonical early_signal (with its person) as v1.2 tells it.

    A code that v1.2 does not know, here and below, is left out: it would refuse the whole delivery.
    """
    absent = (signal.get("details") or {}).get("nietVermeld", ())
    partner = _known(signal["partner_type"], PARTNERS)
    told = {
        "ID": signal["reference"],
        "crisissignaal": signal["crisis"],
        "warmeOverdracht": signal["warm_handover"],
        "bedrag": None if signal["amount"] is None else round(signal["amount"] / 100),
        "ontstaansdatum": _iso(signal["arisen_on"]),
        "signaaldatum": _iso(signal["signalled_on"]),
        "status": _known(signal["status"], STATUSES),
        "signaalpartner": {"type": partner} if partner else {},
        "client": client_json(signal["person"]),
    }
    return {n: value for n, value in told.items() if value is not None and n not in absent}


def case_json(case: dict[str, Any], attempts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a canonical signal_case and its contact attempts as v1.2 tells it.

    The internal reason is not among the names read here, so it cannot leave.
    """
    undated = (case.get("details") or {}).get("pogingenZonderDag", [])
    told = {
        "resultaat": _known(case["result"], RESULTS),
        "matchingsdatum": _iso(case["matched_on"]),
        "startdatumMatchingperiode": _iso(case["period_starts_on"]),
        "datumOpgepakt": _iso(case["taken_up_on"]),
        "einddatumMatchingperiode": _iso(case["period_ends_on"]),
        "vroegsignalen": [{"ID": one} for one in case["signals"]],
        "contactpogingen": [*map(_undated_json, undated), *map(_attempt_json, attempts)] or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _attempt_json(one: dict[str, Any]) -> dict[str, Any]:
    told = {
        "soort": _known(one["channel"], CHANNELS),
        "bereikt": one["reached"],
        "datum": _iso(one["on"]),
        "dagdeel": _known(one["part_of_day"], PARTS_OF_DAY),
    }
    return {name: value for name, value in told.items() if value is not None}


def _undated_json(one: dict[str, Any]) -> dict[str, Any]:
    """Return an attempt on no day, which its case holds in the words of DDAS."""
    names = {"channel": "soort", "reached": "bereikt", "on": "datum", "part_of_day": "dagdeel"}
    return _attempt_json({ours: one.get(name) for ours, name in names.items()})


def client_json(person: dict[str, Any]) -> dict[str, Any]:
    """Return a client: the BSN alone, or else what is known; v1.2 forbids both together."""
    if person["bsn"]:
        return {"burgerservicenummer": person["bsn"]}
    told = {
        "geslachtsaanduiding": _known(person["gender"], GENDERS),
        "geboortedatum": _iso(person["birth_date"]),
        "postcode": person["postcode"],
        "huisnummer": person["house_number"],
        "huisnummertoevoeging": person["addition"] or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _known(code: str | None, codes: Collection[str]) -> str | None:
    return code if code in codes else None


def _iso(day: date | str | None) -> str | None:
    return day.isoformat() if isinstance(day, date) else day


def unchecked(bsn: str | None) -> bool:
    """Tell whether a BSN fails the elfproef: it is kept, and shown as not checked."""
    return bool(bsn and not elfproef(bsn))
