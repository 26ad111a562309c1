"""Sources: configured connections. Their settings are checked by the connector's own schema."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from marshmallow import Schema, ValidationError
from sqlalchemy import Connection, Row, select, update

from hub import logs
from hub.connector import CheckStep, Connector, Context
from hub.core import Hub
from hub.errors import ConfigError, HubError, Outdated, RecordError
from hub.http import HubSession
from hub.pace import Pace
from hub.reach import within
from hub.security.audit import Actor, Deed, log_deed
from hub.settings import resolve
from hub.store import source, stream
from hub.store.engine import insert_new
from hub.sync import changes
from hub.sync.exported import exported
from hub.sync.people import people
from hub.sync.recognise import REACHED, recognised
from hub.trace import traced, tracing

log = logging.getLogger("hub.sync")

#: What a page shows in place of a secret, and what it sends back when nothing was typed.
UNCHANGED = ""


def never() -> bool:
    """Tell that nobody asked to stop."""
    return False


#: How long one piece of work may take.
DEADLINE = timedelta(hours=4)


@dataclass(frozen=True)
class Source:
    """One configured connection; `config` holds the plain settings, references unresolved."""

    id: int
    name: str
    title: str
    connector: type[Connector]
    role: str
    owner: str
    config: Mapping[str, Any] = field(repr=False)
    enabled: bool
    interval_minutes: int
    max_age_hours: int
    requests_per_minute: int | None = None
    reject_days: int = 90
    version: int = 1
    #: The last changes by people: version, at, by, and the names of what was set.
    changes: tuple[Mapping[str, Any], ...] = ()

    def stream_names(self) -> list[str]:
        """Return the names of the streams that are read, in order."""
        return [one.name for one in self.connector.streams if one.mode != "received"]


def save_source(
    hub: Hub, values: Mapping[str, Any], version: int | None = None, actor: Actor | None = None
) -> Source:
    """Make or change a source, in a transaction of its own; see `write_source`."""
    with hub.engine.begin() as connection:
        write_source(connection, hub, values, version, actor)
    return find_source(hub, values["name"])


def write_source(
    connection: Connection,
    hub: Hub,
    values: Mapping[str, Any],
    version: int | None = None,
    actor: Actor | None = None,
) -> int:
    """Make or change the source called `values["name"]`; return its version.

    `values` holds name, title, connector, owner, config, and optionally enabled,
    interval_minutes and max_age_hours. A secret left empty keeps its old value. `version` is that
    of the settings the person saw, 0 for a new source; None overwrites whatever stands. Without
    an `actor` nobody is logged: a demo or a command. Raises Outdated when somebody else changed
    the source since, and ConfigError that names every fault.
    """
    connector = hub.plugins.connector(values["connector"])
    old = _row(connection, hub, values["name"])
    config = _merge_secrets(hub, connector, values["config"], old)
    row = _columns(hub, connector, values)
    asked, stands = changes.as_set(row, config), old.version if old else 0
    if version not in (None, stands):
        raise _outdated(hub, connector, old, version or 0, asked)
    validate_config(connector, config)
    fresh = changes.differences(_set_before(hub, old), asked)
    by = actor.name if actor else "hub"
    row["config"] = hub.keys.seal(json.dumps(config), "source.config")
    row["version"] = stands + 1
    kept = old.changes if old else ()
    row["changes"] = changes.remember(kept, stands + 1, hub.clock.now(), by, fresh)
    if not _put(connection, hub, old, row):
        now = _row(connection, hub, values["name"])
        raise _outdated(hub, connector, now, stands, asked)
    if actor:
        told = ", ".join(fresh)[:200]
        log_deed(connection, hub, actor, Deed("source_set", object=values["name"], reason=told))
    return stands + 1


def _columns(hub: Hub, connector: type[Connector], values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "municipality": hub.municipality,
        "name": values["name"],
        "title": values["title"],
        "connector": connector.name,
        "role": connector.role,
        "owner": values["owner"],
        "enabled": values.get("enabled", True),
        "interval_minutes": values.get("interval_minutes", 24 * 60),
        "max_age_hours": values.get("max_age_hours", 36),
        "requests_per_minute": values.get("requests_per_minute"),
        "reject_days": values.get("reject_days", 90),
        "speaks": any(one.mode != "received" for one in connector.streams),
    }


def _put(connection: Connection, hub: Hub, old: Row[Any] | None, row: dict[str, Any]) -> bool:
    """Write a source; False when somebody else did so since `old` was read."""
    if old is None:
        insert_new(connection, source, [row | {"created_at": hub.clock.now()}])
        made = _row(connection, hub, row["name"])
        return made is not None and made.config == row["config"]
    mine = update(source).where(source.c.id == old.id, source.c.version == old.version)
    return bool(connection.execute(mine.values(**row)).rowcount)


def _set_before(hub: Hub, old: Row[Any] | None) -> changes.Set:
    if old is None:
        return {}
    config = json.loads(hub.keys.open(old.config, "source.config"))
    return changes.as_set(old._asdict(), config)


def _outdated(
    hub: Hub, connector: type[Connector], now: Row[Any] | None, seen: int, asked: changes.Set
) -> Outdated:
    told, version = (now.changes, now.version) if now else ((), 0)
    stands = _set_before(hub, now)
    return changes.outdated(connector, told, version, seen, stands=stands, asked=asked)


def validate_config(connector: type[Connector], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the loaded settings. Raises ConfigError that names every fault."""
    try:
        loaded: dict[str, Any] = connector.config().load(_resolved(connector, config))
    except ValidationError as error:
        faults = faults_of(connector.config(), error)
        raise ConfigError("Deze instellingen kloppen niet. " + " ".join(faults)) from error
    return loaded


