"""The connector of an early-signal system: signals and cases, over the exchange API or as files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any

from hub.connector import (
    Batch,
    CheckStep,
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
)
from hub.ddas import KEPT, Service, newest_file
from plugins.early_signals.facts import Records, parse_record
from plugins.early_signals.messages import FIELDS, VS, Page, read_file
from plugins.early_signals.municipal_tax import Gate
from plugins.early_signals.rules import (
    about_case,
    about_deliveries,
    about_model,
    about_municipality,
    about_signal,
)
from plugins.early_signals.settings import SignalConfig

BATCH = 2000


class EarlySignalConnector(Connector):
    """Reads signals and cases of a system that delivers DDAS Vroegsignalering, v0.1 to v1.2."""

    name = "early_signals"
    title = "Vroegsignalering (DDAS)"
    role = "debt_help"
    register = "signal"
    config = SignalConfig
    streams = (Stream("signals", "Vroegsignalen", "snapshot", version=4),)
    fields = {"signals": FIELDS}

    def __init__(self, config: Mapping[str, Any], context: Context) -> None:
        super().__init__({**config, "url": config["url"].rstrip("/")}, context)
        self.service = Service(self.settings, context, VS)
        self._gate = Gate.of(self.settings)

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
        made = self._made()
        found = (record for one in page.deliveries for record in made.of(one))
        first = next(chain(found, made.rest()), None)
        if first is None:
            return "De bron levert nu geen vroegsignalen."
        self.parse("signals", first.raw)
        count = sum(len(one.signals) for one in page.deliveries)
        odd = " ".join(dict.fromkeys(self._warnings(page, signals=1)))
        text = f"De levering is leesbaar; zij telt {page.records or count} vroegsignalen."
        return f"{text} Let op: {odd}" if odd else text

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
        announced, count, made = first.records, 0, self._made()
        for page in chain([first], pages):
            count += _signals(page)
            yield from self._batches(page, made)
        yield from _in_batches(made.rest())
        _check_whole(announced, count)
        yield Batch([], cursor={"delivered_at": first.sent_at.isoformat()}, complete=True)

    def _made(self) -> Records:
        return Records(self.context.pseudonym, self._gate, self.context.warn)

    def _batches(self, page: Page, made: Records) -> Iterator[Batch]:
        for sentence in self._warnings(page):
            self.context.warn(sentence)
        yield from _in_batches(record for one in page.deliveries for record in made.of(one))

    def _warnings(self, page: Page, signals: int | None = None) -> Iterator[str]:
        """Yield what is odd about a page; with `signals`, look at so many signals and no cases."""
        yield from about_model(page.model, page.version)
        yield from about_deliveries(page.model)
        for delivery in page.deliveries:
            yield from about_municipality(delivery.municipality, self.context.municipality)
            for signal in delivery.signals[:signals]:
                yield from about_signal(signal)
            for case in delivery.cases if signals is None else ():
                yield from about_case(case)

    def _newest_file(self) -> Page:
        return read_file(newest_file(self.settings["folder"]))

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the facts of one signal or case. Raises RecordError with every problem in it."""
        if stream != "signals":
            return super().parse(stream, raw)
        return parse_record(raw, self._gate)


def _in_batches(records: Iterator[Record]) -> Iterator[Batch]:
    while batch := list(islice(records, BATCH)):
        yield Batch(batch)


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
