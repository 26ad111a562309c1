"""Participants of the covenant that an administrator keeps in the hub itself, for who has no table.

One at a time on a form, or many at once from a CSV or Excel file. Of a file everything that is
wrong is told at once, and nothing of it is kept until all of it is right.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from marshmallow import Schema

from hub.connector import (
    CheckStep,
    Connector,
    Entry,
    Fact,
    PermanentError,
    Record,
    RecordError,
    Stream,
    Upload,
    read_json,
    setting,
)
from plugins.clo.messages import FIELDS, KINDS, columns_of, parse_row
from plugins.clo.tables import TableRow, read_any, records
from schemas.fields import Choice, Day, Flag, Text, Whole

#: What is said of every term that the hub fills in itself (registers.md 3.2).
_SISTER = "Dit is de termijn van het zusterconvenant; controleer hem met uw eigen convenant."


class PartyForm(Schema):
    """What an administrator fills in of one participant."""

    name = setting(Text, "Naam", "De naam van de organisatie.", group="Wie")
    kind = setting(Choice, "Soort", "Wat voor organisatie het is.", choices=KINDS, group="Wie")
    code = setting(
        Text,
        "Code",
        "De korte naam waaronder de hub deze organisatie kent, zoals bij haar bron.",
        most=40,
        group="Wie",
    )
    kvk = setting(Text, "KvK-nummer", "Acht cijfers.", most=8, load_default="", group="Wie")
    skp_id = setting(
        Text,
        "Nummer bij het Schuldenknooppunt",
        "Het nummer (UUID); zonder dat nummer kan de hub er niet heen schrijven.",
        most=36,
        load_default="",
        group="Wie",
    )
    signed_on = setting(Day, "Getekend op", "De dag waarop deze partij tekende.", group="Wanneer")
    valid_from = setting(Day, "Geldig van", "De eerste dag met deze afspraken.", group="Wanneer")
    valid_until = setting(
        Day,
        "Geldig tot en met",
        "Leeg als het nog geldt. Veranderen de afspraken? Vul hier de laatste dag in en leg de "
        "nieuwe afspraken apart vast; zo blijft te zien wat toen gold.",
        allow_none=True,
        load_default=None,
        group="Wanneer",
    )
    prior_consent = setting(
        Flag,
        "Vooraf akkoord",
        "Stemt vooraf in met een voorstel, als er geen obstakel is.",
        load_default=False,
        group="Afspraken",
    )
    pause_days = setting(
        Whole, "Pauze in dagen", f"Hoe lang incasso stopt. {_SISTER}", load_default=240,
        group="Afspraken",
    )  # fmt: skip
    hold_confirm_working_days = setting(
        Whole,
        "Pauze bevestigd binnen (werkdagen)",
        f"Hoe snel de partij de pauze bevestigt. {_SISTER}",
        load_default=1,
        group="Afspraken",
    )
    balance_working_days = setting(
        Whole,
        "Saldo binnen (werkdagen)",
        f"Hoe snel de partij het saldo meldt. {_SISTER}",
        load_default=15,
        group="Afspraken",
    )
    exclusions = setting(
        Text,
        "Uitzonderingen",
        "Welke vorderingen niet onder het convenant vallen.",
        most=1000,
        load_default="",
        group="Afspraken",
    )
    obstacle = setting(
        Text,
        "Obstakel",
        "Waarom deze partij niet vooraf akkoord gaat.",
        most=500,
        load_default="",
        group="Afspraken",
    )
    checked_on = setting(
        Day,
        "Gecontroleerd op",
        "De dag waarop iemand dit naast het getekende convenant legde. Leeg is: nog niet.",
        allow_none=True,
        load_default=None,
        group="Controle",
    )
    note = setting(
        Text, "Opmerking", "Wat er verder te weten is.", most=500, load_default="",
        group="Controle",
    )  # fmt: skip


class TableForm(Schema):
    """A file with many participants."""

    file = setting(Upload, "Bestand", "Een CSV- of Excel-bestand met de afgesproken kolommen.")
    note = setting(Text, "Herkomst", "Van wie het bestand komt en van welke dag.", most=500)


class CovenantByHand(Connector):
    """Participants that an administrator fills in; it reads nothing by itself."""

    name = "clo_hand"
    title = "Convenant Lokale Overheid (zelf bijhouden)"
    role = "covenant"
    streams = (
        Stream("participants", "Convenantpartijen", "received"),
        Stream("tables", "Ingelezen tabellen", "received"),
    )
    exports = ("participant",)
    fields = {"participants": FIELDS | {"id"}, "tables": FIELDS | {"id", "rijen", "herkomst"}}
    entries = (
        Entry(
            "participant",
            "Convenantpartij",
            "participants",
            PartyForm,
            "participant",
            "source",
            help="De tekst van het convenant is niet openbaar. Leg elke termijn naast uw eigen "
            "getekende convenant.",
        ),
        Entry(
            "table",
            "Tabel inlezen",
            "tables",
            TableForm,
            "participant",
            "source",
            help="De hub neemt de tabel alleen over als alle rijen kloppen.",
        ),
    )

    def check(self) -> Iterator[CheckStep]:
        """Yield that there is nothing to reach."""
        yield CheckStep("Formulier", True, "Er is geen systeem: de beheerder vult dit zelf in.")

    def enter(
        self, entry: str, values: Mapping[str, Any], person: Mapping[str, Any] | None, key: str
    ) -> list[Record]:
        """Return the record of one participant, or of a whole table. Raises RecordError."""
        told: dict[str, Any] = {"id": key}
        if entry == "participant":
            stream, told = "participants", told | {"rij": columns_of(values), "fouten": []}
        else:
            told |= {"rijen": _right_rows(values["file"]), "herkomst": values["note"]}
            stream = "tables"
        record = Record.json(key, told)
        self._require_apart(key, self.parse(stream, record.raw))
        return [record]

    def _require_apart(self, key: str, facts: Iterable[Fact]) -> None:
        """Raise RecordError where a period overlaps with one of the same party that stands."""
        # What stands under this key is replaced by it.
        stood = [
            one
            for one in self.context.export("participant")
            if not one["key"].startswith(f"{key}/")
        ]
        for fact in facts:
            others = [_period(one) for one in stood if _overlaps(fact.data, one)]
            if others:
                raise RecordError(
                    f"Van {fact.data['code']} staan al afspraken vast die in deze tijd gelden: "
                    f"{', '.join(others)}. Wijzig die, of vul daar eerst een laatste dag in"
                )

    def entered(self, entry: str, facts: list[Fact]) -> Mapping[str, Any]:
        """Return what the form held; of a table where it came from, with how many are in it."""
        if entry == "participant":
            return super().entered(entry, facts)
        return {"note": facts[0].data["note"]}

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the facts of one participant or of a table. Raises RecordError."""
        told = read_json(raw, "De tabel", half_characters=True)
        id_ = str(told.get("id", "")) if isinstance(told, dict) else ""
        if stream == "participants":
            return [_under(id_, fact) for fact in parse_row(raw)]
        rows = told.get("rijen") if isinstance(told, dict) else None
        if not isinstance(rows, list):
            raise RecordError("De tabel heeft geen rijen")
        return [_under(id_, _from_table(row, str(told.get("herkomst", "")))) for row in rows]


