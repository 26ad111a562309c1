"""The connector contract: everything a plugin author imports, on one page.

A connector speaks with ONE outside system. It is declared (name, settings, streams, commands)
and has few methods: `check` looks whether the connection works, `read` yields batches of raw
records, `parse` turns one raw record into facts, `send` delivers a command.

`read` and `parse` are apart on purpose. The hub compares the digest of a raw record with what it
has, and only asks `parse` about records that are new or changed; and a rejected record can be
parsed again from its raw bytes after the mapping is repaired.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

import pluggy
import requests
from marshmallow import RAISE, Schema, fields

from hub.clock import Clock
from hub.entries import Entry, Euros, OrderForm, Trial, Upload, in_dutch
from hub.errors import (
    ConfigError,
    ContractError,
    HubError,
    PermanentError,
    RecordError,
    TransientError,
)
from hub.http import HubSession
from hub.outcomes import Action, action_for
from hub.probe import certificate_step, client_context, key_step, probe
from hub.safe_csv import safe_cell
from hub.sockets import GuardedSmtp
from hub.wire import read_json, read_xml, xml_parser

__all__ = [
    "Action",
    "Answer",
    "Batch",
    "CheckStep",
    "Command",
    "ConfigError",
    "ConfigSchema",
    "Connector",
    "Context",
    "ContractError",
    "Entry",
    "Euros",
    "Fact",
    "GuardedSmtp",
    "HubError",
    "Incoming",
    "OrderForm",
    "PermanentError",
    "Receipt",
    "Record",
    "RecordError",
    "Stream",
    "TransientError",
    "Trial",
    "Upload",
    "action_for",
    "certificate_step",
    "client_context",
    "hookimpl",
    "key_step",
    "probe",
    "read_json",
    "read_xml",
    "safe_cell",
    "setting",
    "xml_parser",
]

#: The deadline of work that has none.
NEVER = datetime.max.replace(tzinfo=UTC)

#: Marks a function as an implementation of a hook of hub/hookspecs.py.
hookimpl = pluggy.HookimplMarker("hub")

#: What a source is to a claim: its creditor's word decides the amount.
Role = Literal["creditor", "debt_help", "exchange", "register", "covenant", "channel"]

#: What silence means in a stream; see `Stream`.
Mode = Literal["snapshot", "changes", "queue", "received"]

#: Where a stream stood: anything JSON can hold, kept by the hub, understood by the connector.
Cursor = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of record that a connector delivers.

    `mode` says what silence means. In a "snapshot" a record that is absent from a complete
    read is gone; in "changes" only a tombstone removes; a "queue" delivers each message until
    it is confirmed and never removes; "received" is never read: the other side calls us, see
    `Connector.receive`. Raise `version` when `parse` changes its outcome: all
    records are then parsed again.
    """

    name: str
    title: str
    mode: Mode
    version: int = 1


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it came over the wire.

    `key` is the source's own stable key (never a BSN), `raw` the bytes from which `parse`
    makes facts; equal bytes are taken as unchanged. `deleted` marks a tombstone.
    """

    key: str
    raw: bytes
    deleted: bool = False

    @classmethod
    def json(cls, key: str, value: Any) -> Record:
        """Make a record of a JSON value; key order does not make a difference."""
        return cls(key, json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records, and where the stream stands after them.

    `cursor` is committed with the records. `complete` may only be true on the last batch of a
    snapshot of which the connector knows (by a count, an end mark) that nothing is missing.
    `caught_up` on the last batch says that the source has no more to say for now, although this
    was no full set: the source is not silent, and nothing is taken to be gone. `confirm` is
    called after the commit, for registers that delete what is confirmed.
    """

    records: list[Record]
    cursor: Cursor | None = None
    complete: bool = False
    caught_up: bool = False
    confirm: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One canonical record, not yet validated: `kind` names its schema in `schemas`.

    `key` is unique within the source for this kind. Amounts are integer euro cents, dates ISO
    text or `date`; a person stands under "person" with a BSN as nine digits.
    """

    kind: str
    key: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CheckStep:
    """One named step of a connection test, with a Dutch sentence about its outcome.

    `ends_at` (UTC) is when what was tested stops to work: a certificate, a token. The hub counts
    down to it and warns in time.
    """

    name: str
    ok: bool
    message: str
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """Something to tell a register. `kind` is one of the connector's `commands`.

    `person` has the shape of schemas.Person; `data` depends on the kind; `created_at` is UTC.
    """

    kind: str
    person: Mapping[str, Any]
    data: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a register answered to a command.

    `reference` is the register's own number. `facts` are what the command brought about and no
    later read will tell (a message that was sent); `refresh` names streams to read at once.
    """

    outcome: Literal["delivered", "refused"]
    reference: str = ""
    message: str = ""
    facts: tuple[Fact, ...] = ()
    refresh: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """One call by an outside system: `path` is what follows the address of the source.

    The names of `headers` are in small letters.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What an outside system gets back.

    `batch` is committed as a read of `stream` before the answer goes out; when that fails, the
    caller gets a 503 instead and may try again.
    """

    status: int
    body: bytes | Iterable[bytes] = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    batch: Batch | None = None
    stream: str = ""


