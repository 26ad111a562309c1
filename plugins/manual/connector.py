"""The connector of what is entered by hand: it reads nothing, a caseworker fills in a form."""

from __future__ import annotations

import re
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
    Upload,
    setting,
)
from plugins.manual.messages import (
    FIELDS,
    LIST_FIELDS,
    ORIGINS,
    form_of,
    parse,
    parse_list,
    record_of,
)
from plugins.manual.table import read_table
from schemas import CLAIM_TYPES, elfproef
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
    type = setting(
        Choice,
        "Soort",
        "Wat voor schuld het is. Weet u het niet, kies dan overig.",
        choices=CLAIM_TYPES,
        load_default="overig",
        group="De schuld",
    )
    amount = setting(
        Euros, "Bedrag", "Wat er nog open staat, in euro's, zoals 1234,56.", group="De schuld"
    )
    as_of = setting(Day, "Datum", "De datum op de brief of het scherm.", group="De schuld")
    former = setting(
        Text,
        "Oorspronkelijke schuldeiser",
        "Alleen als een ander het geld nu vraagt, zoals een deurwaarder: van wie de schuld eerst "
        "was. Zo telt de hub dezelfde schuld niet twee keer.",
        load_default="",
        group="Overgedragen",
    )
    former_number = setting(
        Text,
        "Nummer daar",
        "Het nummer van de oorspronkelijke schuldeiser.",
        most=64,
        load_default="",
        group="Overgedragen",
    )
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


class PaperList(Schema):
    """A file with several claims, and where it came from."""

    file = setting(
        Upload,
        "Bestand",
        "Een CSV- of Excel-bestand met de kolommen Gezien in, Schuldeiser, Bedrag en Datum, en als "
        "u ze hebt Nummer, Soort, Oorspronkelijke schuldeiser, Nummer daar en Opmerking.",
    )
    note = setting(
        Text, "Herkomst", "Van wie de lijst komt en van welke dag, zoals: inwoner, 1 november.",
        most=200,
    )  # fmt: skip


class ManualConnector(Connector):
    """Claims copied by a caseworker. The creditor's own statement always goes before them."""

    name = "manual"
    title = "Met de hand vastgelegde schulden"
    role = "exchange"
    register = "help"
    streams = (
        Stream("claims", "Opgaven met de hand", "received"),
        Stream("lists", "Ingelezen lijsten", "received"),
    )
    fields = {"claims": FIELDS, "lists": LIST_FIELDS}
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
        Entry(
            "list",
            "Lijst met schulden inlezen",
            "lists",
            PaperList,
            "claim_statement",
            help="Voor meer schulden tegelijk, van deze ene inwoner. De hub neemt de lijst alleen "
            "over als alle rijen kloppen. Een foto of PDF kan niet.",
        ),
    )

    def check(self) -> Iterator[CheckStep]:
        """Yield that there is nothing to reach."""
        yield CheckStep("Formulier", True, "Er is geen systeem: medewerkers vullen dit zelf in.")

    def enter(
        self, entry: str, values: Mapping[str, Any], person: Mapping[str, Any] | None, key: str
    ) -> list[Record]:
        """Return the record of one claim or of a list. Raises RecordError with every problem."""
        who = person or {}
        if entry == "claim":
            _require_right(self._doubts(values, who))
            return [Record.json(key, record_of(values, who, key))]
        rows = read_table(values["file"], PaperClaim())
        _require_right(
            f"Rij {number}: {text}" for number, one in rows for text in self._doubts(one, who)
        )
        _require_right([text for text in _personal({"note": values["note"]}, who)])
        claims = [record_of(one, who, f"{key}-{at}") for at, (_, one) in enumerate(rows, start=1)]
        return [Record.json(key, {"id": key, "list": values["note"], "claims": claims})]

    def _doubts(self, values: Mapping[str, Any], person: Mapping[str, Any]) -> Iterator[str]:
        """Yield what no form can see of a claim that was filled in right."""
        today = self.context.clock.today()
        if values["as_of"] > today:
            yield "Datum: deze dag is nog niet geweest"
        if values["as_of"].year < today.year - LONGEST:
            yield f"Datum: deze dag is meer dan {LONGEST} jaar geleden; controleer het jaar"
        yield from _personal(values, person)

    def entered(self, entry: str, facts: list[Fact]) -> Mapping[str, Any]:
        """Return what the form held; of a list where it came from."""
        if entry == "list":
            return {"note": f"{facts[0].data['details'].get('list', '')}"}
        return form_of(facts[0].data)

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the statement of one claim. Raises RecordError with every problem in it."""
        return parse_list(raw) if stream == "lists" else parse(raw)


#: No debt is told of that is older than this, in years; a slip in a year is.
LONGEST = 30

#: Nine digits that may be a BSN, in the ways in which people write one.
_DIGITS = re.compile(r"(?<![0-9])[0-9]{4}[ .]?[0-9]{2}[ .]?[0-9]{3}(?![0-9])")


def _personal(values: Mapping[str, Any], person: Mapping[str, Any]) -> Iterator[str]:
    """Yield where a BSN was typed; it has a place of its own, in which it is sealed."""
    for name in ("creditor", "number", "former", "former_number", "note"):
        found = {re.sub("[ .]", "", one) for one in _DIGITS.findall(str(values.get(name, "")))}
        # A number of a creditor may look like a BSN; in a remark nothing else has nine digits.
        if person.get("bsn") in found or (name == "note" and any(map(elfproef, found))):
            label = PaperClaim().fields[name].metadata["label"]
            yield f"{label}: hier staat een BSN; haal het weg, want de hub weet al om wie het gaat"


def _require_right(problems: Iterable[str]) -> None:
    found = list(problems)
    if found:
        raise RecordError(found)
