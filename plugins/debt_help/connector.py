"""The connector of a debt-help case system: its trajects, over the DDAS exchange API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from marshmallow import fields, validate

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
    Stream,
    TransientError,
    probe,
    setting,
)
from hub.ddas import KEPT, Service, inside
from plugins.debt_help.facts import CaseRecords, parse_case
from plugins.debt_help.messages import DEBT_FIELDS, FIELDS, SHV, Page, traject_schema

BATCH = 1000


def _url() -> validate.Regexp:
    return validate.Regexp(r"https?://\S+\Z", error="Vul een adres in dat begint met https://.")


class DebtHelpConfig(ConfigSchema):
    """The settings of a debt-help case system."""

    url = setting(
        fields.String,
        "Adres",
        "Het adres van de DDAS-dienst, zonder /gegevens, zoals https://shv.example/v1.",
        validate=_url(),
    )
    token_url = setting(
        fields.String,
        "Adres van de tokenserver",
        "Het adres waar de hub zich aanmeldt, zoals https://shv.example/token.",
        group="Aanmelden",
        validate=_url(),
    )
    client_id = setting(
        fields.String,
        "Client-id",
        "De naam waaronder de leverancier deze hub kent.",
        group="Aanmelden",
        validate=validate.Length(1, error="Vul de client-id in."),
    )
    client_secret = setting(
        fields.String,
        "Client-geheim",
        "Het geheim dat bij de client-id hoort.",
        secret=True,
        group="Aanmelden",
        validate=validate.Length(1, error="Vul het client-geheim in."),
    )
    aanleverende_organisatie = setting(
        fields.String,
        "Organisatie",
        "Alleen als de leverancier voor meer organisaties levert: de naam zoals hij die kent.",
        group="Lezen",
        load_default="",
    )
    period_start = setting(
        fields.Date,
        "Lezen vanaf",
        "De hub leest alle trajecten die liepen tussen deze dag en vandaag. Zonder deze dag kiest "
        "de leverancier zelf: de laatste volledige periode. Nieuwe trajecten ontbreken dan.",
        group="Lezen",
        load_default=None,
        allow_none=True,
        error_messages={"invalid": "Vul een datum in als 2024-01-31."},
    )
    page_size = setting(
        fields.Integer,
        "Trajecten per pagina",
        "Hoeveel trajecten de hub per keer vraagt: 1 tot 25000.",
        group="Lezen",
        load_default=1000,
        validate=validate.Range(1, 25000, error="Vul een getal in van 1 tot 25000."),
    )
    bsn_check = setting(
        fields.String,
        "BSN dat niet klopt",
        "Kies warn om een traject te houden als een BSN niet aan de elfproef voldoet; het BSN "
        "staat dan als niet gecontroleerd in het overzicht. Kies reject om zo'n traject af te "
        "keuren.",
        group="Lezen",
        load_default="warn",
        validate=validate.OneOf(["warn", "reject"], error="Kies warn of reject."),
    )
    reference_field = setting(
        fields.String,
        "Veld met het vorderingnummer",
        "DDAS kent geen veld voor het nummer dat de schuldeiser aan een schuld geeft. Vul de naam "
        "in van het veld dat de leverancier daarvoor toevoegt. Zonder dat veld koppelt de hub op "
        "schuldeiser en bedrag.",
        group="Lezen",
        load_default="referentie",
        validate=validate.NoneOf(
            DEBT_FIELDS, error="Dit is een veld van DDAS zelf; vul een ander veld in."
        ),
    )


class DebtHelpConnector(Connector):
    """Reads the trajects of a case system that speaks DDAS Schuldhulpverlening v1.0."""

    name = "debt_help"
    title = "Schuldhulpverlening (DDAS)"
    role = "debt_help"
    config = DebtHelpConfig
    streams = (Stream("cases", "Trajecten", "snapshot"),)
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

    def check(self) -> Iterator[CheckStep]:
        """Yield name, port and TLS, then sign-in, and whether a traject can be read."""
        for found in probe(self.settings["url"]):
            step = CheckStep(*found)
            yield step
            if not step.ok:
                return
        for name, look in (("Aanmelden", self._try_sign_in), ("Proefrecord", self._try_page)):
            step = _tried(name, look)
            yield step
            if not step.ok:
                return

    def _try_sign_in(self) -> str:
        self.service.sign_in()
        return "De tokenserver gaf toegang."

    def _try_page(self) -> str:
        page = self.service.page(1, size=1)
        _check_moment(page.sent_at, None, self.context.clock.now())
        if not page.cases:
            return "De bron levert nu geen trajecten. Klopt de dag bij Lezen vanaf?"
        record = CaseRecords(self.context.pseudonym).make(1, *page.cases[0])
        self.parse("cases", record.raw)
        count = page.records or len(page.cases)
        return f"De bron levert trajecten; het aantal is {count} en het eerste is leesbaar."

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield all trajects; the last batch, without records, says that none is missing.

        Raises TransientError when the list changes while it is being read or falls short.
        """
        if stream == "cases":
            yield from self._cases(cursor)
        else:
            yield from super().read(stream, cursor)

    def _cases(self, cursor: Cursor | None) -> Iterator[Batch]:
        pages = self.service.pages()
        first = next(pages)
        _check_moment(first.sent_at, cursor, self.context.clock.now())
        records, count, strange = CaseRecords(self.context.pseudonym), 0, 0
        for number, page in enumerate(chain([first], pages), start=1):
            for start in range(0, len(page.cases), BATCH):
                some = page.cases[start : start + BATCH]
                yield Batch([records.make(number, *one) for one in some])
            count += len(page.cases)
            strange += sum(self._is_strange(traject) for _, traject in page.cases)
        if strange:
            self.context.log.warning("%d of %d trajects are of another place", strange, count)
        _check_whole(first, count, moved=records.moved)
        yield Batch([], cursor={"delivered_at": first.sent_at.isoformat()}, complete=True)

    def _is_strange(self, traject: Any) -> bool:
        """Tell whether a traject names another municipality; DDAS allows "Onbekend"."""
        code = inside(traject, "gemeentecode")
        return isinstance(code, str) and code not in (self.context.municipality, "Onbekend", "")

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the facts of one traject. Raises RecordError with every problem in it."""
        if stream != "cases":
            return super().parse(stream, raw)
        facts = parse_case(raw, self._schema, self.context.pseudonym)
        if any(fact.data["person"]["bsn_unchecked"] for fact in facts):
            self.context.log.warning("a BSN fails the elfproef; kept as unchecked")
        return facts


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
