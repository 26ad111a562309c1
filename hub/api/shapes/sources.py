"""Sources, their settings and their runs: for the administrator."""

from __future__ import annotations

from marshmallow import fields

from hub.api.paging import Page
from hub.api.shapes.fields import Choice, Flag, Input, Links, Shape, Text, Whole, cents


class SourceStream(Shape):
    """A stream of a source, and its last run."""

    name = fields.String(attribute="stream", allow_none=True)
    heard_at = fields.AwareDateTime(allow_none=True)
    as_of = fields.AwareDateTime(allow_none=True)
    status = fields.String(allow_none=True)
    message = fields.String(allow_none=True)


class SourceState(Shape):
    """How a source that is on is doing. A silent one makes every total a lower bound."""

    name = fields.String()
    title = fields.String()
    silent = fields.Boolean()
    heard_at = fields.AwareDateTime(allow_none=True)
    streams = fields.List(fields.Nested(SourceStream))
    waiting = fields.Integer()
    refused = fields.Integer()
    links = Links({"self": "sources.one", "runs": "runs.of_source"}, {"name": "name"})


class Sources(Page):
    """One page of the sources that are on."""

    items = fields.List(fields.Nested(SourceState))


class SourceSettings(Shape):
    """The settings of a source; of a secret in `config` only that it is there (null)."""

    name = fields.String()
    title = fields.String()
    connector = fields.String()
    role = fields.String()
    owner = fields.String()
    enabled = fields.Boolean()
    interval_minutes = fields.Integer()
    max_age_hours = fields.Integer()
    requests_per_minute = fields.Integer(allow_none=True)
    reject_days = fields.Integer()
    config = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True))
    version = fields.Integer()
    links = Links({"self": "sources.one", "runs": "runs.of_source"}, {"name": "name"})


class SettingsRequest(Input):
    """What to change of a source; what is left out stays, as does a secret that is null."""

    title = Text(least=1)
    owner = Text(least=1, most=40)
    enabled = Flag()
    interval_minutes = Whole(least=1, most=525_600)
    max_age_hours = Whole(least=1, most=87_600)
    requests_per_minute = Whole(least=1, most=100_000, allow_none=True)
    reject_days = Whole(least=1, most=3650)
    config = fields.Dict(
        keys=fields.String(),
        values=fields.Raw(allow_none=True),
        error_messages={"invalid": "is geen object", "null": "is leeg"},
    )


class SourceSet(Shape):
    """A source after its settings changed."""

    name = fields.String()
    version = fields.Integer()
    links = Links({"self": "sources.one"}, {"name": "name"})


class Run(Shape):
    """One attempt to read a stream or deliver commands: read = applied + unchanged + rejected."""

    id = fields.Integer()
    stream = fields.String()
    kind = fields.String()
    status = fields.String()
    planned_at = fields.AwareDateTime()
    started_at = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    read = fields.Integer()
    applied = fields.Integer()
    unchanged = fields.Integer()
    rejected = fields.Integer()
    removed = fields.Integer()
    message = fields.String(allow_none=True)
    as_of = fields.AwareDateTime(allow_none=True)
    decided_by = fields.String(allow_none=True)
    decided_at = fields.AwareDateTime(allow_none=True)
    links = Links({"self": "runs.one"}, {"run_id": "id"})


class Runs(Page):
    """One page of the newest runs of a source."""

    items = fields.List(fields.Nested(Run))


class Reject(Shape):
    """A record that could not be used and waits, with every reason."""

    id = fields.Integer()
    key = fields.String()
    stream = fields.String()
    reasons = fields.List(fields.String())
    rejected_at = fields.AwareDateTime()


class Difference(Shape):
    """What a held delivery lacks."""

    count = fields.Integer()
    residents = fields.Integer()
    open = cents()


class RunDetail(Run):
    """A run with what it rejected and, when it is held, what it lacks."""

    source = fields.String()
    rejects = fields.List(fields.Nested(Reject))
    held = fields.Nested(Difference, allow_none=True)


class RunStarted(Shape):
    """A run that was planned."""

    id = fields.Integer()
    links = Links({"self": "runs.one"}, {"run_id": "id"})


class RunsStarted(Shape):
    """The runs that were planned, one for each stream."""

    runs = fields.List(fields.Nested(RunStarted))


class RunAct(Input):
    """Release or refuse what a held run lacks, or stop a run."""

    act = Choice("release", "refuse", "cancel", required=True)


class RunActed(Shape):
    """A run after that; `removed` is how many records went."""

    id = fields.Integer()
    status = fields.String()
    removed = fields.Integer()
    links = Links({"self": "runs.one"}, {"run_id": "id"})
