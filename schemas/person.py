"""A person as a source names them."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from schemas.fields import Bsn, Choice, Day, Details, Flag, Nested, RecordSchema, Text, elfproef


class Person(RecordSchema):
    """Who a record is about: a BSN, or a name, or a postcode with a birth date or house number.

    `bsn_unchecked` is set by connectors of sources in which numbers that fail the elfproef are
    known to occur; they are then kept and shown instead of refused. `birth_date_text` is what is
    known of a birth date of which only a part is ("1980" or "1980-05"); `registered_in` the code
    of the municipality where the person is registered; `secret` an address that may not be given
    to others (Wet BRP 2.59). `details` is what the BRP tells besides: why a record is suspended,
    what is in doubt, where somebody lives who has no address.
    """

    bsn = Bsn(allow_none=True, load_default=None)
    bsn_unchecked = Flag(load_default=False)
    initials = Text(most=40, load_default="")
    prefix = Text(most=20, load_default="")
    surname = Text(load_default="")
    birth_date = Day(allow_none=True, load_default=None)
    street = Text(load_default="")
    house_number = Text(most=10, load_default="")
    addition = Text(most=10, load_default="")
    postcode = Text(most=7, load_default="")
    city = Text(load_default="")
    phone = Text(most=40, load_default="")
    email = Text(load_default="")
    first_names = Text(load_default="")
    gender = Text(most=10, load_default="")
    deceased_on = Day(allow_none=True, load_default=None)
    registered_in = Text(most=4, load_default="")
    birth_date_text = Text(most=10, load_default="")
    secret = Flag(load_default=False)
    details = Details()

    @validates_schema
    def _identifiable(self, data: dict[str, Any], **kwargs: Any) -> None:
        bsn = data["bsn"]
        if bsn and not data["bsn_unchecked"] and not elfproef(bsn):
            raise ValidationError("voldoet niet aan de elfproef; controleer het BSN", "bsn")
        somewhere = data["postcode"] and (data["birth_date"] or data["house_number"])
        if not (bsn or data["surname"] or somewhere):
            raise ValidationError("ontbreekt, en zonder naam of adres is niemand te vinden", "bsn")


class Contact(RecordSchema):
    """How somebody can be reached; `permitted` is what the person said of its use, if anything.

    `origin` is who gave it, in the words of the source.
    """

    person = Nested(Person, required=True)
    kind = Choice(("phone", "email", "address"), required=True)
    value = Text(required=True)
    origin = Text(most=100, load_default="")
    permitted = Flag(allow_none=True, load_default=None)
    noted_on = Day(allow_none=True, load_default=None)


class ContactAttempt(RecordSchema):
    """An attempt to reach somebody; `about` is the source's key of the claim or signal."""

    person = Nested(Person, allow_none=True, load_default=None)
    about = Text(most=100, load_default="")
    on = Day(required=True)
    part_of_day = Text(most=20, load_default="")
    channel = Text(most=40, load_default="")
    reached = Flag(allow_none=True, load_default=None)
    note = Text(most=500, load_default="")
