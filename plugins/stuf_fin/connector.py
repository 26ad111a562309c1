"""The connector of a collection system: asks per resident, and receives changes of status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

import requests
from lxml import etree

from hub.connector import (
    Answer,
    Batch,
    CheckStep,
    ConfigError,
    ConfigSchema,
    Connector,
    Context,
    Cursor,
    Fact,
    Incoming,
    PermanentError,
    Record,
    RecordError,
    Role,
    Stream,
    TransientError,
    certificate_step,
    client_context,
    key_step,
    probe,
    read_xml,
)
from plugins.stuf_fin import question as ask
from plugins.stuf_fin.envelope import Fault, Party, local, plain, unwrap, wrap
from plugins.stuf_fin.faults import DOUBLE, NOT_FOUND, OUTCOMES, error_of
from plugins.stuf_fin.fields import CLAIM_FIELDS, STATUS_FIELDS
from plugins.stuf_fin.messages import Reading, parse_answer
from plugins.stuf_fin.question import Selection
from plugins.stuf_fin.reception import STREAM, Reception
from plugins.stuf_fin.settings import Settings, levy_codes
from plugins.stuf_fin.status import parse_status

#: How many residents are asked about before their answers are committed.
BATCH = 50

#: How much more is asked for when an answer may be incomplete.
MORE = 10

#: A number in the test range of the BSN; of a real system nobody has it.
TEST_BSN = "999999990"

#: A number of a claim that no system gave out.
NO_NUMBER = "SCHULDENHUB-PROEFVRAAG"

_WHAT = "Het antwoord van het inningensysteem"

_NEVER_WHOLE = (
    "Het systeem zegt ook van een BSN dat niemand heeft, dat er meer vorderingen zijn dan het "
    "geeft. Vraag de leverancier of vragen per BSN worden ondersteund."
)

_STRANGE = (
    "Het inningensysteem gaf bij een antwoord een melding die de hub niet kent. Het antwoord is "
    "gebruikt. Vraag de leverancier wat de melding betekent."
)

#: How often what a credit refers to is asked after: a credit of a credit of a credit.
DEEP = 5


class CollectionConnector(Connector):
    """Speaks StUF-FIN 3.10 with one collection system."""

    name: ClassVar[str] = "stuf_fin"
    title: ClassVar[str] = "Inningensysteem (StUF-FIN)"
    role: ClassVar[Role] = "creditor"
    config: ClassVar[type[ConfigSchema]] = Settings
    streams: ClassVar[tuple[Stream, ...]] = (
        Stream("claims", "Vorderingen per inwoner", "changes", version=2),
        Stream(STREAM, "Statuswijzigingen", "received", version=2),
    )
    asks = "claims"
    outcomes = OUTCOMES
    fields = {"claims": CLAIM_FIELDS, STREAM: STATUS_FIELDS}

    def __init__(self, config: Mapping[str, Any], context: Context) -> None:
        super().__init__(config, context)
        self._us = Party(config["application"], config["organisation"])
        self._them = Party(config["their_application"], config["their_organisation"])
        self._reading = Reading(
            context.owner,
            config["several_creditors"],
            levy_codes(config["levy_codes"]),
            config["stage_element"],
            config["costs_element"],
        )
        if config["ca_file"]:
            self.http.verify = config["ca_file"]
        if config["certificate_file"]:
            files = config["certificate_file"], config["key_file"]
            self.http.cert = files if all(files) else files[0]
        if config["username"]:
            self.http.auth = (config["username"], config["password"])

    @classmethod
    def speaks(cls, url: str, http: requests.Session) -> bool:
        """Tell whether a question about a number that nobody has gets an answer of StUF.

        A refusal is one as well: who we are is not known here.
        """
        nobody = Party("Schuldenhub", "")
        question = ask.question(Selection(number=NO_NUMBER), nobody, nobody, 1)
        told = unwrap(_post(http, url, question).content, _WHAT)
        if isinstance(told, Fault):
            return told.code.startswith("StUF")
        return local(told) == "vrdLa01"

    def check(self) -> Iterator[CheckStep]:
        """Look what the system supports, with questions that select nobody real."""
        if self.settings["certificate_file"]:
            yield CheckStep(*certificate_step(self.settings["certificate_file"]))
            yield CheckStep(*key_step(self.settings["key_file"]))
        yield from (CheckStep(*step) for step in probe(self.settings["url"], self._tls()))
        if self._claims_of(TEST_BSN) is None:
            yield CheckStep("Vraag per BSN", False, _NEVER_WHOLE)
            return
        yield CheckStep("Vraag per BSN", True, "Het systeem beantwoordt een vraag per BSN.")
        yield CheckStep("Vraag per nummer", True, self._try_number())
        told = "De hub neemt statuswijzigingen aan. Het systeem hoeft ze niet te sturen."
        if not self.settings["receive_password"]:
            told = "Er is geen wachtwoord bij ontvangst; de hub neemt geen statuswijzigingen aan."
        yield CheckStep("Statuswijzigingen", True, told)

    def _try_number(self) -> str:
        # A system that only knows residents serves as well; it only cannot look up one claim.
        if self._by_number(NO_NUMBER) is None:
            return "Het systeem beantwoordt geen vraag per vorderingnummer; de hub vraagt per BSN."
        return "Het systeem beantwoordt ook een vraag per vorderingnummer."

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield one record per resident who may be asked about.

        Raises PermanentError at the end when an answer stayed incomplete, after all others were
        delivered: what stood of that resident stays.
        """
        if stream != "claims":
            yield from super().read(stream, cursor)
            return
        records: list[Record] = []
        incomplete = 0
        for person in self.context.people():
            if person.get("bsn"):
                found = self._record(person["bsn"])
                incomplete += found is None
                records += [found] if found else []
            if len(records) == BATCH:
                yield Batch(records)
                records = []
        yield Batch(records, caught_up=not incomplete)
        if incomplete:
            raise _incomplete(incomplete)

    def _record(self, bsn: str) -> Record | None:
        """Return what the system knows of one resident; None when that stayed incomplete."""
        key = self.context.pseudonym(bsn)
        message = self._claims_of(bsn)
        if message is None:
            return None
        if not any(True for _ in ask.claims_of(message)):
            return Record(key, b"", deleted=True)
        # The frame says nothing about the claims, and may be another one at every answer.
        for frame in [one for one in message if local(one) == "stuurgegevens"]:
            message.remove(frame)
        return Record(key, plain(message))

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the facts of one answer or one status message. Raises RecordError."""
        try:
            root = read_xml(raw, "Het record")
        except PermanentError as error:
            raise RecordError("Het record is geen leesbare XML") from error
        if stream == STREAM:
            return parse_status(root, self._reading)
        if local(root) != "vrdLa01":
            raise RecordError("Het record is geen antwoord van een inningensysteem")
        return parse_answer(root, self._reading)

    def receive(self, call: Incoming) -> Answer:
        """Take a message that the system sends us; see reception.py for the rules."""
        settings = self.settings
        names = settings["receive_username"], settings["receive_password"]
        now, seen = self.context.clock.now(), self.context.seen
        return Reception(self._us, self._them, *names, self._reading, now, seen).take(call)

    def _claims_of(self, bsn: str) -> etree._Element | None:
        """Return the answer about one resident; None when it stayed incomplete.

        Raises PermanentError when the system answers about others: then nothing of it is kept.
        """
        most = int(self.settings["most"])
        for wanted in (most, most * MORE):
            message = self._ask(Selection(bsn=bsn), wanted)
            if isinstance(message, Fault):
                nothing = message.code == NOT_FOUND
                return ask.answer(self._them, self._us, []) if nothing else None
            found = ask.read_answer(message, wanted)
            # A claim without BSN is left to parse, which refuses it in words.
            if found.ignored or any(ask.about(one) not in ("", bsn) for one in found.objects):
                raise _about_others()
            if not found.partial:
                if found.strange:
                    self.context.warn(_STRANGE)
                self._add_earlier(message, bsn)
                return message
        return None

    def _add_earlier(self, message: etree._Element, bsn: str) -> None:
        """Add the claims of this resident on which a credit in the answer rests, to the first."""
        asked = {""}
        for _ in range(DEEP):
            claims = list(ask.claims_of(message))
            asked |= {ask.number_of(one) for one in claims}
            missing = sorted({ask.earlier(one) for one in claims} - asked)
            for number in missing:
                asked.add(number)
                for one in self._by_number(number) or ():
                    if ask.about(one) == bsn:
                        claims[-1].addnext(one)
            if not missing:
                return

    def _by_number(self, number: str) -> list[etree._Element] | None:
        """Return the claims of this number; None when the system cannot be asked so."""
        most = int(self.settings["most"])
        try:
            message = self._ask(Selection(number=number), most)
        except ConfigError as error:
            if error.access_denied:
                raise
            return None
        except PermanentError:
            return None
        if isinstance(message, Fault):
            return []
        found = ask.read_answer(message, most)
        if found.ignored:
            return None
        return [one for one in found.objects if ask.number_of(one) == number]

    def _ask(self, selection: Selection, most: int) -> etree._Element | Fault:
        """Return the answer to a question, or the fault that is one: not found, or found double."""
        question = ask.question(selection, self._us, self._them, most)
        response = _post(self.http, self.settings["url"], question)
        try:
            told = unwrap(response.content, _WHAT)
        except PermanentError as error:
            if response.status_code < 400:
                raise
            raise TransientError(
                "Het inningensysteem gaf een storing zonder uitleg (HTTP 500). Er is niets "
                "gewijzigd. De hub probeert het later opnieuw.",
                "HTTP 500 without a SOAP fault",
            ) from error
        if isinstance(told, Fault) and told.code not in (NOT_FOUND, DOUBLE):
            raise error_of(told)
        return told

    def _tls(self) -> Any:
        settings = self.settings
        names = (settings["ca_file"], settings["certificate_file"], settings["key_file"])
        return client_context(*names) if any(names) else None


def _post(http: requests.Session, url: str, question: etree._Element) -> requests.Response:
    return http.post(
        url,
        data=wrap(question),
        headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ask.ASK}"'},
        allow_status={500},  # type: ignore[call-arg]  # SOAP 1.1 tells its faults so
    )


def _about_others() -> PermanentError:
    return PermanentError(
        "Het inningensysteem lette niet op de vraag en gaf vorderingen van anderen. De hub heeft "
        "niets daarvan bewaard. Vraag de leverancier of vragen per BSN worden ondersteund.",
        "selection was ignored (StUF0001, or another person in the answer)",
    )


def _incomplete(count: int) -> PermanentError:
    who = "1 inwoner" if count == 1 else f"{count} inwoners"
    return PermanentError(
        f"Van {who} gaf het inningensysteem niet alle vorderingen. Van hen is niets gewijzigd; de "
        "anderen zijn bijgewerkt. Verhoog het hoogste aantal per vraag in de instellingen.",
        f"{count} answers stayed incomplete (StUF0002 or maximumAantal)",
    )
