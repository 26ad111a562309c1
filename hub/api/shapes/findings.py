"""Findings and the steps that people take with them."""

from __future__ import annotations

from typing import ClassVar

from marshmallow import fields

from hub.api.paging import Page, Paging
from hub.api.shapes.fields import Choice, Chosen, Day, Links, Shape, Text
from hub.overview.findings import PARTS
from hub.reconcile.findings import LONGEST_REASON, SHORTEST, STATES, STEPS


class FindingStep(Shape):
    """One line of the history of a finding."""

    at = fields.String(metadata={"format": "date-time"})
    by = fields.String()
    step = fields.String()
    reason = fields.String(dump_default="")
    until = fields.String(metadata={"format": "date", "optional": True})


class Finding(Shape):
    """Something that contradicts or is missing, in words, and what people made of it."""

    id = fields.Integer()
    rule = fields.String()
    title = fields.String()
    sentence = fields.String()
    advice = fields.String()
    basis = fields.String()
    severity = fields.Integer()
    owner = fields.String()
    resident_id = fields.String(allow_none=True)
    resident = fields.String()
    due_on = Day(allow_none=True)
    overdue = fields.Boolean()
    opened_at = fields.AwareDateTime()
    state = Choice(*STATES)
    assigned_to = fields.String()
    until = Day(allow_none=True)
    reason = fields.String()
    version = fields.Integer()
    history = fields.List(fields.Nested(FindingStep))
    links = Links({"self": "findings.one"}, {"finding_id": "id"})


class Findings(Page):
    """One page of a worklist, most harmful and most urgent first."""

    items = fields.List(fields.Nested(Finding))


class Worklist(Paging):
    """Which part of the worklist: of the team, one's own, put off, or settled; of which rule."""

    part = Choice(*PARTS, load_default="team")
    rule = Text(most=60)


class StepRequest(Chosen):
    """A step with a finding, and until when and why where that belongs to it."""

    by = "step"
    needs: ClassVar = dict.fromkeys(STEPS, ()) | {
        "postpone": ("until", "reason"),
        "settle": ("reason",),
    }

    step = Choice(*STEPS, required=True)
    until = Day()
    reason = Text(least=SHORTEST, most=LONGEST_REASON)


class FindingState(Shape):
    """A finding after a step, without whom it is about."""

    id = fields.Integer()
    state = Choice(*STATES)
    assigned_to = fields.String()
    until = Day(allow_none=True)
    version = fields.Integer()
    links = Links({"self": "findings.one"}, {"finding_id": "id"})
