"""The connector contract as checks: each takes a bench and fails with what to do about it.

`CHECKS` is the whole list, by name; hub/testing/suite.py makes a pytest class of it.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, get_args

from marshmallow import fields as marshmallow_fields
from sqlalchemy import func, select

from hub.connector import (
    Batch,
    Command,
    Connector,
    ContractError,
    Fact,
    HubError,
    Mode,
    Record,
    Role,
)
from hub.errors import ConfigError
from hub.schedule.worker import sweep
from hub.security.caseload import register_of
from hub.security.fields import group_of
from hub.store import run
from hub.sync.cancel import cancel_run
from hub.sync.sources import UNCHANGED, check, save_source, validate_config
from hub.testing.bench import Bench, NotApplicable, World, silent_server, standing_in
from hub.testing.samples import AT_THE_EXCHANGE
from hub.testing.town import Town, test_bsns
from hub.web.forms import form_fields
from schemas import KINDS, elfproef
from schemas.fields import Cents, Whole

Check = Callable[[Bench], None]

CHECKS: dict[str, Check] = {}

_NAME = re.compile(r"[a-z][a-z0-9_]{1,40}\Z")
_SECRET = re.compile(r"(password|wachtwoord|secret|geheim|api_?key|access_?token|aansluitcode)\Z")
_NINE = re.compile(r"(?<![0-9A-Za-z])[0-9]{9}(?![0-9A-Za-z])")

#: What no mapping can use and every mapping must survive.
RUBBISH: tuple[bytes, ...] = (
    b"",
    b"\x00",
    b"\xff\xfe\xff",
    b"null",
    b"{}",
    b"[]",
    b"<a/>",
    b"<a>",
    b'{"a":',
)
RUBBISH += (b"[" * 100_000, b"<a>" * 100_000, b'"\\ud800"', b"NaN", b"-1")

#: A field that no register has.
UNKNOWN = "zzNieuwVeld"


#: To which connectors a check applies, for checks that say nothing about the others.
APPLIES: dict[str, Callable[[type[Connector]], bool]] = {}


def contract(check: Check) -> Check:
    """Add a check to the list, under its own name."""
    CHECKS[check.__name__] = check
    return check


def about_commands(check: Check) -> Check:
    """Add a check about commands: it applies to connectors that have any."""
    APPLIES[check.__name__] = lambda connector: bool(connector.commands)
    return contract(check)


def about_snapshots(check: Check) -> Check:
    """Add a check about what leaves: it applies to connectors with a snapshot."""
    APPLIES[check.__name__] = lambda connector: any(
        one.mode == "snapshot" for one in connector.streams
    )
    return contract(check)


def checks_for(connector: type[Connector]) -> dict[str, Check]:
    """Return the checks that apply to this connector."""
    everybody: Callable[[type[Connector]], bool] = lambda connector: True  # noqa: E731
    return {name: one for name, one in CHECKS.items() if APPLIES.get(name, everybody)(connector)}


def _good(world: World) -> None:
    for name, outcome in world.read().items():
        assert outcome.status == "succeeded", f"{name}: {outcome.status}, {outcome.message}"


# --- what is declared ------------------------------------------------------------------------


@contract
def declaration(bench: Bench) -> None:
    """Names, title, role, streams and commands are declared and usable."""
    kind = bench.connector
    assert _NAME.match(kind.name), f"name {kind.name!r}: small letters, digits and _"
    assert kind.title.strip(), "title: give the connector a Dutch name"
    assert kind.role in get_args(Role), f"role {kind.role!r}: one of {get_args(Role)}"
    told = kind.streams or kind.commands or kind.exports
    assert told, "declare at least one stream, command or kind that it exports"
    names = [one.name for one in kind.streams]
    assert len(set(names)) == len(names), "two streams have the same name"
    for one in kind.streams:
        assert _NAME.match(one.name), f"stream {one.name!r}: small letters, digits and _"
        assert one.title.strip(), f"stream {one.name}: give it a Dutch title"
        assert one.mode in get_args(Mode), f"stream {one.name}: {one.mode}"
    assert len(set(kind.commands)) == len(kind.commands), "a command is declared twice"


@contract
def settings_explained(bench: Bench) -> None:
    """Every setting has a label and a help text in words."""
    for name, field in bench.connector.config().fields.items():
        label, help_text = field.metadata.get("label", ""), field.metadata.get("help", "")
        assert label.strip(), f"setting {name}: give it a label"
        assert len(help_text) > 5, f"setting {name}: explain in a sentence what to fill in"
        assert help_text.rstrip().endswith((".", "?", "!")), f"setting {name}: end the sentence"


def about_entries(check: Check) -> Check:
    """Add a check about entry by hand: it applies to connectors that have any."""
    APPLIES[check.__name__] = lambda connector: bool(connector.entries)
    return contract(check)


@about_entries
def entries(bench: Bench) -> None:
    """Every entry lands in a stream that keeps it, makes a known kind, and explains its form."""
    streams = {one.name: one.mode for one in bench.connector.streams}
    names = [one.name for one in bench.connector.entries]
    assert len(set(names)) == len(names), "two entries have the same name"
    for one in bench.connector.entries:
        assert _NAME.match(one.name), f"entry {one.name!r}: small letters, digits and _"
        assert one.title.strip(), f"entry {one.name}: give it a Dutch title"
        assert streams.get(one.stream, "snapshot") != "snapshot", (
            f"entry {one.name}: its stream {one.stream!r} must be there and be no snapshot"
        )
        assert one.kind in KINDS, f"entry {one.name}: {one.kind!r} is no kind of record"
        group = group_of(register_of(bench.connector), one.kind)
        assert one.about == "source" or group, f"entry {one.name}: nobody may see a {one.kind}"
        for name, field in one.schema().fields.items():
            assert field.metadata.get("label"), f"entry {one.name}, {name}: give it a label"


def about_order_forms(check: Check) -> Check:
    """Add a check about orders by a form: it applies to connectors that have any."""
    APPLIES[check.__name__] = lambda connector: bool(connector.order_forms)
    return contract(check)


@about_order_forms
def order_forms(bench: Bench) -> None:
    """Every form gives a command that the connector knows, and says what to fill in."""
    names = [one.command for one in bench.connector.order_forms]
    assert len(set(names)) == len(names), "two forms give the same command"
    for one in bench.connector.order_forms:
        assert one.command in bench.connector.commands, f"form {one.command}: no such command"
        assert one.title.strip(), f"form {one.command}: give it a Dutch title"
        for name, field in one.schema().fields.items():
            label, help_text = field.metadata.get("label", ""), field.metadata.get("help", "")
            assert label.strip(), f"form {one.command}, {name}: give it a label"
            assert help_text.strip(), f"form {one.command}, {name}: explain what to fill in"


@contract
def wrong_settings(bench: Bench) -> None:
    """Settings that are absent or unknown are refused, all at once and by their label."""
    schema = bench.connector.config()
    needed = [field.metadata["label"] for field in schema.fields.values() if field.required]
    told = _refused(bench, {})
    for label in needed:
        assert label in told, f"without settings the message must name {label!r}: {told!r}"
    assert UNKNOWN in _refused(bench, {UNKNOWN: "1"}), "an unknown setting must be refused"


def _refused(bench: Bench, config: dict[str, Any]) -> str:
    try:
        validate_config(bench.connector, config)
    except ConfigError as error:
        return error.user
    return ""


@contract
def secrets_hidden(bench: Bench) -> None:
    """What is secret is marked so, and comes back in no form, run, step or log."""
    schema = bench.connector.config()
    secret = [name for name, field in schema.fields.items() if field.metadata.get("secret")]
    unmarked = [name for name in schema.fields if _SECRET.search(name) and name not in secret]
    assert not unmarked, f"declare with secret=True: {unmarked}"
    world = bench.open()
    config = dict(world.source.config)
    shown = [one for group in form_fields(bench.connector.config, config).values() for one in group]
    assert all(one.value == UNCHANGED for one in shown if one.name in secret), "shown in the form"
    values = [str(config[name]) for name in secret if len(str(config.get(name, ""))) > 3]
    with _heard() as lines:
        told = [step.message for step in _steps(world)]
        runs = list(world.read().values())
        if world.side:
            world.side.stop()
            told += [step.message for step in _steps(world)]
            runs += world.read().values()
    told += lines + [f"{one.message} {one.log}" for one in runs]
    for value in values:
        assert not any(value in text for text in told), "a secret stands in a message or a log"


class _Collector(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(record.getMessage())


@contextmanager
def _heard() -> Iterator[list[str]]:
    """Collect every line that is logged, at any level."""
    lines: list[str] = []
    handler = _Collector(lines)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


# --- the connection test ---------------------------------------------------------------------


def _steps(world: World) -> list[Any]:
    one = world.source
    return check(world.hub, one.connector, one.config, one.owner)


@contract
def check_passes(bench: Bench) -> None:
    """Against a side that works every step succeeds, has a name, and says so in a sentence."""
    world = bench.open()
    if world.side:
        world.side.prime()
    before, steps = world.counts(), _steps(world)
    assert steps, "check() yields at least one step"
    for step in steps:
        assert step.name.strip() and step.message.strip(), f"a step without words: {step}"
        assert step.ok, f"step {step.name} fails against a side that works: {step.message}"
    assert world.counts() == before, "check() must not change anything"


@contract
def check_names_what_fails(bench: Bench) -> None:
    """Against a side that is down, or with wrong credentials, one step fails and says so."""
    bench.needs_side()
    world = bench.open()
    assert world.side is not None
    good = dict(world.source.config)
    fields = bench.connector.config().fields
    ours = [name for name in good if fields[name].metadata.get("incoming")]
    for name in (name for name in good if fields[name].metadata.get("secret")):
        if name in ours:
            continue
        _save(world, {**good, name: "fout-fout-fout"})
        _one_fails(world, f"with a wrong {name}")
    _save(world, good)
    world.side.stop()
    _one_fails(world, "while the other side is down")


def _save(world: World, config: dict[str, Any]) -> None:
    one = world.source
    values = {"name": one.name, "title": one.title, "connector": one.connector.name}
    save_source(world.hub, {**values, "owner": one.owner, "config": config})


def _one_fails(world: World, when: str) -> None:
    steps = _steps(world)
    assert [step.ok for step in steps].count(False) == 1, f"{when} exactly one step fails: {steps}"
    assert not steps[-1].ok, f"{when} nothing is tried after the step that fails"
    assert len(steps[-1].message) > 10, f"{when} the step says what to do: {steps[-1]}"


# --- reading ---------------------------------------------------------------------------------


@contract
def first_read(bench: Bench) -> None:
    """The first read delivers records, all usable, and the counts add up."""
    world = bench.open()
    for name, outcome in world.read().items():
        assert outcome.status == "succeeded", f"{name}: {outcome.status}, {outcome.message}"
        assert outcome.read == outcome.applied + outcome.unchanged + outcome.rejected
        assert outcome.rejected == 0, f"{name}: the side's own records are rejected"
        assert outcome.read > 0, f"{name}: the side has records, and none came"


@contract
def second_read_changes_nothing(bench: Bench) -> None:
    """Reading again what did not change writes nothing but the run."""
    world = bench.open()
    _good(world)
    before = world.counts()
    for name, outcome in world.read().items():
        assert outcome.status == "succeeded", f"{name}: {outcome.message}"
        assert outcome.applied == 0, f"{name}: {outcome.applied} records changed by themselves"
    assert world.counts() == before, "a second read wrote rows"


@contract
def keys(bench: Bench) -> None:
    """Keys are unique, stable, fit their column and hold no BSN; raw records are bytes."""
    world = bench.open()
    for stream in bench.streams():
        first, second = world.delivered(stream), world.delivered(stream)
        found = [one.key for one in first]
        assert len(set(found)) == len(found), f"{stream}: two records have the same key"
        assert found and set(found) == {one.key for one in second}, f"{stream}: keys change"
        for one in first:
            assert isinstance(one.key, str) and 0 < len(one.key) <= 120, f"{stream}: key length"
            assert not _bsns(one.key), f"{stream}: a key holds a BSN; use context.pseudonym"
            assert isinstance(one.raw, bytes), f"{stream}: raw is bytes"


def _bsns(text: str) -> list[str]:
    # Nine digits inside a longer hash are chance; the number of a resident of the town is not.
    chance = [found for found in _NINE.findall(text) if elfproef(found)]
    return chance + [bsn for bsn in test_bsns(40) if bsn in text]


def _facts(world: World, bench: Bench) -> Iterator[Fact]:
    connector = world.connector()
    for stream in bench.streams():
        for one in world.delivered(stream):
            yield from connector.parse(stream, one.raw)


@contract
def money(bench: Bench) -> None:
    """Amounts are integers of cents: no float, no text, no euros."""
    world = bench.open()
    for fact in _facts(world, bench):
        for name, field in KINDS[fact.kind].fields.items():
            value = fact.data.get(name)
            if isinstance(field, Cents) and not isinstance(field, Whole) and value is not None:
                assert type(value) is int, (
                    f"{fact.kind}.{name} is {type(value).__name__}, not cents"
                )


@contract
def dates(bench: Bench) -> None:
    """Dates are days, as `date` or ISO text: a moment would shift a day over midnight."""
    world = bench.open()
    for fact in _facts(world, bench):
        for name, field in KINDS[fact.kind].fields.items():
            value = fact.data.get(name)
            if isinstance(field, marshmallow_fields.Field) and type(field).__name__ == "Day":
                assert value in (None, "") or _is_day(value), f"{fact.kind}.{name} is {value!r}"


def _is_day(value: Any) -> bool:
    if isinstance(value, str):
        return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", value))
    return isinstance(value, date) and not isinstance(value, datetime)


@contract
def fact_keys(bench: Bench) -> None:
    """Keys of facts hold no BSN: they stand in the clear."""
    world = bench.open()
    for fact in _facts(world, bench):
        assert not _bsns(fact.key), f"the key of a {fact.kind} holds a BSN"


@contract
def parse_is_pure(bench: Bench) -> None:
    """The same bytes give the same facts, later and with the other side gone."""
    world = bench.open()
    connector = world.connector()
    kept = [(stream, one.raw) for stream in bench.streams() for one in world.delivered(stream)]
    first = [list(connector.parse(stream, raw)) for stream, raw in kept]
    if world.side:
        world.side.stop()
    world.clock.move(days=400)
    again = world.connector()
    assert first == [list(again.parse(stream, raw)) for stream, raw in kept], (
        "parse depends on more"
    )


@contract
def rubbish(bench: Bench) -> None:
    """Bytes that are no record are refused as a RecordError, in words."""
    connector = bench.open().connector()
    for stream in [one.name for one in bench.connector.streams]:
        for raw in RUBBISH:
            try:
                list(connector.parse(stream, raw))
            except HubError as error:
                assert not isinstance(error, ContractError), f"{stream}: {error}"
                assert error.user.strip(), f"{stream}: say what is wrong"
            except BaseException as error:
                text = (
                    f"{stream}: parse({raw[:12]!r}) raises {type(error).__name__}, not RecordError"
                )
                raise AssertionError(text) from error


@contract
def one_bad_record(bench: Bench) -> None:
    """One record that cannot be used costs that record, and it is kept with a reason."""
    world = bench.open()
    spoiled = b"\x00 geen record"

    def spoil(number: int, batch: Batch) -> Batch:
        if number or not batch.records:
            return batch
        first, *rest = batch.records
        return replace(batch, records=[Record(first.key, spoiled), *rest])

    for name, outcome in world.read(standing_in(bench.connector, spoil)).items():
        assert outcome.status == "partly", f"{name}: {outcome.status}, {outcome.message}"
        assert (outcome.rejected, outcome.applied) == (1, outcome.read - 1), f"{name}: {outcome}"


# --- silence ---------------------------------------------------------------------------------


@contract
def down_is_not_empty(bench: Bench) -> None:
    """A side that is down is a failed run that says so, and removes nothing."""
    bench.needs_side()
    world = bench.open()
    _good(world)
    before = world.facts()
    assert world.side is not None
    world.side.stop()
    for name, outcome in world.read().items():
        assert outcome.status == "failed", f"{name}: a side that is down gives {outcome.status}"
        assert isinstance(outcome.error, HubError) and not isinstance(outcome.error, ContractError)
        assert len(outcome.message or "") > 10, f"{name}: say what is wrong"
    assert world.facts() == before, "facts left because the other side was down"


@contract
def empty_is_not_failed(bench: Bench) -> None:
    """A side that has nothing is a good run of no records."""
    bench.needs_side()
    world = bench.open(residents=0)
    for name, outcome in world.read().items():
        assert outcome.status == "succeeded", f"{name}: {outcome.status}, {outcome.message}"


@about_snapshots
def gone_is_gone(bench: Bench) -> None:
    """What a complete snapshot no longer holds is removed, and nothing else."""
    bench.needs_side()
    snapshots = bench.streams("snapshot")
    world = bench.open(residents=8)
    _good(world)
    counts = {name: world.records(name) for name in snapshots}
    bench.fill(world, 5)
    outcomes = world.read()
    for name in snapshots:
        outcome = outcomes[name]
        assert outcome.status == "succeeded", f"{name}: {outcome.message}"
        assert 0 < outcome.removed < counts[name], f"{name}: removed {outcome.removed}"


@about_snapshots
def shrinking_is_held(bench: Bench) -> None:
    """A snapshot that shrinks a lot waits for a person."""
    bench.needs_side()
    snapshots = bench.streams("snapshot")
    world = bench.open(residents=40)
    _good(world)
    bench.fill(world, 4)
    before, outcomes = world.facts(), world.read()
    for name in snapshots:
        assert outcomes[name].status == "held", f"{name}: {outcomes[name].status}"
        assert outcomes[name].removed == 0
    assert {fact[:2] for fact in before} <= {fact[:2] for fact in world.facts()}


# --- interruption ----------------------------------------------------------------------------


class Killed(BaseException):
    """The hub dies here."""


@contract
def kill_and_resume(bench: Bench) -> None:
    """A hub that dies after any batch, or before it confirmed one, loses nothing."""
    reference = bench.open()
    _good(reference)
    wanted = reference.facts()
    for stop in (_dies_before, _dies_confirming):
        for at in range(3):
            world = bench.open()
            try:
                world.read(standing_in(bench.connector, stop(at)))
            except Killed:
                assert sweep(world.hub) == 1, "the run that died is ended and says so"
            _good(world)
            missing = wanted - world.facts()
            assert not missing, f"{stop.__name__}({at}): lost {len(missing)} facts"
            assert world.facts() == wanted, f"{stop.__name__}({at}): more than there should be"


def _dies_before(at: int) -> Callable[[int, Batch], Batch]:
    def change(number: int, batch: Batch) -> Batch:
        if number == at:
            raise Killed
        return batch

    return change


def _dies_confirming(at: int) -> Callable[[int, Batch], Batch]:
    def dies() -> None:
        raise Killed

    def change(number: int, batch: Batch) -> Batch:
        return replace(batch, confirm=dies) if number == at and batch.confirm else batch

    return change


@contract
def cursors(bench: Bench) -> None:
    """Cursors are JSON and mean the same after it; only the last batch may be complete."""
    world = bench.open()
    for stream in bench.streams():
        batches = world.batches(stream)
        for batch in batches:
            if batch.cursor is not None:
                kept = json.loads(json.dumps(batch.cursor))
                assert kept == batch.cursor, f"{stream}: the cursor changes in the store"
        early = [batch for batch in batches[:-1] if batch.complete or batch.caught_up]
        assert not early, f"{stream}: a batch before the last says that it is complete"
        mode = next(s.mode for s in bench.connector.streams if s.name == stream)
        if mode == "snapshot":
            last = batches[-1]
            assert last.complete or last.caught_up, f"{stream}: a whole read never says so"


@contract
def cancel_is_quick(bench: Bench) -> None:
    """A run that waits for a silent side ends within seconds of being cancelled."""
    bench.needs_side()
    world = bench.open()
    _good(world)
    side = world.side
    assert side is not None
    if not side.port:
        raise NotApplicable("de andere kant is geen server, dus die kan niet zwijgen")
    side.stop()
    outcomes: list[Any] = []
    with silent_server(side.port):
        thread = threading.Thread(target=lambda: outcomes.extend(world.read().values()))
        thread.start()
        for _ in bench.connector.streams:
            run_id = _running(world, after=len(outcomes))
            if run_id is None:
                break
            asked = time.monotonic()
            cancel_run(world.hub, run_id)
            _wait_until(lambda id_=run_id: not _is_running(world, id_))  # type: ignore[misc]
            took = time.monotonic() - asked
            # Far less than a request may take (a request waits 30 s): what is meant by quick.
            assert took < 5, f"took {took:.1f} s: use context.http, or look at context.cancelled()"
        thread.join(timeout=10)
    assert not thread.is_alive(), "the run never ended"
    assert "cancelled" in {one.status for one in outcomes}, [one.status for one in outcomes]


def _running(world: World, after: int) -> int | None:
    found: list[int] = []

    def look() -> bool:
        query = select(run.c.id).where(run.c.status == "running")
        with world.hub.reader.connect() as connection:
            found[:] = connection.execute(query).scalars()
        return bool(found)

    return found[0] if _wait_until(look, seconds=3) else None


def _is_running(world: World, run_id: int) -> bool:
    query = select(func.count()).where(run.c.id == run_id, run.c.status == "running")
    with world.hub.reader.connect() as connection:
        return bool(connection.execute(query).scalar_one())


def _wait_until(true: Callable[[], bool], seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


# --- time and change -------------------------------------------------------------------------


@contract
def summer_time(bench: Bench) -> None:
    """The hour that comes twice in October and the one that never comes in March change nothing."""
    bench.needs_side()
    told = []
    # 02:30 in Amsterdam, twice on the same night; then before and after the hour that is skipped.
    for hour in (0, 1):
        world = bench.open(now=datetime(2026, 10, 25, hour, 30, tzinfo=UTC))
        _good(world)
        world.clock.move(hours=1)
        for name, outcome in world.read().items():
            assert outcome.status == "succeeded", f"{name} at {hour}:30 UTC: {outcome.message}"
        told.append(world.facts())
    assert told[0] == told[1], "facts depend on the hour of the night"
    world = bench.open(now=datetime(2026, 3, 29, 0, 30, tzinfo=UTC))
    _good(world)
    world.clock.move(hours=1)
    _good(world)


@contract
def unknown_fields(bench: Bench) -> None:
    """A field the connector has no word for is told once, and spoils nothing."""
    world = bench.open()
    looked_at = [name for name in bench.streams() if name in bench.connector.fields]
    if not looked_at and not _declared(world):
        raise NotApplicable("noem in `fields` welke velden de koppeling kent")

    def add(number: int, batch: Batch) -> Batch:
        # A tombstone holds nothing to which a field could be added.
        told = [o if o.deleted else replace(o, raw=_with_unknown(o.raw)) for o in batch.records]
        return replace(batch, records=told)

    for name, outcome in world.read(standing_in(bench.connector, add)).items():
        assert outcome.status == "succeeded", f"{name}: {outcome.message}"
        if name in _declared(world):
            assert (outcome.message or "").count(UNKNOWN) == 1, f"{name}: {outcome.message}"
    for name, outcome in world.read().items():
        assert not outcome.message, f"{name}: its own fields are called unknown: {outcome.message}"


def _declared(world: World) -> set[str]:
    return set(world.connector().fields)


def _with_unknown(raw: bytes) -> bytes:
    if raw.rstrip().endswith(b">"):
        at = raw.rstrip().rfind(b"</")
        return raw[:at] + f"<{UNKNOWN}>1</{UNKNOWN}>".encode() + raw[at:]
    value = json.loads(raw)
    if isinstance(value, dict):
        return json.dumps(value | {UNKNOWN: 1}).encode()
    return raw


# --- commands --------------------------------------------------------------------------------

#: What a command of each kind carries.
SAMPLES: dict[str, dict[str, Any]] = {
    "set_hold": {
        "ground": "schuldhulp",
        "starts_on": "2026-11-23",
        "ends_on": "2027-05-23",
        "scope": "alle vorderingen",
    },
    "lift_hold": {"reference": "PZ-2026-00000"},
    "register": {"phase": "stabilisatie", "starts_on": "2026-11-23"},
    "change": {"reference": "VISH-2026-000000", "phase": "nazorg", "starts_on": "2026-11-23"},
    "deregister": {
        "reference": "VISH-2026-000000",
        "phase": "nazorg",
        "starts_on": "2026-08-25",
        "ends_on": "2026-11-23",
        "end_reason": "beëindigd",
    },
    "notice": {"party": "stad", "client_number": "c1", "references": []},
    "balance_request": {"party": "stad", "client_number": "c1", "references": ["2026-00000"]},
    **AT_THE_EXCHANGE,
    "publish_event": {"kind": "hold_set", "resident": "r-1", "hold": "h-1"},
    "contact_moment": {"channel": "telefoon", "subject": "Gebeld over de aanmaning"},
    "send_message": {"channel": "sms", "to": "0612345678", "template": "uitnodiging"},
}


def _command(kind: str) -> Command:
    town = Town(1)
    (dossier,) = town.dossiers()
    who = dossier.person
    person = {name: getattr(who, name) for name in ("bsn", "initials", "prefix", "surname")}
    person |= {"birth_date": who.birth_date, "postcode": who.postcode, "street": who.street}
    person |= {"house_number": who.house_number, "addition": "", "city": who.city}
    data = dict(SAMPLES.get(kind, {}))
    if "party" in data:
        # Any other party: one that is connected itself does not write to itself.
        data["party_skp_id"] = town.organisations[1].skp_id
    return Command(kind, person, data, datetime(2026, 11, 23, 11, tzinfo=UTC))


def _each_command(bench: Bench) -> Iterator[tuple[World, str]]:
    bench.needs_side()
    world = bench.open()
    for kind in bench.connector.commands:
        yield world, kind


@about_commands
def commands_are_answered(bench: Bench) -> None:
    """Each command gets a receipt: delivered, or refused with the register's own reason."""
    for world, kind in _each_command(bench):
        receipt = world.connector().send(_command(kind), f"contract-{kind}")
        assert receipt.outcome in ("delivered", "refused"), f"{kind}: {receipt.outcome}"
        if receipt.outcome == "refused":
            assert receipt.message.strip(), f"{kind}: a refusal without a reason"
        assert all(fact.kind in KINDS for fact in receipt.facts), f"{kind}: facts of unknown kind"


