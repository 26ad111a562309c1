"""Commands to registers, and their receipts."""

from __future__ import annotations

from marshmallow import fields

from hub.api.paging import Page
from hub.api.shapes.fields import Choice, Chosen, Input, Links, Shape, Text
from hub.sync.outbox import ACTS

#: What can be asked of the registers here, and what belongs to it; a pause is asked at holds.
KINDS: dict[str, tuple[str, ...]] = {
    "register": (),
    "deregister": (),
    "notice": ("party",),
    "balance_request": ("party",),
}


class CommandState(Shape):
    """A command and its receipt: what came of it, under which number, in whose words."""

    id = fields.String()
    kind = fields.String()
    source = fields.String()
    ground = fields.String()
    state = fields.String()
    asked = fields.String()
    created_by = fields.String()
    created_at = fields.AwareDateTime()
    attempts = fields.Integer()
    ended_at = fields.AwareDateTime(allow_none=True)
    reference = fields.String()
    message = fields.String()
    handled_by = fields.String(allow_none=True)
    handled_at = fields.AwareDateTime(allow_none=True)
    links = Links({"self": "commands.one"}, {"command_id": "id"})


class Commands(Page):
    """One page of the commands about a resident, newest first."""

    items = fields.List(fields.Nested(CommandState))


class CommandRequest(Chosen):
    """What to ask of a register; `party` is the code of a covenant party, for a message to it."""

    by = "kind"
    needs = KINDS

    kind = Choice(*KINDS, required=True)
    party = Text(least=1, most=40)


class Given(Shape):
    """A command that now waits in the outbox."""

    id = fields.String()
    links = Links({"self": "commands.one"}, {"command_id": "id"})


class GivenAll(Shape):
    """The commands that an order made, one for each register.

    With `awaitsApproval` nothing went out: a second person must approve it at the page first.
    """

    commands = fields.List(fields.Nested(Given))
    awaits_approval = fields.Boolean()


class CommandAct(Input):
    """What to do with a command: hold it back, take it back, let it go on, note that you saw."""

    act = Choice(*ACTS, required=True)


class CommandActed(Shape):
    """A command after that."""

    id = fields.String()
    state = fields.String()
    links = Links({"self": "commands.one"}, {"command_id": "id"})
