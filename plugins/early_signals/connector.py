"""The connector of an early-signal system: signals and cases, over the exchange API or as files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from hub.connector import (
    Batch,
    CheckStep,
    ConfigSchema,
    Connector,
    Context,
    Cursor,
    Fact,
    HubError,
    PermanentError,
    Record,
    Stream,
    TransientError,
    probe,
    setting,
)
from hub.ddas import KEPT, Service, newest_file
from plugins.early_signals.facts import parse_record, records
from plugins.early_signals.messages import FIELDS, VS, Page, read_file

BATCH = 2000

_NEEDED = {"http": ("url", "token_url", "client_id", "client_secret"), "folder": ("folder",)}


def _url() -> validate.Regexp:
    return validate.Regexp(r"(https?://\S+)?\Z", error="Vul een adres in dat begint met https://.")


class SignalConfig(ConfigSchema):
    """The settings of an early-signal system."""

    transport = setting(
        fields.String,
        "Manier van leveren",
        "Kies http als het systeem zelf antwoord geeft. Kies folder als het bestanden in een map "
        "zet.",
        validate=validate.OneOf(["http", "folder"], error="Kies http of folder."),
    )
    url = setting(
        fields.String,
        "Adres",
        "Alleen bij http: het adres van de DDAS-dienst, zonder /gegevens.",
        load_default="",
        validate=_url(),
    )
    token_url = setting(
        fields.String,
        "Adres van de tokenserver",
        "Alleen bij http: het adres waar de hub zich aanmeldt.",
        group="Aanmelden",
        load_default="",
        validate=_url(),
    )
    client_id = setting(
        fields.String,
        "Client-id",
        "Alleen bij http: de naam waaronder de leverancier deze hub kent.",
        group="Aanmelden",
        load_default="",
    )
    client_secret = setting(
        fields.String,
        "Client-geheim",
        "Alleen bij http: het geheim dat bij de client-id hoort.",
        secret=True,
        group="Aanmelden",
        load_default="",
    )
    organisation = setting(
        fields.String,
        "Organisatie",
        "Alleen als de leverancier voor meer organisaties levert: de naam zoals hij die kent.",
        group="Lezen",
        load_default="",
    )
    folder = setting(
        fields.String,
        "Map met leveringen",
        "Alleen bij folder: de map op deze server waarin het systeem zijn leveringen zet. De hub "
        "leest het nieuwste bestand met de naam *.json.",
        load_default="",
    )
    period_start = setting(
        fields.Date,
        "Lezen vanaf",
        "De hub leest alles van deze dag tot vandaag. Zonder deze dag kiest de leverancier zelf: "
        "de laatste volledige periode.",
        group="Lezen",
        load_default=None,
        allow_none=True,
        error_messages={"invalid": "Vul een datum in als 2024-01-31."},
    )
    page_size = setting(
        fields.Integer,
        "Signalen per pagina",
        "Hoeveel signalen de hub per keer vraagt: 1 tot 50000.",
        group="Lezen",
        load_default=5000,
        validate=validate.Range(1, 50000, error="Vul een getal in van 1 tot 50000."),
    )

    @validates_schema
    def _enough(self, data: dict[str, Any], **kwargs: Any) -> None:
        empty = [name for name in _NEEDED.get(data["transport"], ()) if not data[name]]
        if empty:
            text = f"Vul dit in: het is nodig bij de manier van leveren {data['transport']}."
            raise ValidationError({name: [text] for name in empty})


class EarlySignalConnector(Connector):
    """Reads signals and cases of a system that delivers DDAS Vroegsignalering, v0.9 to v1.2."""

    name = "early_signals"
    title = "Vroegsignalering (DDAS)"
    role = "debt_help"
    register = "signal"
    config = SignalConfig
    streams = (Stream("signals", "Vroegsignalen", "snapshot"),)
    fields = {"signals": FIELDS}

    def __init__(self, config: Mapping[str, Any], context: Context) -> None:
        super().__init__({**config, "url": config["url"].rstrip("/")}, context)
        self.service = Service(self.settings, context, VS)

    def check(self) -> Iterator[CheckStep]:
        """Yield whether the system is reached, and whether a signal can be read."""
        steps: list[tuple[str, Callable[[], str]]] = [("Proefrecord", self._try_page)]
        if self.settings["transport"] == "http":
            for found in probe(self.settings["url"]):
                step = CheckStep(*found)
                yield step
                if not step.ok:
                    return
            steps.insert(0, ("Aanmelden", self._try_sign_in))
        for name, look in steps:
            step = _tried(name, look)
            yield step
            if not step.ok:
                return

    def _try_sign_in(self) -> str:
        self.service.sign_in()
        return "De tokenserver gaf toegang."

    def _try_page(self) -> str:
        page = self._first()
        _check_moment(page.sent_at, None, self.context.clock.now())
        first = next(self._records(page), None)
        if first is None:
            return "De bron levert nu geen vroegsignalen."
        self.parse("signals", first.raw)
        count = sum(len(one.signals) for one in page.deliveries)
        return f"De levering is leesbaar; zij telt {page.records or count} vroegsignalen."

    def _first(self) -> Page:
        if self.settings["transport"] == "folder":
            return self._newest_file()
        return self.service.page(1, size=1)

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield every signal and case; the last batch, without records, says nothing is missing.

        Raises TransientError when the list changes while it is being read.
        """
        if stream != "signals":
            yield from super().read(stream, cursor)
            return
        over_http = self.settings["transport"] == "http"
        pages = self.service.pages() if over_http else iter([self._newest_file()])
        first = next(pages)
        _check_moment(first.sent_at, cursor, self.context.clock.now())
        count, announced = _signals(first), first.records
        yield from self._batches(first)
        for page in pages:
            count += _signals(page)
            yield from self._batches(page)
        _check_whole(announced, count)
        yield Batch([], cursor={"delivered_at": first.sent_at.isoformat()}, complete=True)

    def _batches(self, page: Page) -> Iterator[Batch]:
        found = self._records(page)
        while batch := list(islice(found, BATCH)):
            yield Batch(batch)

    def _records(self, page: Page) -> Iterator[Record]:
        for delivery in page.deliveries:
            yield from records(delivery, self.context.pseudonym)

    def _newest_file(self) -> Page:
        return read_file(newest_file(self.settings["folder"]))

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the facts of one signal or case. Raises RecordError with every problem in it."""
        if stream != "signals":
            return super().parse(stream, raw)
        facts = parse_record(raw)
        if any(fact.data["person"]["bsn_unchecked"] for fact in facts):
            self.context.log.warning("a BSN fails the elfproef; kept as unchecked")
        return facts


def _signals(page: Page) -> int:
    return sum(len(one.signals) for one in page.deliveries)


def _check_whole(announced: int | None, count: int) -> None:
    if announced not in (None, count):
        raise TransientError(
            f"De bron kondigde {announced} vroegsignalen aan en leverde er {count}. {KEPT} "
            "De hub probeert het later opnieuw.",
            f"announced {announced} signals, delivered {count}",
        )


def _check_moment(sent_at: datetime, cursor: Cursor | None, now: datetime) -> None:
    """Raise PermanentError when a delivery is older than the last one read, or from the future."""
    last = (cursor or {}).get("delivered_at")
    if last and sent_at < datetime.fromisoformat(last):
        raise PermanentError(
            f"De levering van {sent_at:%d-%m-%Y %H:%M} is ouder dan de levering die al is "
            f"gelezen. {KEPT} Vraag de leverancier om een nieuwe levering.",
            "delivery is older than the last one",
        )
    # A moment far ahead would make every later delivery look old.
    if sent_at > now + timedelta(days=1):
        raise PermanentError(
            f"De levering draagt een tijdstip in de toekomst: {sent_at:%d-%m-%Y %H:%M}. {KEPT} "
            "Vraag de leverancier om de klok na te kijken.",
            "delivery is dated in the future",
        )


def _tried(name: str, look: Callable[[], str]) -> CheckStep:
    try:
        return CheckStep(name, True, look())
    except HubError as error:
        return CheckStep(name, False, error.user)
