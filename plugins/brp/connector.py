"""The connector of the BRP: who are the people we help, and what became of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from hub.connector import (
    Batch,
    CheckStep,
    ConfigSchema,
    Connector,
    Context,
    Cursor,
    Fact,
    PermanentError,
    Record,
    RecordError,
    Role,
    Stream,
    certificate_step,
    client_context,
    key_step,
    probe,
    read_json,
)
from plugins.brp import question as ask
from plugins.brp.messages import FIELDS, parse_person, the_one
from plugins.brp.problems import TOLD, TOO_MANY, code_of, error_of
from plugins.brp.settings import Settings, wanted
from plugins.brp.signin import SignIn
from schemas.fields import shown

#: A number of the test range of the BSN.
TEST_BSN = "999999990"

#: The kinds of content that we send and take.
_CONTENT = "application/json; charset=utf-8"


class PopulationConnector(Connector):
    """Asks the BRP about residents with a running debt case."""

    name: ClassVar[str] = "brp"
    title: ClassVar[str] = "BRP (personen)"
    role: ClassVar[Role] = "register"
    config: ClassVar[type[ConfigSchema]] = Settings
    streams: ClassVar[tuple[Stream, ...]] = (Stream("people", "Personen", "changes"),)
    asks = "help"
    fields = {"people": FIELDS}

    def __init__(self, config: Mapping[str, Any], context: Context) -> None:
        super().__init__(config, context)
        self._sign_in = SignIn(config, context)
        if config["ca_file"]:
            self.http.verify = config["ca_file"]
        if config["certificate_file"]:
            self.http.cert = config["certificate_file"], config["key_file"]

    def check(self) -> Iterator[CheckStep]:
        """Look whether we are let in, and whether every field in the settings may be asked."""
        settings = self.settings
        names = settings["ca_file"], settings["certificate_file"], settings["key_file"]
        if settings["certificate_file"]:
            yield CheckStep(*certificate_step(settings["certificate_file"]))
            yield CheckStep(*key_step(settings["key_file"]))
        tls = client_context(*names) if any(names) else None
        yield from (_with_advice(CheckStep(*step)) for step in probe(settings["url"], tls))
        self._sign_in.headers()
        yield CheckStep("Aanmelden", True, "De hub heeft zich aangemeld.")
        fields = wanted(settings)
        self._ask(ask.by_bsn([TEST_BSN], fields))
        text = (
            f"De BRP beantwoordt een vraag naar alle {len(fields)} velden. Of uw "
            "autorisatiebesluit ze noemt, moet u zelf nagaan: bij een gemeente kijkt de BRP daar "
            "niet naar."
        )
        yield CheckStep("Velden", True, text)

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield one record per resident who may be asked about, in batches of one question."""
        if stream != "people":
            yield from super().read(stream, cursor)
            return
        # By BSN: the keys under which the answer is kept.
        waiting: dict[str, list[str]] = {}
        gone: list[Record] = []
        for person in self.context.people():
            key, bsn = self._whom(person)
            if bsn:
                waiting.setdefault(bsn, []).append(key)
            else:
                gone.append(Record(key, b"", deleted=True))
            if len(waiting) == ask.MOST or len(gone) == ask.MOST:
                yield Batch([*gone, *self._records(waiting)])
                waiting, gone = {}, []
        yield Batch([*gone, *self._records(waiting)], caught_up=True)

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the person in one answer. Raises RecordError."""
        try:
            value = read_json(raw, "Het record")
        except PermanentError as error:
            raise RecordError("Het record is geen leesbare JSON") from error
        person = parse_person(the_one(value.get("people") if isinstance(value, dict) else None))
        return [Fact("person", self.context.pseudonym(person["bsn"]), person)]

    def _whom(self, person: Mapping[str, Any]) -> tuple[str, str]:
        """Return the key of a person, and the BSN by which to ask, empty when that is unknown."""
        if person.get("bsn"):
            return self.context.pseudonym(person["bsn"]), str(person["bsn"])
        found = self._search(person) if self.settings["search_without_bsn"] else ""
        return str(person["id"]), found

    def _search(self, person: Mapping[str, Any]) -> str:
        """Return the BSN of the only one who fits exactly; empty when a person must choose."""
        wish = ask.by_details(person)
        found = self._ask(wish) if wish else []
        bsns = [str(one.get("burgerservicenummer") or "") for one in found]
        return bsns[0] if len(found) == 1 and _fits(found[0], person) else ""

    def _records(self, waiting: Mapping[str, list[str]]) -> Iterator[Record]:
        if not waiting:
            return
        found: dict[str, list[Any]] = {bsn: [] for bsn in waiting}
        for one in self._ask(ask.by_bsn(list(waiting), wanted(self.settings))):
            bsn = str(one.get("burgerservicenummer") or "")
            if bsn not in found:
                raise _about_others()
            found[bsn].append(one)
        for bsn, keys in waiting.items():
            # The order of an answer says nothing.
            people = sorted(found[bsn], key=str)
            for key in keys:
                found_any = Record.json(key, {"people": people})
                yield found_any if people else Record(key, b"", deleted=True)

    def _ask(self, question: ask.Question, again: bool = True) -> list[dict[str, Any]]:
        """Return who is found. Raises HubError with the words of the BRP."""
        response = self.http.post(
            f"{self.settings['url'].rstrip('/')}/personen",
            json=question,
            headers={
                **self._sign_in.headers(),
                "Accept": "application/json",
                "Content-Type": _CONTENT,
            },
            allow_status=set(TOLD),  # type: ignore[call-arg]
        )
        if response.status_code == 401 and again and self._sign_in.forget():
            # A token can be withdrawn before its end.
            return self._ask(question, again=False)
        if response.status_code == 400 and code_of(response) == TOO_MANY:
            return []
        if response.status_code != 200:
            raise error_of(response)
        return _people(response.content, question["type"])


def _people(content: bytes, kind: str) -> list[dict[str, Any]]:
    value = read_json(content, "Het antwoord van de BRP", half_characters=True)
    people = value.get("personen") if isinstance(value, dict) else None
    if not isinstance(people, list) or value.get("type") != kind:
        told = value.get("type") if isinstance(value, dict) else None
        raise PermanentError(
            f"De BRP gaf een ander antwoord ({shown(told)}) dan gevraagd ({kind}). Er is niets "
            "gewijzigd. Controleer het adres en de versie van de API.",
            "answer of the BRP has another type",
        )
    if not all(isinstance(one, dict) for one in people):
        raise PermanentError(
            "De lijst van personen van de BRP heeft niet de afgesproken vorm. Er is niets "
            "gewijzigd.",
            "persons are no groups of fields",
        )
    return people


def _fits(found: Mapping[str, Any], person: Mapping[str, Any]) -> bool:
    """Tell whether somebody who was found is exactly who was looked for."""
    try:
        told = parse_person(dict(found))
    except RecordError:
        return False
    if any(_plain(told[name]) != _plain(person.get(name)) for name in ("surname", "prefix")):
        return False
    born = person.get("birth_date")
    if born and told["birth_date"] != str(born):
        return False
    first, second = told["initials"].casefold(), str(person.get("initials") or "").casefold()
    return not (first and second) or first.startswith(second) or second.startswith(first)


def _plain(name: Any) -> str:
    """Return a name as the BRP itself compares it: without capitals and diacritics."""
    letters = unicodedata.normalize("NFKD", str(name or "").casefold())
    return "".join(one for one in letters if not unicodedata.combining(one))


def _with_advice(step: CheckStep) -> CheckStep:
    """Return a step; of a certificate that nobody trusts with where to find who signed it."""
    if step.ok or step.name != "TLS":
        return step
    advice = "Vul bij CA-bestand de stamcertificaten van PKIoverheid in waaronder de dienst valt."
    return replace(step, message=f"{step.message} {advice}")


def _about_others() -> PermanentError:
    return PermanentError(
        "De BRP gaf iemand naar wie niet is gevraagd, of iemand zonder BSN. De hub heeft niets "
        "daarvan bewaard. Vraag RvIG of uw leverancier om het antwoord na te kijken.",
        "an answer about somebody else",
    )
