"""The wire format of one traject: the Uitwisselmodel of DDAS SHV, read from v0.9 on.

Field names are the standard's own, capitals and brackets included. The standard obliges very
little: of a traject only `gemeentecode`. What the hub cannot do without is obliged here as well: a
client who can be found, and some day on which the case had begun. A fault in a day on which the
case's phase rests, or in the amount or day of a debt, costs the case; other faulty fields are set
aside (shape.py). A debt without amount or day is no fault: it stays with the case.

An item of `schulden` may hold more than the standard names. That a supplier puts the creditor's
number in such a field, and under which name, is an assumption of ours and a setting.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from hub.ddas import LIST, NULL, Euros, inside
from plugins.debt_help.shape import CLIENT, DEBT, TRAJECT, fits, names
from plugins.debt_help.versions import OLD_NAMES
from schemas import elfproef
from schemas.fields import Bsn, Day, Nested, RecordSchema, Text

#: What DDAS asks of the clients of a traject.
TWO_AT_MOST = "verwacht één of twee cliënten"

#: The standard's own fields of a debt: none of these can hold the creditor's number.
DEBT_FIELDS = tuple(DEBT)


_PART_OF_DATE = re.compile(r"\d{4}(-\d{2}(-00)?)?")


def _day(name: str | None = None) -> Day:
    return Day(load_default=None, allow_none=False, data_key=name, error_messages=NULL)


def _text(name: str | None = None, most: int = 200) -> Text:
    return Text(most=most, load_default="", data_key=name, error_messages=NULL)


class Loose(fields.Field[str]):
    """Text on which nothing rests: what is no text, or too long, is as good as absent.

    It is told as a warning and stays with the case (shape.py). A whole number counts as its digits.
    """

    def __init__(self, name: str | None = None, most: int = 200) -> None:
        super().__init__(load_default="", data_key=name, allow_none=True)
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if type(value) is int:
            value = str(value)
        try:
            return str(Text(most=self.most).deserialize(value))
        except ValidationError:
            return ""


def _group(days: str, **more: fields.Field[Any]) -> Nested:
    """Return a group of a traject: the days with these names, and more fields."""
    parts = {name: _day() for name in days.split()} | more
    shape = RecordSchema.from_dict(parts)
    return Nested(shape, load_default=dict, error_messages=NULL)


def _check_elfproef(bsn: str) -> None:
    if not elfproef(bsn):
        raise ValidationError("voldoet niet aan de elfproef; controleer het BSN")


class _Bsn(Bsn):
    """A BSN as text: as a number in JSON it has lost the zero that it may begin with."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if type(value) is int:
            raise ValidationError("is een getal; verwacht tekst van precies negen cijfers")
        return super()._deserialize(value, attr, data, **kwargs)


def _bsn(*, strict: bool) -> Bsn:
    return _Bsn(
        load_default=None,
        allow_none=False,
        data_key="Burgerservicenummer",
        error_messages=NULL,
        validate=[_check_elfproef] if strict else [],
    )


class BirthDate(fields.Field[date | str | None]):
    """A birth date, or the part of it that is known: 1980, 1980-05 or 1980-05-00.

    What is neither is as good as absent: a client may be found without.
    """

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, **kwargs: Any
    ) -> date | str | None:
        return birth_date(value)


def birth_date(told: Any) -> date | str | None:
    """Return a birth date, the part of it that is known, or None when it is not readable."""
    text = told.strip() if isinstance(told, str) else ""
    if _PART_OF_DATE.fullmatch(text):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class Client(RecordSchema):
    """A client: a BSN, or a postcode with a birth date or house number."""

    bsn = _bsn(strict=False)
    birth_date = BirthDate(load_default=None, data_key="Geboortedatum", allow_none=True)
    gender = Loose("Geslachtsaanduiding", 10)
    postcode = Loose("Postcode", 7)
    house_number = Loose("Huisnummer", 10)
    addition = Loose("Huisnummertoevoeging", 10)

    @validates_schema
    def _findable(self, data: dict[str, Any], **kwargs: Any) -> None:
        whole = isinstance(data["birth_date"], date)
        if not data["bsn"] and not (data["postcode"] and (whole or data["house_number"])):
            text = "ontbreekt, en zonder geboortedatum en postcode is niemand te vinden"
            raise ValidationError(text, "Burgerservicenummer")


class Creditor(RecordSchema):
    """A creditor. The standard has both `naam` and `Naam`, to be filled alike."""

    naam = Loose(most=2000)
    other_name = Loose("Naam", most=2000)
    kvknummer = Loose()


def _check_size(euros: int) -> None:
    if not fits(euros):
        raise ValidationError("is onmogelijk groot; verwacht een bedrag in hele euro's")


class Debt(RecordSchema):
    """A debt as the file lists it. Without a sort it counts as "Overig"."""

    bedrag = Euros(load_default=None, validate=_check_size)
    peildatum = _day()
    schuldsoort = Loose()
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
    oplossing = _group("startdatum", soort=Loose(most=2000))
    nazorg = _group("startdatum")
    uitstroom = _group("datum datumBeeindigingsbeschikking", reden=Loose(most=2000))

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


_CLIENTS = {**LIST, "required": f"ontbreekt; {TWO_AT_MOST}"}


def _one_or_two(clients: list[Any]) -> None:
    if not 1 <= len(clients) <= 2:
        raise ValidationError(f"telt {len(clients)} cliënten; {TWO_AT_MOST}")


def traject_schema(reference_field: str, *, strict_bsn: bool) -> RecordSchema:
    """Return the shape of a traject; `strict_bsn` refuses a BSN that fails the elfproef."""
    client = Client.from_dict({"bsn": _bsn(strict=strict_bsn)})
    debt = Debt.from_dict({"reference": _text(reference_field, 64)})
    people = fields.List(
        fields.Nested(client), required=True, validate=_one_or_two, error_messages=_CLIENTS
    )
    debts = fields.List(fields.Nested(debt), load_default=list, error_messages=LIST)
    made = Traject.from_dict({"client": people, "schulden": debts})
    schema = made()
    assert isinstance(schema, RecordSchema)
    return schema


#: Every field that DDAS names inside a traject, whether the hub uses it or not, and what the
#: reader puts around it.
FIELDS = (
    frozenset(names(TRAJECT))
    | frozenset(names(CLIENT))
    | frozenset(
        """
    client KvK-nummer contactpersonen email functietitel naam telefoonnummer
    key organisatie traject
    """.split()  # noqa: SIM905
    )
    | {"(Statutaire) Naam"}
    | OLD_NAMES
)