@dataclass(slots=True)
class Context:
    """What the hub hands a connector for one piece of work.

    `owner` is the code of the organisation whose data the source holds; `pseudonym` turns a
    BSN into a stable opaque text, for use inside a key. `people` yields whom the source may be
    asked about (see Connector.asks): the shape of schemas.Person, with "id", the hub's own opaque
    id. `export` yields what stands of one kind of record (see Connector.exports): its fields, with
    "key", "source", and "person" where it has one. `seen` tells of a record that was received
    whether its stream has none under its key ("new"), the same bytes ("same") or others ("other").
    `warn` takes a Dutch sentence about what a source does oddly although it was used: the run tells
    it once, with how often it was said. It names no person. `cancelled` and `deadline` (UTC) are
    looked at between batches by the hub; a connector with long steps looks itself.
    """

    clock: Clock = field(default_factory=Clock)
    http: requests.Session = field(default_factory=HubSession)
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("hub.connector"))
    municipality: str = "0000"
    owner: str = ""
    pseudonym: Callable[[str], str] = lambda bsn: "unkeyed"
    people: Callable[[], Iterator[dict[str, Any]]] = lambda: iter(())
    seen: Callable[[str, Record], Literal["new", "same", "other"]] = lambda stream, record: "new"
    export: Callable[[str], Iterator[dict[str, Any]]] = lambda kind: iter(())
    warn: Callable[[str], None] = lambda sentence: None
    deadline: datetime = NEVER
    cancelled: Callable[[], bool] = lambda: False


class ConfigSchema(Schema):
    """Base of a connector's settings; declare each field with `setting(...)`."""

    error_messages = {"unknown": "Deze instelling bestaat niet."}

    class Meta:
        unknown = RAISE


def setting(
    kind: type[fields.Field[Any]],
    label: str,
    help: str,
    *,
    secret: bool = False,
    path: bool = False,
    incoming: bool = False,
    group: str = "Verbinding",
    **options: Any,
) -> Any:
    """Declare one setting: the form, the validation, the masking and the docs follow from it.

    `label` and `help` are Dutch. A secret is stored encrypted and never shown again.
    Of a `path` the reference {"$file": …} names the file itself, and not what stands in it. A
    secret that is `incoming` is shown to us by the other side, so a connection test cannot try it.
    """
    if "load_default" not in options:
        options.setdefault("required", True)
    metadata = {"label": label, "help": help, "secret": secret, "path": path, "group": group}
    metadata["incoming"] = incoming
    options["error_messages"] = in_dutch(kind) | options.get("error_messages", {})
    return kind(metadata=metadata, **options)