def _under(id_: str, fact: Fact) -> Fact:
    """Return a fact that can be told from others by the form that it was filled in on."""
    return Fact(fact.kind, f"{id_}/{fact.key}" if id_ else fact.key, fact.data)


def _overlaps(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    if new["code"] != old["code"]:
        return False
    ends, ended = new.get("valid_until") or date.max, old["valid_until"] or date.max
    return bool(new["valid_from"] <= ended and old["valid_from"] <= ends)


def _period(one: Mapping[str, Any]) -> str:
    ends = f"{one['valid_until']:%d-%m-%Y}" if one["valid_until"] else "nu"
    return f"{one['valid_from']:%d-%m-%Y} tot en met {ends} ({one['source']})"


def _right_rows(body: bytes) -> list[Any]:
    """Return the rows of a file. Raises RecordError with every problem of every row."""
    try:
        rows: list[TableRow] = read_any(body)
    except PermanentError as error:
        raise RecordError([error.user]) from error
    problems = [] if rows else ["Het bestand heeft geen rijen onder de kopregel"]
    # The first row of a table is the header.
    for number, record in enumerate(records(rows), start=2):
        try:
            parse_row(record.raw)
        except RecordError as error:
            problems += [f"Rij {number}: {text}" for text in error.problems]
    if problems:
        raise RecordError(problems)
    return [row.values for row in rows]


def _from_table(row: Any, origin: str) -> Fact:
    values = {**row, "opmerking": row.get("opmerking") or origin} if isinstance(row, dict) else row
    (fact,) = parse_row(json.dumps({"rij": values, "fouten": []}).encode())
    return fact
