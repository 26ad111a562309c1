"""The wire format: DDAS Gegevens Uitwissel API SHV and its Uitwisselmodel, read from v0.9 on.

Field names are the standard's own, capitals and brackets included. The standard obliges very
little: of a traject only `gemeentecode`. What the hub cannot do without is obliged here as well: a
client who can be found, and some day on which the case had begun. A fault in a field on which the
case's phase rests, or in the amount or day of a debt, costs the case; other faulty fields are set
aside (shape.py). A debt without amount or day is no fault: it stays with the case.

An item of `schulden` may hold more than the standard names. That a supplier puts the creditor's
number in such a field, and under which name, is an assumption of ours and a setting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from hub.connector import PermanentError
from hub.ddas import KEPT, LIST, NULL, Euros, Moment, Paging, Standard, inside, read_json
from plugins.debt_help.shape import DEBT, TRAJECT, names
from plugins.debt_help.versions import OLD_NAMES
from schemas import elfproef
from schemas import problems as schema_problems
from schemas.fields import Bsn, Day, Nested, RecordSchema, Text

#: The standard's own fields of a debt: none of these can hold the creditor's number.
DEBT_FIELDS = tuple(DEBT)


# --- reading one traject -----------------------------------------------------------------------


_PART_OF_DATE = re.compile(r"\d{4}(-\d{2}(-00)?)?")


def _day(name: str | None = None) -> Day:
    return Day(load_default=None, allow_none=False, data_key=name, error_messages=NULL)


def _text(name: str | None = None, most: int = 200) -> Text:
    return Text(most=most, load_default="", data_key=name, error_messages=NULL)


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


class BirthDate(fields.Field[date | str]):
    """A birth date, or the part of it that is known: 1980, 1980-05 or 1980-05-00."""

    default_error_messages = NULL

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date | str:
        text = value.strip() if isinstance(value, str) else ""
        if _PART_OF_DATE.fullmatch(text):
            return text
        loaded: date = Day().deserialize(value)
        return loaded


class Client(RecordSchema):
    """A client: a BSN, or a postcode with a birth date or house number."""

    bsn = _bsn(strict=False)
    birth_date = BirthDate(load_default=None, data_key="Geboortedatum", error_messages=NULL)
    gender = _text("Geslachtsaanduiding", 10)
    postcode = _text("Postcode", 7)
    house_number = _text("Huisnummer", 10)
    addition = _text("Huisnummertoevoeging", 10)

    @validates_schema
    def _findable(self, data: dict[str, Any], **kwargs: Any) -> None:
        whole = isinstance(data["birth_date"], date)
        if not data["bsn"] and not (data["postcode"] and (whole or data["house_number"])):
            text = "ontbreekt, en zonder geboortedatum en postcode is niemand te vinden"
            raise ValidationError(text, "Burgerservicenummer")


class Creditor(RecordSchema):
    """A creditor. The standard has both `naam` and `Naam`, to be filled alike."""

    naam = _text()
    other_name = _text("Naam")
    kvknummer = _text()


class Debt(RecordSchema):
    """A debt as the file lists it. Without a sort it counts as "Overig"."""

    bedrag = Euros(load_default=None)
    peildatum = _day()
    schuldsoort = _text()
    schuldeiser = Nested(Creditor, load_default=dict, error_messages=NULL)


#: What shows that a case had begun, the best first; DDAS obliges none of them.
FIRST_DAYS = (
    "startdatum",
    "aanmelding.startdatum",
    "intake.startdatum",
    "planVanAanpak.datumAfronding",
    "stabilisatie.startdatum",
    "schuldregeling.datum",
    "oplossing.startdatum",
)


def _told_at(value: Any, path: str) -> bool:
    """Tell whether something stands at a dotted path, readable or not."""
    for name in path.split("."):
        value = inside(value, name)
    return value is not None


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
    oplossing = _group("startdatum", soort=_text())
    nazorg = _group("startdatum")
    uitstroom = _group("datum datumBeeindigingsbeschikking", reden=_text())

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
        if not any(_told_at(original, path) for path in FIRST_DAYS):
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


_GROUP = {**NULL, "invalid": "is geen groep velden"}


class _Delivery(RecordSchema):
    organisation = fields.Dict(
        load_default=dict, data_key="aanleverende_organisatie", error_messages=_GROUP
    )
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


_ANSWER, _MODEL = _Answer(), _Model()


@dataclass(frozen=True, slots=True)
class Told:
    """A traject as received, with who delivers it and the period of the delivery (ISO days)."""

    traject: Any
    organisation: dict[str, Any]
    period: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """One answer or file. `model` is the Uitwisselmodel as received.

    `current`, `pages` and `records` are None when it is not divided in pages.
    """

    sent_at: datetime
    model: dict[str, Any]
    cases: list[Told]
    current: int | None = None
    pages: int | None = None
    records: int | None = None


def read_page(body: bytes) -> Page:
    """Read an answer. Raises PermanentError with everything that is wrong around the trajects."""
    told = read_json(body)
    answer = _loaded(_ANSWER, told, "antwoord")
    return _page(told["gegevens"], answer["model"], **(answer["paging"] or {}))


def read_file(body: bytes) -> Page:
    """Read a file: the model alone, or an answer that was saved. Raises PermanentError."""
    told = read_json(body)
    if isinstance(told, dict) and "gegevens" in told:
        return read_page(body)
    return _page(told, _loaded(_MODEL, told, "bestand"))


def _loaded(schema: RecordSchema, told: Any, what: str) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(told)
    except ValidationError as error:
        found = "; ".join(schema_problems(error, what))
        raise PermanentError(
            f"Het {what} heeft niet de vorm van DDAS v1.0: {found}. {KEPT} "
            f"Vraag de leverancier om het {what} te herstellen.",
            "delivery is not of the DDAS v1.0 shape",
        ) from error
    return loaded


def _page(told: dict[str, Any], model: dict[str, Any], **place: Any) -> Page:
    days = [told.get(name) for name in ("startdatumLevering", "einddatumLevering")]
    start, end = (day if isinstance(day, str) else "" for day in days)
    cases = [
        Told(traject, one["organisation"], (start, end))
        for one in model["deliveries"]
        for traject in one["trajects"]
    ]
    return Page(model["sent_at"], told, cases, **place)


#: How the exchange API is spoken about trajects.
SHV = Standard("trajecten", "aanleverende_organisatie", read_page)


#: Every field that DDAS names inside a traject, whether the hub uses it or not, and what the
#: reader puts around it.
FIELDS = (
    frozenset(names(TRAJECT))
    | frozenset(
        """
    client Burgerservicenummer Geboortedatum Geslachtsaanduiding Postcode Huisnummer
    Huisnummertoevoeging KvK-nummer contactpersonen email functietitel naam telefoonnummer
    key organisatie traject
    """.split()  # noqa: SIM905
    )
    | {"(Statutaire) Naam"}
    | OLD_NAMES
)