class Connector:
    """Base of every connector: declare the class variables, override what applies.

    `outcomes` overrides hub.outcomes.OUTCOMES where a register means something else by an HTTP
    status. `order` tells within what a command waits until the one before it has ended: commands
    about one resident by default, those of the whole source, or none. `fields` names, by stream,
    every field or element that may stand in a raw record: what is not in it is used by nobody and
    is told once per run. A stream that is absent from it is not looked at. `register` decides who
    may see what it tells (hub/security/fields.py): tax, benefit, help or signal; empty follows
    `role`: a creditor is municipal tax.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    version: ClassVar[str] = "1.0"
    role: ClassVar[Role]
    config: ClassVar[type[ConfigSchema]] = ConfigSchema
    streams: ClassVar[tuple[Stream, ...]] = ()
    commands: ClassVar[tuple[str, ...]] = ()
    outcomes: ClassVar[Mapping[int | str, Action]] = {}
    fields: ClassVar[Mapping[str, frozenset[str]]] = {}
    order: ClassVar[Literal["resident", "source", "none"]] = "resident"
    register: ClassVar[Literal["", "tax", "benefit", "help", "signal"]] = ""
    asks: ClassVar[Literal["", "help", "claims"]] = ""
    exports: ClassVar[tuple[str, ...]] = ()
    entries: ClassVar[tuple[Entry, ...]] = ()
    order_forms: ClassVar[tuple[OrderForm, ...]] = ()
    caution: ClassVar[str] = ""  # Dutch; a new source then starts switched off

    def __init__(self, config: Mapping[str, Any], context: Context) -> None:
        self.settings = config
        self.context = context
        self.http = context.http
        if isinstance(self.http, HubSession):
            self.http.outcomes = self.outcomes

    @classmethod
    def speaks(cls, url: str, http: requests.Session) -> bool:
        """Tell whether what answers at `url` speaks this connector's protocol.

        Asked when a connection is tested, of every other connector of the same role, so that an
        administrator hears what a system supports. `http` carries the account and certificate
        that were filled in. Must change nothing and ask about nobody. Any HubError counts as no.
        """
        return False

    def check(self) -> Iterator[CheckStep]:
        """Yield the steps of a connection test in order; stop after the first that fails.

        May raise HubError: the hub shows it as a failed step. Must not change anything.
        """
        yield CheckStep("Instellingen", True, "De instellingen zijn volledig.")

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield the records of `stream` since `cursor`. Raises HubError when reading fails."""
        raise ContractError(
            f"De koppeling {self.name} kan de gegevensstroom {stream} niet lezen.",
            f"{self.name} does not implement read({stream!r})",
        )

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Turn one raw record into facts, without any outside call.

        Raises RecordError with all problems found; the hub keeps the record for replay.
        """
        raise ContractError(
            f"De koppeling {self.name} kan records van {stream} niet verwerken.",
            f"{self.name} does not implement parse({stream!r})",
        )

    def send(self, command: Command, key: str) -> Receipt:
        """Deliver `command`; the register must treat a repeated `key` as the same command.

        Raises TransientError when it may be tried later (`may_have_arrived` tells whether to
        inquire first), ConfigError when an administrator must act first; any other HubError
        counts as a refusal.
        """
        raise ContractError(
            f"De koppeling {self.name} kent de opdracht {command.kind} niet.",
            f"{self.name} does not implement send({command.kind!r})",
        )

    def receive(self, call: Incoming) -> Answer:
        """Answer a call by the outside system, after checking that it is the one it says.

        The same call twice must deliver the same keys. Raises HubError: the caller gets a 503 for
        a TransientError, a 400 for any other.
        """
        raise ContractError(
            f"De koppeling {self.name} ontvangt niets.", f"{self.name} does not implement receive"
        )

    def enter(
        self, entry: str, values: Mapping[str, Any], person: Mapping[str, Any] | None, key: str
    ) -> list[Record]:
        """Return the records of what a person entered; what they tell replaces what stood.

        `values` went through the schema of the entry, `person` has the shape of schemas.Person
        (None when it is about the source). `key` is that of the record being changed, or a fresh
        one that is the same when a form is sent twice. Raises RecordError with what is wrong.
        """
        raise ContractError(
            f"De koppeling {self.name} kan {entry} niet verwerken.",
            f"{self.name} does not implement enter({entry!r})",
        )

    def entered(self, entry: str, facts: list[Fact]) -> Mapping[str, Any]:
        """Return what the form of `entry` holds for a record with these facts of its kind."""
        (schema,) = (one.schema for one in self.entries if one.name == entry)
        return {name: facts[0].data[name] for name in schema().fields if name in facts[0].data}

    def trial(self, sample: bytes) -> Trial:
        """Return what these settings make of a sample, for who is still trying them out."""
        raise ContractError(
            f"De koppeling {self.name} kan geen voorbeeld tonen.",
            f"{self.name} does not implement trial",
        )

    def inquire(self, key: str) -> Receipt | None:
        """Ask what became of a command whose outcome is unknown; None when it never arrived."""
        return None
