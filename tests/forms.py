"""Connectors whose other side is a person at a form: entry by hand, and orders by a form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from marshmallow import Schema

from hub.connector import (
    Command,
    Connector,
    Entry,
    Fact,
    HubError,
    OrderForm,
    Receipt,
    Record,
    RecordError,
    Stream,
    Upload,
    hookimpl,
    read_json,
    setting,
)
from schemas.fields import Day, Flag, Text, Whole


class Told(Schema):
    """What somebody fills in about a claim."""

    creditor_name = setting(Text, "Schuldeiser", "Van wie de schuld is.")
    open = setting(Whole, "Bedrag in centen", "Zonder komma.")
    as_of = setting(Day, "Datum", "Van welke dag dit is.")
    disputed = setting(Flag, "Betwist", "Of de inwoner het betwist.", load_default=False)


class Party(Schema):
    """What somebody fills in about an organisation."""

    name = setting(Text, "Naam", "Van de organisatie.")
    list = setting(Upload, "Lijst", "Een bestand met namen.", load_default=b"")


class HandConnector(Connector):
    """Claims that a person tells, and the parties of a covenant."""

    name = "hand"
    title = "Met de hand"
    role = "exchange"
    streams = (
        Stream("claims", "Opgaven", "received"),
        Stream("parties", "Partijen", "received"),
    )
    entries = (
        Entry("claim", "Schuld", "claims", Told, "claim_statement"),
        Entry("party", "Partij", "parties", Party, "participant", "source"),
    )

    def enter(
        self, entry: str, values: Mapping[str, Any], person: Mapping[str, Any] | None, key: str
    ) -> list[Record]:
        if values.get("creditor_name") == "Niemand":
            raise RecordError(["Schuldeiser: niemand bestaat niet"])
        if entry == "claim":
            told = {**values, "as_of": values["as_of"].isoformat(), "person": person}
            who = {"bsn": "999990032"} if values["creditor_name"] == "Ander" else person
            data = {**told, "person": who, "type": "overig", "reference": key[:20]}
            return [Record.json(key, ["claim_statement", data])]
        names = values["list"].decode().split() or [values["name"]]
        return [Record.json(f"{key}-{n}", ["participant", _party(n)]) for n in names]

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        try:
            kind, data = read_json(raw)
            return [Fact(kind, data.get("reference") or data["name"], data)]
        except (HubError, ValueError, TypeError, AttributeError) as error:
            raise RecordError("is geen opgave") from error


class Ending(Schema):
    """What somebody fills in to end something."""

    reference = setting(Text, "Kenmerk", "Van wat er eindigt.")
    on = setting(Day, "Datum", "Wanneer het eindigt.", load_default=None)


class FormConnector(Connector):
    """A register that is asked something by a form; it keeps what it was asked."""

    name = "letters"
    title = "Brieven"
    role = "exchange"
    commands = ("guarantee_end",)
    order_forms = (OrderForm("guarantee_end", "Beëindigen", Ending),)

    def send(self, command: Command, key: str) -> Receipt:
        return Receipt("delivered", key, "Aangekomen.")


def _party(name: str) -> dict[str, Any]:
    days = {"signed_on": "2026-01-01", "valid_from": "2026-01-01"}
    return {"name": name, "code": name.lower(), "kind": "gemeente", **days}


def hand_plugin() -> Any:
    """The plugin that brings both."""

    @hookimpl
    def hub_connectors() -> list[type[Connector]]:
        return [HandConnector, FormConnector]

    return SimpleNamespace(
        __name__="test_plugin_hand", __file__=__file__, hub_connectors=hub_connectors
    )
