"""The connector of what is entered by hand: it reads nothing, a caseworker fills in a form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from marshmallow import Schema, ValidationError, validates

from hub.connector import (
    CheckStep,
    Connector,
    Entry,
    Euros,
    Fact,
    Record,
    RecordError,
    Stream,
    setting,
)
from plugins.manual.messages import FIELDS, ORIGINS, form_of, parse, record_of
from schemas.fields import Choice, Day, Text


class PaperClaim(Schema):
    """What a caseworker copies of one claim."""

    origin = setting(
        Choice, "Gezien in", "Waar u de schuld zag.", choices=ORIGINS, group="De schuld"
    )
    creditor = setting(Text, "Schuldeiser", "Wie het geld vraagt.", group="De schuld")
    number = setting(
        Text,
        "Nummer",
        "Het nummer van de schuldeiser, als het er staat.",
        most=64,
        load_default="",
        group="De schuld",
    )
    amount = setting(
        Euros, "Bedrag", "Wat er nog open staat, in euro's, zoals 1234,56.", group="De schuld"
    )
    as_of = setting(Day, "Datum", "De datum op de brief of het scherm.", group="De schuld")
    note = setting(
        Text,
        "Opmerking",
        "Alleen wat nodig is om de schuld te begrijpen. Zet hier geen BSN in.",
        most=500,
        load_default="",
        group="De schuld",
    )

    @validates("amount")
    def _owed(self, value: int, data_key: str) -> None:
        if not 0 < value < 2**31:
            raise ValidationError("vul een bedrag in boven nul, en kleiner dan 21 miljoen euro")


class ManualConnector(Connector):
    """Claims copied by a caseworker. The creditor's own statement always goes before them."""

    name = "manual"
    title = "Met de hand vastgelegde schulden"
    role = "exchange"
    register = "help"
    streams = (Stream("claims", "Opgaven met de hand", "received"),)
    fields = {"claims": FIELDS}
    entries = (
        Entry(
            "claim",
            "Schuld op papier, in Schuldenwijzer of in het DBR",
            "claims",
            PaperClaim,
            "claim_statement",
            help="Neem alleen de cijfers over. De hub bewaart geen foto of PDF: daar staat meer "
            "op dan nodig is. Meldt de schuldeiser zelf een bedrag, dan telt dat bedrag.",
        ),
    )

    def check(self) -> Iterator[CheckStep]:
        """Yield that there is nothing to reach."""
        yield CheckStep("Formulier", True, "Er is geen systeem: medewerkers vullen dit zelf in.")

    def enter(
        self, entry: str, values: Mapping[str, Any], person: Mapping[str, Any] | None, key: str
    ) -> list[Record]:
        """Return the record of one claim. Raises RecordError for a day that is still to come."""
        if values["as_of"] > self.context.clock.today():
            raise RecordError(["Datum: deze dag is nog niet geweest"])
        return [Record.json(key, record_of(values, person or {}, key))]

    def entered(self, entry: str, facts: list[Fact]) -> Mapping[str, Any]:
        """Return what the form held."""
        return form_of(facts[0].data)

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the statement of one claim. Raises RecordError with every problem in it."""
        return parse(raw)
