"""The wire format: DDAS Gegevens Uitwissel API SHV and its Uitwisselmodel, both v1.0.

Field names are the standard's own, capitals and brackets included. The standard obliges very
little: of a traject only `gemeentecode`. What the hub cannot do without is obliged here as well: a
client who can be found, a first day, and of each debt its amount and its day (peildatum).
Fields that the hub does not use are not looked at.

An item of `schulden` may hold more than the standard names. That a supplier puts the creditor's
number in such a field, and under which name, is an assumption of ours and a setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from hub.connector import PermanentError
from hub.ddas import KEPT, LIST, NULL, Euros, Moment, Paging, Standard, inside, read_json
from schemas import elfproef
from schemas import problems as schema_problems
from schemas.fields import Bsn, Choice, Day, Nested, RecordSchema, Text

if TYPE_CHECKING:
    from hub.testing.world import Case, ListedDebt, Person

SORTS = ("Zorg", "Publiek", "Nuts", "Overig")
SOLUTIONS = (
    "Betalingsregeling",
    "Herfinanciering",
    "Saneringskrediet",
    "Schuldbemiddeling",
    "0%-aanbod",
)
REASONS = (
    "Overleden",
    "Verhuisd",
    "Nietverschenen",
    "Ingetrokken",
    "Niet passend",
    "Overig",
    "Voldoet niet",
    "Afgerond",
    "Zelf",
)

#: The standard's own fields of a debt: none of these can hold the creditor's number.
DEBT_FIELDS = ("bedrag", "peildatum", "schuldsoort", "zakelijkeSchuld", "schuldeiser")


# --- reading one traject -----------------------------------------------------------------------


def _day(name: str | None = None) -> Day:
    return Day(load_default=None, allow_none=False, data_key=name, error_messages=NULL)


def _text(name: str | None = None, most: int = 200) -> Text:
    return Text(most=most, load_default="", data_key=name, error_messages=NULL)


def _choice(choices: tuple[str, ...], default: str = "") -> Choice:
    return Choice(choices, load_default=default, error_messages=NULL)


def _group(days: str, **more: fields.Field[Any]) -> Nested:
    """Return a group of a traject: the days with these names, and more fields."""
    parts = {name: _day() for name in days.split()} | more
    shape = RecordSchema.from_dict(parts)
    return Nested(shape, load_default=dict, error_messages=NULL)


def _check_elfproef(bsn: str) -> None:
    if not elfproef(bsn):
        raise ValidationError("voldoet niet aan de elfproef; controleer het BSN")


def _bsn(*, strict: bool) -> Bsn:
    return Bsn(
        load_default=None,
        allow_none=False,
        data_key="Burgerservicenummer",
        error_messages=NULL,
        validate=[_check_elfproef] if strict else [],
    )


class Client(RecordSchema):
    """A client: a BSN, or birth date, postcode and house number."""

    bsn = _bsn(strict=False)
    birth_date = _day("Geboortedatum")
    postcode = _text("Postcode", 7)
    house_number = _text("Huisnummer", 10)
    addition = _text("Huisnummertoevoeging", 10)

    @pre_load
    def _empty_is_absent(self, data: Any, **kwargs: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if value != ""}

    @validates_schema
    def _findable(self, data: dict[str, Any], **kwargs: Any) -> None:
        if not data["bsn"] and not (data["birth_date"] and data["postcode"]):
            text = "ontbreekt, en zonder geboortedatum en postcode is niemand te vinden"
            raise ValidationError(text, "Burgerservicenummer")


class Creditor(RecordSchema):
    """A creditor. The standard has both `naam` and `Naam`, to be filled alike."""

    naam = _text()
    other_name = _text("Naam")
    kvknummer = _text(most=8)


class Debt(RecordSchema):
    """A debt as the file lists it. Without a sort it counts as "Overig"."""

    bedrag = Euros(required=True)
    peildatum = Day(required=True)
    schuldsoort = _choice(SORTS, "Overig")
    schuldeiser = Nested(Creditor, load_default=dict, error_messages=NULL)


class Traject(RecordSchema):
    """A debt-help case. Made by `traject_schema`, which adds clients and debts."""

    gemeentecode = Text(required=True)
    startdatum = _day()
    einddatum = _day()
    aanmelding = _group("startdatum")
    intake = _group("startdatum beschikkingsdatum")
    planVanAanpak = _group("datumAfronding")
    stabilisatie = _group("startdatum")
    schuldregeling = _group("datum toegekend")
    oplossing = _group("startdatum", soort=_choice(SOLUTIONS))
    nazorg = _group("startdatum")
    uitstroom = _group("datum", reden=_choice(REASONS))

    @validates_schema
    def _numbered_by_creditors(self, data: dict[str, Any], **kwargs: Any) -> None:
        own = {client["bsn"] for client in data["client"]} - {None}
        text = "heeft als nummer het BSN van een cliënt; verwacht dat van de schuldeiser"
        wrong = [at for at, debt in enumerate(data["schulden"]) if debt["reference"] in own]
        if wrong:
            raise ValidationError({"schulden": {at: [text] for at in wrong}})

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _begun(self, data: dict[str, Any], original: Any, **kwargs: Any) -> None:
        # Looks at what was received, so that an unreadable day is not called absent as well.
        told = isinstance(original, dict) and (
            "startdatum" in original or inside(original.get("aanmelding"), "startdatum")
        )
        if not told:
            text = "ontbreekt, en aanmelding.startdatum ook; vul een van beide in"
            raise ValidationError(text, "startdatum")


def traject_schema(reference_field: str, *, strict_bsn: bool) -> RecordSchema:
    """Return the shape of a traject; `strict_bsn` refuses a BSN that fails the elfproef."""
    client = Client.from_dict({"bsn": _bsn(strict=strict_bsn)})
    debt = Debt.from_dict({"reference": _text(reference_field, 64)})
    counted = validate.Length(1, 2, error="heeft niet één of twee cliënten")
    people = fields.List(
        fields.Nested(client), required=True, validate=counted, error_messages=LIST
    )
    debts = fields.List(fields.Nested(debt), load_default=list, error_messages=LIST)
    made = Traject.from_dict({"client": people, "schulden": debts})
    schema = made()
    assert isinstance(schema, RecordSchema)
    return schema


# --- reading a page ----------------------------------------------------------------------------


class _Organisation(RecordSchema):
    name = _text("(Statutaire) Naam")


class _Delivery(RecordSchema):
    organisation = Nested(_Organisation, required=True, data_key="aanleverende_organisatie")
    trajects = fields.List(
        fields.Raw(allow_none=True),
        load_default=list,
        data_key="schuldhulptrajecten",
        error_messages=LIST,
    )


class _Model(RecordSchema):
    sent_at = Moment(required=True, data_key="aanleverdatumEnTijd")
    deliveries = fields.List(
        fields.Nested(_Delivery),
        required=True,
        data_key="leveringen",
        validate=validate.Length(1, error="is een lege lijst"),
        error_messages=LIST,
    )


class _Answer(RecordSchema):
    model = Nested(_Model, required=True, data_key="gegevens")
    paging = Nested(
        Paging, load_default=None, allow_none=False, data_key="paginering", error_messages=NULL
    )


_ANSWER = _Answer()


@dataclass(frozen=True, slots=True)
class Page:
    """One answer. `cases` pairs each traject, as received, with the name of who delivers it.

    `current`, `pages` and `records` are None when the answer is not divided in pages.
    """

    sent_at: datetime
    cases: list[tuple[str, Any]]
    current: int | None = None
    pages: int | None = None
    records: int | None = None


def read_page(body: bytes) -> Page:
    """Read an answer. Raises PermanentError with everything that is wrong around the trajects."""
    try:
        answer = _ANSWER.load(read_json(body))
    except ValidationError as error:
        found = "; ".join(schema_problems(error, "antwoord"))
        raise PermanentError(
            f"Het antwoord heeft niet de vorm van DDAS v1.0: {found}. {KEPT} "
            "Vraag de leverancier om het antwoord te herstellen.",
            "answer is not of the DDAS v1.0 shape",
        ) from error
    model, paging = answer["model"], answer["paging"] or {}
    cases = [
        (one["organisation"]["name"], traject)
        for one in model["deliveries"]
        for traject in one["trajects"]
    ]
    return Page(model["sent_at"], cases, **paging)


#: How the exchange API is spoken about trajects.
SHV = Standard("trajecten", "aanleverende_organisatie", read_page)


# --- writing -----------------------------------------------------------------------------------


def traject_json(case: Case, municipality: str, reference_field: str) -> dict[str, Any]:
    """Return a case as DDAS tells it; what is not known is left out."""
    dates: dict[str, dict[str, date | None]] = {
        "aanmelding": {"startdatum": case.registered_on},
        "intake": {"startdatum": case.intake_on},
        "planVanAanpak": {"datumAfronding": case.plan_on},
        "stabilisatie": {"startdatum": case.stabilised_on},
        "schuldregeling": {"datum": case.arrangement_on},
        "uitstroom": {"datum": case.ended_on, "datumBeeindigingsbeschikking": case.ended_on},
    }
    told: dict[str, Any] = {
        "gemeentecode": municipality,
        "startdatum": case.registered_on.isoformat(),
        "client": [_client_json(person) for person in case.clients],
        "schulden": [_debt_json(debt, reference_field) for debt in case.debts],
        "totaalSchuldbedragBijAanvangSchuld": sum(debt.euros for debt in case.debts),
    }
    for name, days in dates.items():
        if known := {key: day.isoformat() for key, day in days.items() if day}:
            told[name] = known
    if case.ended_on:
        told["einddatum"] = case.ended_on.isoformat()
        told["uitstroom"] |= {"reden": case.end_reason or "Overig"}
    return told


def _client_json(person: Person) -> dict[str, str]:
    return {
        "Burgerservicenummer": person.bsn,
        "Geboortedatum": person.birth_date.isoformat(),
        "Geslachtsaanduiding": person.sex,
        "Postcode": person.postcode,
        "Huisnummer": person.house_number,
        "Huisnummertoevoeging": person.addition,
    }


def _debt_json(debt: ListedDebt, reference_field: str) -> dict[str, Any]:
    name = debt.creditor_name
    told = {
        "bedrag": debt.euros,
        "peildatum": debt.as_of.isoformat(),
        "schuldsoort": debt.sort,
        "zakelijkeSchuld": False,
        "schuldeiser": {"naam": name, "Naam": name, "kvknummer": debt.creditor_kvk},
    }
    return told | ({reference_field: debt.reference} if debt.reference else {})


#: Every field that DDAS v1.0 names inside a delivery, whether the hub uses it or not, and what
#: the reader puts around a traject.
FIELDS = frozenset(
    """
    Burgerservicenummer Geboortedatum Geslachtsaanduiding Huisnummer Huisnummertoevoeging
    KvK-nummer Naam Postcode aanmelding afgewezen bedrag begeleiding beschikkingsdatum
    beschikkingssoort client contactpersonen crisisinterventie crisisinterventies datum
    datumAanvraag datumAfronding datumBeeindigingsbeschikking datumGoedkeuring
    datumVerzoekDwangakkoord dwangakkoord einddatum email functietitel gemeentecode
    informatieEnAdvies ingetrokken intake kvknummer moratoria naam nazorg omschrijving
    oplossing peildatum planVanAanpak postcode privepersoon reden schuldeiser schulden
    schuldregeling schuldsoort soort stabilisatie startdatum telefoonnummer teller toegekend
    toekenningsdatum totaalSchuldbedragBijAanvangSchuld uitstroom voorlopigeVoorzieningen vtlb
    zakelijkeSchuld key organisatie traject
    """.split()  # noqa: SIM905
) | {"(Statutaire) Naam"}
