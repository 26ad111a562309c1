"""The connector of the CIR: asks per resident, and polls for what changed or was removed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
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
    read_xml,
)
from plugins.cir import operations as ask
from plugins.cir.codes import RELOAD
from plugins.cir.messages import FIELDS, destroy_on, parse_record, record_of
from plugins.cir.operations import INSPUB, TooMany
from plugins.cir.settings import NO_GROUND, Settings, need_ground
from plugins.cir.soap import TOO_OLD, Account, Fault, action_of, unwrap, wrap
from schemas.fields import shown

#: How many residents are asked about before their answers are committed.
BATCH = 50

#: So much before the last read changes are asked for again: clocks differ.
OVERLAP = timedelta(hours=1)

#: A number of a case that nobody has, for the connection test.
NO_CASE = "R.99/99/9999"

#: By the key of a record: a digest of what was found, and until when it may be kept ("" unknown).
Known = dict[str, list[str]]


class InsolvencyConnector(Connector):
    """Asks the insolvency register about residents with a running debt case."""

    name: ClassVar[str] = "cir"
    title: ClassVar[str] = "Insolventieregister (CIR)"
    role: ClassVar[Role] = "register"
    config: ClassVar[type[ConfigSchema]] = Settings
    streams: ClassVar[tuple[Stream, ...]] = (
        Stream("cases", "Insolventies (mogelijke overeenkomsten)", "changes", version=2),
    )
    asks = "help"
    fields = {"cases": FIELDS}

    def __init__(self, config: Mapping[str, Any], context: Context) -> None:
        super().__init__(config, context)
        self._account = Account(config["username"], config["password"])
        if config["ca_file"]:
            self.http.verify = config["ca_file"]

    def check(self) -> Iterator[CheckStep]:
        """Look whether a ground is recorded and the register lets us in; nobody is searched."""
        if not self.settings["ground"].strip():
            yield CheckStep("Grondslag", False, NO_GROUND)
            return
        yield CheckStep("Grondslag", True, "Doel en grondslag zijn vastgelegd.")
        ca_file = self.settings["ca_file"]
        tls = client_context(ca_file) if ca_file else None
        yield from (_with_advice(CheckStep(*step)) for step in probe(self.settings["url"], tls))
        until = ask.updated_on(self._ask(ask.last_update(), "GetLastUpdate"))
        text = f"Het register laat ons toe; het is bijgewerkt tot {until:%d-%m-%Y}."
        yield CheckStep("Aanmelden", True, text)
        # That too much was found is an answer as well.
        with suppress(TooMany):
            ask.marks_of(self._ask(ask.by_number(NO_CASE), "searchInsolvencyID"))
        yield CheckStep("Zoeken", True, "Het register beantwoordt een zoekvraag.")

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield a record for each resident for whom anything may have changed.

        Raises PermanentError at the end when the register found too many for somebody, after all
        others were delivered: what stood of that resident stays.
        """
        if stream != "cases":
            yield from super().read(stream, cursor)
            return
        need_ground(self.settings["ground"])
        began, since = self.context.clock.now(), (cursor or {}).get("since")
        known: Known = dict((cursor or {}).get("known", {})) if since else {}
        news = self._news(since) if since else _News(everything=True)
        seen: set[str] = set()
        unclear = 0
        records: list[Record] = []
        for person in self.context.people():
            key = self._key(person)
            seen.add(key)
            try:
                records += self._records(key, person, known, news)
            except TooMany:
                unclear += 1
            if len(records) >= BATCH:
                yield Batch(records, cursor={"since": since, "known": dict(known)})
                records = []
        # Whom we no longer help is no longer our business there.
        records += [Record(key, b"", deleted=True) for key in sorted(set(known) - seen)]
        known = {key: marks for key, marks in known.items() if key in seen}
        done = {"since": (began - OVERLAP).isoformat(), "known": known}
        yield Batch(records, cursor=done, caught_up=not unclear)
        if unclear:
            raise _unclear(unclear)

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the entries of one person. Raises RecordError."""
        try:
            root = read_xml(raw, "Het record")
        except PermanentError as error:
            raise RecordError("Het record is geen leesbare XML") from error
        return list(parse_record(root))

    def _key(self, person: Mapping[str, Any]) -> str:
        bsn = person.get("bsn")
        return self.context.pseudonym(bsn) if bsn else str(person["id"])

    def _records(
        self, key: str, person: Mapping[str, Any], known: Known, news: _News
    ) -> Iterator[Record]:
        marks = [one for one in self._search(person) if not news.gone(one)]
        digest, today = _digest(marks), self.context.clock.today()
        old = known.get(key)
        if old and _stands(old, digest, today) and not any(map(news.changed, marks)):
            return
        cases = [one for one in self._cases(marks) if _may_be_kept(one, today)]
        known.pop(key, None)
        if cases:
            ends = [day.isoformat() for day in map(destroy_on, cases) if day]
            known[key] = [digest, min(ends, default="")]
            yield Record(key, record_of(key, cases))
        elif old or not news.told_before:
            yield Record(key, b"", deleted=True)

    def _search(self, person: Mapping[str, Any]) -> list[str]:
        """Return the publications for a person. Raises TooMany when no search is narrow enough."""
        crowded = False
        for question in ask.searches(person):
            try:
                return ask.marks_of(self._ask(question, "searchNaturalPerson"))
            except TooMany:
                crowded = True
        if crowded:
            raise TooMany
        return []

    def _cases(self, marks: list[str]) -> Iterator[etree._Element]:
        """Yield each case once; what is gone meanwhile is left out."""
        for mark in {ask.case_of(one): one for one in marks}.values():
            result = self._ask(ask.get_case(mark), "getCase")
            case = result.find(f"{{{INSPUB}}}insolvente")
            if not ask.exception_of(result) and case is None:
                raise PermanentError(
                    "Het insolventieregister gaf een zaak zonder inhoud. Er is niets gewijzigd.",
                    "getCase without insolvente",
                )
            if case is not None:
                yield case

    def _news(self, since: str) -> _News:
        """Return what changed since the last read; everything when the register cannot say."""
        at = datetime.fromisoformat(since)
        try:
            changed = self._ask(ask.since("searchModifiedSince", at), "searchModifiedSince")
            removed = self._ask(ask.since("searchRemovedSince", at), "searchRemovedSince")
            if RELOAD in (ask.exception_of(changed), ask.exception_of(removed)):
                return _News(everything=True, told_before=True)
            return _News(
                cases={ask.case_of(one) for one in ask.marks_of(changed)},
                removed=ask.removed_of(removed),
                told_before=True,
            )
        except TooMany:
            return _News(everything=True, told_before=True)

    def _ask(self, body: etree._Element, operation: str) -> etree._Element:
        now, url = self.context.clock.now(), self.settings["url"]
        content, headers = wrap(body, self.settings["soap"], url, self._account, now)
        # Both versions of SOAP tell their faults with an HTTP error.
        allowed: Any = {"allow_status": {400, 500}}
        response = self.http.post(url, data=content, headers=headers, **allowed)
        try:
            told = unwrap(response.content)
        except PermanentError as error:
            if response.status_code != 500:
                raise
            raise TransientError(
                "Het insolventieregister heeft een storing (HTTP 500). De hub probeert het later "
                "opnieuw.",
                "HTTP 500 without a SOAP fault",
            ) from error
        if isinstance(told, Fault):
            raise _error_of(told)
        return ask.result_of(told, operation)


class _News:
    """What changed in the register since the last read."""

    def __init__(
        self,
        cases: set[str] | None = None,
        removed: list[ask.Removed] | None = None,
        *,
        everything: bool = False,
        told_before: bool = False,
    ) -> None:
        self._everything = everything
        self._removed = {one.mark for one in removed or ()}
        self._ended = {ask.case_of(one.mark) for one in removed or () if one.whole_case}
        self._cases = (cases or set()) | {ask.case_of(mark) for mark in self._removed}
        #: Whether there was a whole read before this one.
        self.told_before = told_before

    def changed(self, mark: str) -> bool:
        """Tell whether the case of a publication must be fetched again."""
        return self._everything or ask.case_of(mark) in self._cases

    def gone(self, mark: str) -> bool:
        """Tell whether a publication may no longer be kept."""
        return mark in self._removed or ask.case_of(mark) in self._ended


def _with_advice(step: CheckStep) -> CheckStep:
    """Return a step; of a certificate that nobody trusts with where to find who signed it."""
    if step.ok or step.name != "TLS":
        return step
    advice = "Vul bij CA-bestand de stamcertificaten van PKIoverheid in waaronder de dienst valt."
    return replace(step, message=f"{step.message} {advice}")


def _digest(marks: list[str]) -> str:
    # Case numbers of people do not belong in a cursor.
    return hashlib.sha256(" ".join(marks).encode()).hexdigest()[:16] if marks else ""


def _stands(old: list[str], digest: str, today: date) -> bool:
    return old[0] == digest and (not old[1] or today.isoformat() <= old[1])


def _may_be_kept(case: etree._Element, today: date) -> bool:
    until = destroy_on(case)
    return until is None or today <= until


def _error_of(fault: Fault) -> HubError:
    action, log = action_of(fault), f"SOAP fault {shown(fault.code)} of CIR"
    told = f"Het insolventieregister meldt {shown(fault.text)} ({fault.code[:40]})."
    if action in ("access", "config"):
        return ConfigError(f"{told} {_advice(fault)}", log, access_denied=action == "access")
    if action in ("retry", "wait"):
        return TransientError(f"{told} De hub probeert het later opnieuw.", log)
    return PermanentError(f"{told} Er is niets gewijzigd.", log)


def _advice(fault: Fault) -> str:
    if fault.code == TOO_OLD:
        return "Een bericht geldt vijf minuten: zet de klok van deze server gelijk."
    if action_of(fault) == "access":
        return "Controleer de gebruikersnaam, het wachtwoord en de versie van SOAP."
    return "Controleer het adres en de versie van SOAP."


def _unclear(count: int) -> PermanentError:
    who = "1 inwoner" if count == 1 else f"{count} inwoners"
    return PermanentError(
        f"Bij {who} vond het insolventieregister te veel personen. Van hen is niets gewijzigd; de "
        "anderen zijn bijgewerkt. Zoek hen met de hand op, of vul hun geboortedatum en adres aan.",
        f"too many results for {count} resident(s)",
    )