def load_form(schema: type[Schema], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form tells. Raises RecordError with every fault in it."""
    made = schema()
    try:
        loaded: dict[str, Any] = made.load(values)
    except ValidationError as error:
        raise RecordError(faults_of(made, error)) from error
    return loaded


def faults_of(schema: Schema, error: ValidationError) -> list[str]:
    """Return every fault in what a form told, each with the label of its field."""
    return [
        f"{_label(schema, name)}: {' '.join(_texts(told))}"
        for name, told in error.messages_dict.items()
    ]


def _texts(told: Any) -> list[str]:
    """Return the sentences of one field, wherever in it they stand."""
    if isinstance(told, Mapping):
        return [text for one in told.values() for text in _texts(one)]
    return [text for one in told for text in _texts(one)] if isinstance(told, list) else [str(told)]


def _resolved(connector: type[Connector], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with what references lead to.

    Of a setting that is a path, {"$file"} names the file and not what stands in it.
    """
    fields = connector.config().fields
    found = dict(config)
    for name, value in config.items():
        of_path = name in fields and fields[name].metadata.get("path")
        is_file = isinstance(value, Mapping) and list(value) == ["$file"]
        found[name] = value["$file"] if of_path and is_file else resolve(value)
    return found


def _label(schema: Any, name: str) -> str:
    if name == "_schema":
        return "Formulier"
    known = schema.fields.get(name)
    return str(known.metadata.get("label", name)) if known else f"{name} (onbekend)"


def _merge_secrets(
    hub: Hub, connector: type[Connector], config: Mapping[str, Any], old: Row[Any] | None
) -> dict[str, Any]:
    merged = dict(config)
    if old is not None and old.connector == connector.name:
        kept = json.loads(hub.keys.open(old.config, "source.config"))
        for name, one in connector.config().fields.items():
            if one.metadata.get("secret") and merged.get(name, UNCHANGED) == UNCHANGED:
                merged[name] = kept.get(name)
    return {name: value for name, value in merged.items() if value not in (None, UNCHANGED)}


def all_sources(hub: Hub) -> list[Source]:
    """Return every source of this municipality whose connector is installed, by name."""
    query = select(source).where(source.c.municipality == hub.municipality).order_by(source.c.name)
    with hub.reader.connect() as connection:
        rows = connection.execute(query).all()
    return [_load(hub, row) for row in rows if row.connector in hub.plugins.connectors]


def find_source(hub: Hub, name: str) -> Source:
    """Return the source called `name`. Raises ConfigError that names the known ones."""
    with hub.reader.connect() as connection:
        row = _row(connection, hub, name)
    if row is None:
        known = ", ".join(one.name for one in all_sources(hub)) or "geen"
        raise ConfigError(f"Er is geen bron met de naam '{name}'. Wel bekend: {known}.")
    return _load(hub, row)


def _row(connection: Connection, hub: Hub, name: str) -> Row[Any] | None:
    return connection.execute(
        select(source).where(source.c.municipality == hub.municipality, source.c.name == name)
    ).one_or_none()


def _load(hub: Hub, row: Row[Any]) -> Source:
    return Source(
        id=row.id,
        name=row.name,
        title=row.title,
        connector=hub.plugins.connector(row.connector),
        role=row.role,
        owner=row.owner,
        config=json.loads(hub.keys.open(row.config, "source.config")),
        enabled=row.enabled,
        interval_minutes=row.interval_minutes,
        max_age_hours=row.max_age_hours,
        requests_per_minute=row.requests_per_minute,
        reject_days=row.reject_days,
        version=row.version,
        changes=tuple(row.changes),
    )


def connect(hub: Hub, one: Source, cancelled: Callable[[], bool] = never) -> Connector:
    """Return the source's connector, ready to work. Raises ConfigError for wrong settings."""
    connector = build(hub, one.connector, one.config, one.owner, cancelled)
    if one.requests_per_minute and isinstance(connector.http, HubSession):
        pace = _pace(hub, one.id, one.requests_per_minute)
        connector.http.pace = lambda: pace.wait(cancelled)
    return connector


def _pace(hub: Hub, source_id: int, per_minute: int) -> Pace:
    pace = hub.paces.get(source_id)
    if pace is None or pace.per_minute != per_minute:
        pace = hub.paces[source_id] = Pace(per_minute)
    return pace


def build(
    hub: Hub,
    connector: type[Connector],
    config: Mapping[str, Any],
    owner: str,
    cancelled: Callable[[], bool] = never,
) -> Connector:
    """Return a connector for settings that need not be saved. Raises ConfigError."""
    context = Context(
        clock=hub.clock,
        http=HubSession(hub.reach),
        log=logging.getLogger(f"hub.connector.{connector.name}"),
        municipality=hub.municipality,
        owner=owner,
        pseudonym=lambda bsn: hub.keys.fingerprint(f"bsn:{bsn}")[:32],
        people=lambda: people(hub, connector),
        export=lambda kind: exported(hub, connector, kind),
        deadline=hub.clock.now() + DEADLINE,
        cancelled=cancelled,
    )
    kind = traced(connector) if tracing() else connector
    loaded = validate_config(connector, config)
    for name, one in connector.config().fields.items():
        if one.metadata.get("secret") and isinstance(loaded.get(name), str):
            logs.hide(loaded[name])
    with within(hub.reach):
        return kind(loaded, context)


def check(
    hub: Hub, connector: type[Connector], config: Mapping[str, Any], owner: str
) -> list[CheckStep]:
    """Test a connection without changing anything; a failure is a step, never an exception.

    The last step may tell what else the system at this address speaks.
    """
    steps = _tested(hub, connector, config, owner)
    if not any(one.name == REACHED and one.ok for one in steps):
        return steps
    others = hub.plugins.connectors.values()
    loaded = validate_config(connector, config)
    with within(hub.reach):
        found = recognised(connector, others, loaded, steps, lambda: HubSession(hub.reach))
    return [*steps, found] if found else steps


def _tested(
    hub: Hub, connector: type[Connector], config: Mapping[str, Any], owner: str
) -> list[CheckStep]:
    steps: list[CheckStep] = []
    try:
        with within(hub.reach):
            for step in build(hub, connector, config, owner).check():
                # A plugin wrote these words, and they go to a page.
                steps.append(replace(step, message=logs.without_secrets(step.message)))
                if not step.ok:
                    break
    except HubError as error:
        steps.append(CheckStep(error.title, False, logs.without_secrets(error.user)))
    except Exception as error:
        log.error("the check of %s broke: %s", connector.name, type(error).__name__)
        told = "De koppeling maakte een onverwachte fout. Meld dit aan de maker van de koppeling."
        steps.append(CheckStep("Koppeling", False, told))
    return steps


def heard(connection: Connection, source_id: int, name: str, at: datetime, as_of: datetime) -> None:
    """Note that the stream was read to its end at `at`, telling the state as of `as_of`."""
    connection.execute(
        update(stream)
        .where(stream.c.source_id == source_id, stream.c.name == name)
        .values(heard_at=at, as_of=as_of)
    )