@about_commands
def sending_twice_is_sending_once(bench: Bench) -> None:
    """The same key is the same command: the register does it once and answers the same."""
    for world, kind in _each_command(bench):
        key = f"tweemaal-{kind}"
        first = world.connector().send(_command(kind), key)
        again = world.connector().send(_command(kind), key)
        assert (first.outcome, first.reference) == (again.outcome, again.reference), (
            f"{kind}: the second answer differs from the first"
        )
        assert world.side is not None
        done = world.side.effects().get(key)
        assert done in (None, 1), f"{kind}: carried out {done} times; pass the key on"


@about_commands
def inquiries(bench: Bench) -> None:
    """A key nobody sent never arrived; one that was sent has the answer it got, or is resent."""
    for world, kind in _each_command(bench):
        assert world.connector().inquire("nooit-gestuurd") is None, "None for what never arrived"
        sent = world.connector().send(_command(kind), f"navraag-{kind}")
        found = world.connector().inquire(f"navraag-{kind}")
        assert found is None or found.outcome == sent.outcome, f"{kind}: told otherwise afterwards"


@about_commands
def a_lost_command_is_no_refusal(bench: Bench) -> None:
    """A command that cannot be delivered now is tried later; it is not refused."""
    for world, kind in _each_command(bench):
        assert world.side is not None
        world.side.stop()
        try:
            receipt = world.connector().send(_command(kind), f"weg-{kind}")
        except HubError as error:
            later = error.__class__.__name__ in ("TransientError", "ConfigError")
            assert later, f"{kind}: raise TransientError when the side is down, not {error!r}"
        else:
            raise AssertionError(f"{kind}: {receipt.outcome} while the side is down")
        world.side.start()
