"""The connector of the CCBR: asks per resident, with a token that passes unchanged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, ClassVar

from lxml import etree

from hub.connector import (
    Batch,
    CheckStep,
    ConfigError,
    ConfigSchema,
    Connector,
    Context,
    Cursor,
    Fact,
    HubError,
    PermanentError,
    Record,
    RecordError,
    Role,
    Stream,
    TransientError,
    client_context,
    probe,
    read_json,
)
from plugins.ccbr.messages import (
    FIELDS,
    card_body,
    destroy_on,
    hits_of,
    parse_record,
    record_of,
    search_body,
)
from plugins.ccbr.settings import NO_GROUND, Settings, need_ground
from plugins.ccbr.soap import (
    ACCESS,
    ADDRESS,
    CLOCK,
    DATA,
    V1,
    Fault,
    headers,
    local,
    unwrap,
    with_assertion,
)
from plugins.ccbr.tokens import Tokens
from schemas.fields import shown

#: How many residents are asked about before their answers are committed.
BATCH = 50

#: After so many refusals on end the register is not asked further: it is not about one person.
REFUSALS = 5

#: Nobody: whom the connection test searches for.
NOBODY = {"surname": "Schuldenhubverbindingstest", "birth_date": "1850-01-01"}

#: The statuses after which a new token may help.
_REFUSED = frozenset((401, 403, 500))

_WHAT = "Het antwoord van het curatele- en bewindregister"


class Refused(PermanentError):
    """The register refuses one question (Foutmelding): nothing is known of that person."""

    def __init__(self, told: str) -> None:
        text = f"Het curatele- en bewindregister weigert een vraag: {told}."
        super().__init__(text, "answer with a Foutmelding")
        self.told = told


class _Round:
    """How one read goes: of whom something is kept, who was asked about, and what was refused."""

    def __init__(self, cursor: Cursor | None) -> None:
        self._known: set[str] = set((cursor or {}).get("known", ()))
        self._seen: set[str] = set()
        self._streak = 0
        self.refusals: list[str] = []

    @property
    def given_up(self) -> bool:
        """Tell whether the register refused so much that it is not about one person."""
        return self._streak >= REFUSALS

    def answered(self, key: str) -> None:
        """Note that a person was asked about."""
        self._seen.add(key)
        self._streak = 0

    def refused(self, key: str, refusal: Refused) -> None:
        """Note that a question was refused: what stood of that person stays."""
        self._seen.add(key)
        self._streak += 1
        self.refusals.append(refusal.told)

    def leavers(self) -> list[Record]:
        """Return tombstones for whom we no longer help: no longer our business there."""
        gone = set() if self.given_up else self._known - self._seen
        return [Record(key, b"", deleted=True) for key in sorted(gone)]

    def batch(self, records: list[Record], *, last: bool = False) -> Batch:
        """Return a batch, and where the read stands after it."""
        told = {one.key for one in records}
        self._known = (self._known - told) | {one.key for one in records if not one.deleted}
        cursor = {"known": sorted(self._known)}
        return Batch(records, cursor=cursor, caught_up=last and not self.refusals)


class GuardianshipConnector(Connector):
    """Asks the register of guardianship and administration about residents in debt help."""

    name: ClassVar[str] = "ccbr"
    title: ClassVar[str] = "Curatele- en bewindregister (CCBR)"
    role: ClassVar[Role] = "register"
    config: ClassVar[type[ConfigSchema]] = Settings
    streams: ClassVar[tuple[Stream, ...]] = (
        Stream("cards", "Registerkaarten (mogelijke overeenkomsten)", "changes", version=2),
    )
    asks = "help"
    fields = {"cards": FIELDS}

    def __init__(self, config: Mapping[str, Any], context: Context) -> None:
        super().__init__(config, context)
        self._tokens = Tokens(config, context)

    def check(self) -> Iterator[CheckStep]:
        """Look whether a ground is recorded and the register lets us in; nobody is searched."""
        settings = self.settings
        if not settings["ground"].strip():
            yield CheckStep("Grondslag", False, NO_GROUND)
            return
        yield CheckStep("Grondslag", True, "Doel en grondslag zijn vastgelegd.")
        for step in probe(settings["sts_url"]):
            yield CheckStep(f"{step.name} (token)", *step[1:])
        tls = client_context(settings["ca_file"]) if settings["ca_file"] else None
        yield from (_with_advice(CheckStep(*step)) for step in probe(settings["url"], tls))
        self._tokens.assertion()
        yield CheckStep("Aanmelden", True, "De tokendienst geeft een token.")
        self._search(NOBODY)
        yield CheckStep("Zoeken", True, "Het register beantwoordt een zoekvraag.")

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield a record for each resident who may be asked about.

        Raises PermanentError at the end when the register refused a question, after all others
        were delivered: what stood of that resident stays.
        """
        if stream != "cards":
            yield from super().read(stream, cursor)
            return
        need_ground(self.settings["ground"])
        state = _Round(cursor)
        records: list[Record] = []
        for person in self.context.people():
            key = self._key(person)
            try:
                records.append(self._record(key, person))
                state.answered(key)
            except Refused as refusal:
                state.refused(key, refusal)
            if state.given_up:
                break
            if len(records) == BATCH:
                yield state.batch(records)
                records = []
        yield state.batch([*records, *state.leavers()], last=True)
        if state.refusals:
            raise _refusals(state.refusals)

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the entries of one person. Raises RecordError."""
        try:
            value = read_json(raw, "Het record")
        except PermanentError as error:
            raise RecordError("Het record is geen leesbare JSON") from error
        return list(parse_record(value))

    def _key(self, person: Mapping[str, Any]) -> str:
        bsn = person.get("bsn")
        return self.context.pseudonym(bsn) if bsn else str(person["id"])

    def _record(self, key: str, person: Mapping[str, Any]) -> Record:
        today, cards = self.context.clock.today(), []
        result = self._search(person)
        for hit in hits_of(result) if result is not None else ():
            if hit.whole or self.settings["partial"]:
                card = self._card(hit.handle)
                until = destroy_on(card)
                if until is None or today <= until:
                    cards.append((card, hit.whole))
        if not cards:
            return Record(key, b"", deleted=True)
        return Record.json(key, record_of(key, cards))

    def _search(self, person: Mapping[str, Any]) -> etree._Element | None:
        question = search_body(person, V1)
        if question is None:
            return None
        result = self._ask(question)
        if result.find(f"{{{DATA}}}Registerkaarten") is None:
            raise PermanentError(
                f"{_WHAT} noemt geen lijst van kaarten. Er is niets gewijzigd. Meld dit aan de "
                "Rechtspraak.",
                "answer without Registerkaarten",
            )
        return result

    def _card(self, handle: str) -> etree._Element:
        card = self._ask(card_body(handle, V1)).find(f"{{{DATA}}}Registerkaart")
        if card is None or not len(card):
            raise PermanentError(
                "Het curatele- en bewindregister gaf een lege kaart. Er is niets gewijzigd.",
                "answer without Registerkaart",
            )
        return card

    def _ask(self, question: etree._Element) -> etree._Element:
        """Return the result of an operation. Raises Refused for a Foutmelding, or HubError."""
        operation = local(question)
        told = self._call(question, f"{V1}/CcbrDataservice/{operation}")
        result = told.find(f"{{{V1}}}{operation}Result")
        if local(told) != f"{operation}Response" or result is None:
            raise PermanentError(
                f"{_WHAT} op {operation} heeft niet de afgesproken vorm. Er is niets gewijzigd. "
                "Controleer het adres.",
                f"unknown answer to {operation}",
            )
        _refuse(result.find(f"{{{DATA}}}Foutmelding"))
        return result

    def _call(self, question: etree._Element, action: str, again: bool = True) -> etree._Element:
        url, now = self.settings["url"], self.context.clock.now()
        assertion = self._tokens.assertion()
        # An envelope takes the question, which may be needed once more.
        body = deepcopy(question)
        options: Any = {"allow_status": set(_REFUSED)}
        if self.settings["ca_file"]:
            # The token service has another authority.
            options["verify"] = self.settings["ca_file"]
        content = with_assertion(action, url, now, assertion, body)
        response = self.http.post(url, data=content, headers=headers(action), **options)
        if response.status_code in _REFUSED:
            if again:
                self._tokens.forget()
                return self._call(question, action, again=False)
            raise _error_of(response.status_code, response.content)
        told = unwrap(response.content, _WHAT)
        if isinstance(told, Fault):
            raise PermanentError(
                f"Het curatele- en bewindregister meldt {shown(told.text)}. Er is niets gewijzigd.",
                f"SOAP fault {shown(told.code)} with HTTP {response.status_code}",
            )
        return told


def _refuse(wrong: etree._Element | None) -> None:
    """Raise Refused when there is a Foutmelding: it never means that nobody was found."""
    words = "" if wrong is None else " ".join(str(one) for one in wrong.itertext()).strip()
    if wrong is not None and words:
        code = (wrong.findtext(f"{{{DATA}}}Code") or "zonder code").strip()
        text = (wrong.findtext(f"{{{DATA}}}Omschrijving") or words).strip()
        raise Refused(f"{shown(text)} ({code[:20]})")


def _error_of(status: int, content: bytes) -> HubError:
    if status != 500:
        return ConfigError(
            f"Het curatele- en bewindregister weigert ons token (HTTP {status}). Controleer de "
            "realm en of uw account dit register mag bevragen.",
            f"HTTP {status} with a new token",
            access_denied=True,
        )
    try:
        told = unwrap(content, _WHAT)
    except PermanentError:
        told = Fault("", "geen reden gegeven")
    fault = told if isinstance(told, Fault) else Fault("", "geen reden gegeven")
    log = f"SOAP fault {shown(fault.code)} with a new token"
    for codes, advice in _ADVICE.items():
        if fault.code in codes:
            text = f"Het curatele- en bewindregister weigert ons bericht: {shown(fault.text)}. "
            return ConfigError(text + advice, log, access_denied=codes is not ADDRESS)
    return TransientError(
        f"Het curatele- en bewindregister meldt een fout: {shown(fault.text)}. De hub probeert het "
        "later opnieuw.",
        log,
    )


#: By the code of a fault: what to look at, when a new token did not help.
_ADVICE = {
    ACCESS: "Controleer de realm en of uw account dit register mag bevragen.",
    CLOCK: "Controleer of de klok van deze server gelijk loopt, en de realm.",
    ADDRESS: "Controleer het adres.",
}


def _with_advice(step: CheckStep) -> CheckStep:
    """Return a step; of a certificate that nobody trusts with where to find who signed it."""
    if step.ok or step.name != "TLS":
        return step
    advice = "Vul bij CA-bestand de PKIoverheid Private Root CA G1 in."
    return replace(step, message=f"{step.message} {advice}")


def _refusals(refusals: list[str]) -> PermanentError:
    count = len(refusals)
    what = "1 vraag" if count == 1 else f"{count} vragen"
    return PermanentError(
        f"Het curatele- en bewindregister weigerde {what}: {refusals[0]}. Van die inwoners is "
        "niets gewijzigd; dat zij er niet in staan, is dus niet gezegd.",
        f"{count} answer(s) with a Foutmelding",
    )
