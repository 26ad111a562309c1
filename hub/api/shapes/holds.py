"""Pauses of collection."""

from __future__ import annotations

from marshmallow import fields

from hub.api.shapes.fields import Day, Input, Links, Shape


class Hold(Shape):
    """A pause of collection that a creditor confirmed."""

    id = fields.Integer()
    source = fields.String()
    creditor = fields.String()
    reference = fields.String()
    scope = fields.String()
    ground = fields.String()
    starts_on = Day()
    ends_on = Day(allow_none=True)
    confirmed_on = Day()
    links = Links({"self": "holds.one"}, {"hold_id": "id"})


class Holds(Shape):
    """The pauses of a resident."""

    items = fields.List(fields.Nested(Hold))


class HoldRequest(Input):
    """Until when every creditor in the hub is asked to pause."""

    until = Day(required=True)
