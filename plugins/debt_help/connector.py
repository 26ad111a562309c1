"""The connector of a debt-help case system: its trajects, over the DDAS exchange API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain
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
from hub.ddas import KEPT, Service
from plugins.debt_help.facts import CaseRecords, parse_case, shape_with
from plugins.debt_help.folder import newest_page
from plugins.debt_help.messages import FIELDS, traject_schema
from plugins.debt_help.pages import SHV, Page, Told
from plugins.debt_help.rules import (
    DeliveryRules,
    about_flaws,
    about_places,
    about_traject,
    about_version,
)
from plugins.debt_help.settings import DebtHelpConfig
from plugins.debt_help.shape import sift
from plugins.debt_help.versions import newest

BATCH = 1000


class DebtHelpConnector(Connector):
    """Reads the trajects of a case system that delivers DDAS Schuldhulpverlening, v0.9 to v1.0."""

    name = "debt_help"
    title = "Schuldhulpverlening (DDAS)"
    role = "debt_help"
    config = DebtHelpConfig
    streams = (Stream("cases", "Trajecten", "snapshot", version=4),)
    fields = {"cases": FIELDS}

    def __init__(self, config: Mapping[str, Any], context: Context) -> None:
        super().__init__({**config, "url": config["url"].rstrip("/")}, context)
        asked = {**self.settings, "organisation": config["aanleverende_organisatie"]}
        self.service = Service(asked, context, SHV)
        # A supplier adds one field of its own, and every supplier another.
        self.fields = {"cases": FIELDS | {config["reference_field"]}}  # type: ignore[misc]
        self._schema = traject_schema(
            config["reference_field"], strict_bsn=config["bsn_check"] == "reject"
        )
        self._shape = shape_with(config["reference_field"])
        #: Where each traject of the batch stood that was read last, by its key.
        self._places: dict[str, str] = {}

    def check(self) -> Iterator[CheckStep]:
        """Yield name, port and TLS, then sign-in, and whether a traject can be read."""
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
        over_http = self.settings["transport"] == "http"
        page = self.service.page(1, size=1) if over_http else newest_page(self.settings["folder"])
        _check_moment(page.sent_at, None, self.context.clock.now())
        _check_readable(list(page.faults))
        if not page.cases:
            return "De bron levert nu geen trajecten. Klopt de dag bij Lezen vanaf?"
        first = page.cases[0]
        (record,) = self._records(CaseRecords(self.context.pseudonym), 1, [first])
        self.parse("cases", record.raw)
        count = page.records or len(page.cases)
        odd = " ".join(dict.fromkeys(self._warnings(first.traject)))
        text = f"De bron levert trajecten; het aantal is {count} en het eerste is leesbaar."
        return f"{text} Let op: {odd}" if odd else text

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield all trajects; the last batch, without records, says that none is missing.

        Raises TransientError when the list changes while it is being read or falls short.
        """
        if stream == "cases":
            yield from self._cases(cursor)
        else:
            yield from super().read(stream, cursor)

    def _cases(self, cursor: Cursor | None) -> Iterator[Batch]:
        pages = self._pages()
        first = next(pages)
        _check_moment(first.sent_at, cursor, self.context.clock.now())
        context, count = self.context, 0
        faults: list[str] = []
        records = CaseRecords(context.pseudonym)
        rules = DeliveryRules(context.warn, context.municipality, context.pseudonym)
        for number, page in enumerate(chain([first], pages), start=1):
            rules.heading(page.model, first=number == 1)
            for start in range(0, len(page.cases), BATCH):
                some = page.cases[start : start + BATCH]
                for one in some:
                    self._hold_to(rules, one)
                yield Batch(self._records(records, number, some))
            count += len(page.cases)
            faults += page.faults
        _check_readable(faults)
        _check_whole(first, count, moved=records.moved)
        yield Batch([], cursor={"delivered_at": first.sent_at.isoformat()}, complete=True)

    def _pages(self) -> Iterator[Page]:
        if self.settings["transport"] == "folder":
            return iter([newest_page(self.settings["folder"])])
        return self.service.pages()

    def _records(self, maker: CaseRecords, number: int, some: list[Told]) -> list[Record]:
        """Return the records of trajects, and remember where on page `number` each stood."""
        made = [maker.make(number, one.organisation, one.traject) for one in some]
        page = f"pagina-{number}." if number > 1 else ""
        self._places = {
            record.key: f"{page}{one.place}" for record, one in zip(made, some, strict=True)
        }
        return made

    def _hold_to(self, rules: DeliveryRules, one: Told) -> None:
        """Hold a traject against all rules, and warn."""
        for sentence in self._warnings(one.traject):
            self.context.warn(sentence)
        rules.traject(newest(one.traject), one.period)

    def _warnings(self, traject: Any) -> Iterator[str]:
        """Yield what is odd about a traject as received, by itself."""
        yield from about_version(traject)
        made = newest(traject)
        if isinstance(made, dict):
            yield from about_flaws(sift(made, self._shape)[1])
            yield from about_places(made, self._shape)
        yield from about_traject(made)

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the facts of one traject. Raises RecordError with every problem in it."""
        if stream != "cases":
            return super().parse(stream, raw)
        return parse_case(raw, self._schema, self._shape, self.context.pseudonym, self._places)


def _check_readable(faults: list[str]) -> None:
    """Raise PermanentError when part of what was delivered could not be used."""
    if faults:
        raise PermanentError(
            f"Een deel van de levering is niet te lezen: {'; '.join(faults)}. De rest is "
            f"bruikbaar. {KEPT} Vraag de leverancier om dit te herstellen.",
            "part of the delivery is not of the DDAS v1.0 shape",
        )


def _check_whole(first: Page, count: int, *, moved: bool) -> None:
    """Raise TransientError when pages do not add up to the list that page 1 announced."""
    if first.records not in (None, count):
        raise TransientError(
            f"De bron kondigde {first.records} trajecten aan en leverde er {count}. {KEPT} "
            "De hub probeert het later opnieuw.",
            f"announced {first.records} trajects, delivered {count}",
        )
    if moved:
        raise TransientError(
            "Een traject kwam op twee pagina's voor. De lijst veranderde dus tijdens het lezen, "
            f"en er kan een traject ontbreken. {KEPT} De hub probeert het later opnieuw.",
            "a traject came back on a later page",
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
