"""A person as a source names them."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from schemas.fields import Bsn, Day, Flag, RecordSchema, Text, elfproef


class Person(RecordSchema):
    """Who a record is about. Either a BSN, or a name or birth date with an address.

    `bsn_unchecked` is set by connectors of sources in which numbers that fail the elfproef are
    known to occur; they are then kept and shown instead of refused.
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

    @validates_schema
    def _identifiable(self, data: dict[str, Any], **kwargs: Any) -> None:
        bsn = data["bsn"]
        if bsn and not data["bsn_unchecked"] and not elfproef(bsn):
            raise ValidationError("voldoet niet aan de elfproef; controleer het BSN", "bsn")
        if not bsn and not (data["surname"] or (data["birth_date"] and data["postcode"])):
            raise ValidationError("ontbreekt, en zonder naam of adres is niemand te vinden", "bsn")
