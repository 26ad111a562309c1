"""The connector of VISH: reads our own registrations, and registers, changes and ends them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from marshmallow import fields

from hub.connector import (
    Batch,
    CheckStep,
    Command,
    ConfigSchema,
    Connector,
    Cursor,
    Fact,
    PermanentError,
    Receipt,
    Record,
    Role,
    Stream,
    probe,
    read_json,
    setting,
)
from plugins.vish.messages import FIELDS, KINDS, parse_entry, read_answer, report


class OrganisationSettings(ConfigSchema):
    """Who we are to VISH, by whatever way we deliver."""

    aansluitcode = setting(
        fields.String,
        "Aansluitcode",
        "De code die SNG aan uw organisatie gaf.",
        secret=True,
        group="Aanmelden",
    )
    organisation_name = setting(
        fields.String,
        "Naam van de organisatie",
        "Zo zien deurwaarders wie er helpt.",
        group="Organisatie",
    )
    organisation_kvk = setting(
        fields.String, "KvK-nummer", "Acht cijfers.", group="Organisatie", load_default=""
    )
    organisation_phone = setting(
        fields.String,
        "Telefoon",
        "Het nummer waarop deurwaarders u bereiken.",
        group="Organisatie",
        load_default="",
    )
    organisation_email = setting(
        fields.String,
        "E-mail",
        "Het adres waarop deurwaarders u bereiken.",
        group="Organisatie",
        load_default="",
    )


class Settings(OrganisationSettings):
    """Where VISH is."""

    url = setting(
        fields.Url,
        "Adres van VISH",
        "Het adres dat SNG u gaf, zoals https://vish.example.",
        require_tld=False,
    )


def organisation_of(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return who we are, as a report names it."""
    names = {"naam": "name", "kvk": "kvk", "telefoon": "phone", "email": "email"}
    return {theirs: settings[f"organisation_{ours}"] for theirs, ours in names.items()}


class VishConnector(Connector):
    """Speaks with VISH over the proposed contract."""

    name: ClassVar[str] = "vish"
    title: ClassVar[str] = "VISH"
    role: ClassVar[Role] = "register"
    config: ClassVar[type[ConfigSchema]] = Settings
    streams: ClassVar[tuple[Stream, ...]] = (Stream("entries", "Eigen registraties", "snapshot"),)
    commands: ClassVar[tuple[str, ...]] = tuple(KINDS)
    fields = {"entries": FIELDS}

    def check(self) -> Iterator[CheckStep]:
        """Look whether VISH answers and knows our code."""
        yield from (CheckStep(*step) for step in probe(self.settings["url"]))
        count, _ = self._page(1)
        yield CheckStep("Aanmelden", True, f"VISH kent de aansluitcode; {count} registraties.")

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield our registrations page by page; complete only when the count is right."""
        number, seen = 1, 0
        while True:
            count, entries = self._page(number)
            seen += len(entries)
            records = [
                Record.json(entry_key(entry, number, at), entry) for at, entry in enumerate(entries)
            ]
            if seen >= count or not entries:
                yield Batch(records, complete=seen == count)
                return
            yield Batch(records)
            number += 1

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the entry of one registration. Raises RecordError."""
        data = parse_entry(read_json(raw, "De registratie"))
        return [Fact("register_entry", str(data["reference"]), data)]

    def send(self, command: Command, key: str) -> Receipt:
        """Send a report; VISH knows a repeated key by its Idempotency-Key."""
        if command.kind not in KINDS:
            return super().send(command, key)
        response = self.http.post(
            self._url("meldingen"),
            json=report(command, organisation_of(self.settings)),
            headers={**self._signed(), "Idempotency-Key": key},
            allow_status={422},  # type: ignore[call-arg]
        )
        return read_answer(_json(response), command.kind)

    def inquire(self, key: str) -> Receipt | None:
        """Ask what became of a report."""
        response = self.http.get(
            self._url(f"meldingen/{key}"),
            headers=self._signed(),
            allow_status={404, 422},  # type: ignore[call-arg]
        )
        return None if response.status_code == 404 else read_answer(_json(response), "register")

    def _page(self, number: int) -> tuple[int, list[Any]]:
        response = self.http.get(
            self._url("registraties"), params={"pagina": number}, headers=self._signed()
        )
        value = _json(response)
        entries = value.get("registraties") if isinstance(value, dict) else None
        if not isinstance(entries, list) or not isinstance(value.get("aantal"), int):
            raise PermanentError(
                "De lijst van VISH heeft niet de afgesproken vorm. Er is niets verwijderd.",
                "list of VISH has another shape",
            )
        return value["aantal"], entries

    def _url(self, path: str) -> str:
        return f"{self.settings['url'].rstrip('/')}/{path}"

    def _signed(self) -> dict[str, str]:
        return {"X-Aansluitcode": self.settings["aansluitcode"]}


def entry_key(entry: Any, page: int, at: int) -> str:
    """Return the key of a registration: its number, or where it stood."""
    # An entry without number is rejected in words, under the place where it stood.
    reference = entry.get("vishReferentie") if isinstance(entry, dict) else None
    return str(reference or f"pagina-{page}-{at}")[:64]


def _json(response: Any) -> Any:
    # A half character is a matter of its entry alone.
    return read_json(response.content, "Het antwoord van VISH", half_characters=True)
