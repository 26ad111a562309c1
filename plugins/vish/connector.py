"""The connector of VISH: reads our own registrations, and registers, changes and ends them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from marshmallow import Schema, fields

from hub.connector import (
    Batch,
    CheckStep,
    Command,
    ConfigSchema,
    Connector,
    Cursor,
    Fact,
    OrderForm,
    PermanentError,
    Receipt,
    Record,
    Role,
    Stream,
    TransientError,
    probe,
    read_json,
    setting,
)
from plugins.vish.messages import (
    FIELDS,
    KINDS,
    PHASES,
    not_understood,
    parse_entry,
    read_answer,
    report,
)
from schemas.fields import Choice, Text


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


class ChangeForm(Schema):
    """What a caseworker fills in when the phase of a registration moved on."""

    reference = setting(
        Text,
        "VISH-nummer",
        "Het nummer van de registratie, zoals het op het overzicht van de inwoner staat.",
        most=64,
        group="De registratie",
    )
    phase = setting(
        Choice,
        "Fase",
        "De fase waarin de hulp nu is.",
        choices=tuple(PHASES),
        group="De registratie",
    )


#: Registering and ending have a flow of their own; only a change is given by a form.
CHANGE = OrderForm(
    "change",
    "Registratie bij VISH bijwerken",
    ChangeForm,
    help="Voor een registratie waarvan de fase verouderd is. Aanmelden en afmelden gaan met een "
    "eigen stap op het overzicht.",
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
    order_forms: ClassVar[tuple[OrderForm, ...]] = (CHANGE,)

    def check(self) -> Iterator[CheckStep]:
        """Look whether VISH answers and knows our code."""
        for found in probe(self.settings["url"]):
            step = CheckStep(*found)
            yield step
            if not step.ok:
                return
        count, _ = self._page(1)
        yield CheckStep("Aanmelden", True, f"VISH kent de aansluitcode; {count} registraties.")

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield our registrations page by page; complete only when each is there once.

        Raises TransientError when the list changed while it was read, or counts wrong.
        """
        seen: set[str] = set()
        number, read, nameless = 1, 0, 0
        first, _ = count, entries = self._page(number)
        while True:
            keys = [entry_key(entry, number, at) for at, entry in enumerate(entries)]
            batch = [Record.json(key, one) for key, one in zip(keys, entries, strict=True)]
            read += len(entries)
            seen.update(keys)
            nameless += sum(not _is_named(one) for one in entries)
            if read >= count or not entries:
                break
            yield Batch(batch)
            number += 1
            count, entries = self._page(number)
        if count != first or len(seen) != count or read != count:
            yield Batch(batch)
            raise TransientError(
                f"VISH noemt {count} registraties en gaf er {len(seen)}. De lijst veranderde "
                "tijdens het lezen, of is niet heel. Er is niets verwijderd; de hub leest later "
                "opnieuw.",
                "the list of VISH does not add up",
            )
        if nameless:
            # It may be any registration, so none may be called gone.
            self.context.warn(
                "VISH gaf een registratie zonder nummer. Zolang dat zo is, vervalt er niets "
                "vanzelf. Meld het aan SNG."
            )
        yield Batch(batch, complete=not nameless, caught_up=bool(nameless))

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
        return self._answer(response, command.kind)

    def inquire(self, key: str) -> Receipt | None:
        """Ask what became of a report."""
        response = self.http.get(
            self._url(f"meldingen/{key}"),
            headers=self._signed(),
            allow_status={404, 422},  # type: ignore[call-arg]
        )
        return None if response.status_code == 404 else self._answer(response, "")

    def _answer(self, response: Any, kind: str) -> Receipt:
        # It may have been carried out, whatever came back: asked after, and never sent again.
        try:
            return read_answer(_json(response), kind)
        except PermanentError as error:
            raise not_understood(error.log) from error

    def _page(self, number: int) -> tuple[int, list[Any]]:
        response = self.http.get(
            self._url("registraties"), params={"pagina": number}, headers=self._signed()
        )
        value = _json(response)
        entries = value.get("registraties") if isinstance(value, dict) else None
        if not isinstance(entries, list) or type(value.get("aantal")) is not int:
            raise PermanentError(
                "De lijst van VISH heeft niet de afgesproken vorm: verwacht aantal (een getal) en "
                "registraties (een lijst). Er is niets verwijderd. Controleer het adres, of vraag "
                "SNG of de vorm veranderd is.",
                "list of VISH has another shape",
            )
        return value["aantal"], entries

    def _url(self, path: str) -> str:
        return f"{self.settings['url'].rstrip('/')}/{path}"

    def _signed(self) -> dict[str, str]:
        return {"X-Aansluitcode": self.settings["aansluitcode"]}


def _is_named(entry: Any) -> bool:
    return isinstance(entry, dict) and bool(entry.get("vishReferentie"))


def entry_key(entry: Any, page: int, at: int) -> str:
    """Return the key of a registration: its number, or where it stood."""
    # An entry without number is rejected in words, under the place where it stood.
    reference = entry.get("vishReferentie") if isinstance(entry, dict) else None
    return str(reference or f"pagina-{page}-{at}")[:64]


def _json(response: Any) -> Any:
    # A half character is a matter of its entry alone.
    return read_json(response.content, "Het antwoord van VISH", half_characters=True)
