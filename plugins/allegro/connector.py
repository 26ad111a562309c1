"""The connector of Allegro: asks about each resident with a running debt-help case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, ClassVar

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
    Role,
    Stream,
    client_context,
    probe,
)
from plugins.allegro.facts import FIELDS, parse_person
from plugins.allegro.session import Session, extra_info
from plugins.allegro.settings import AllegroConfig
from plugins.allegro.states import ENDED, FORCING, RUNNING
from schemas.fields import shown

#: So many people are asked about between two commits: each takes several questions.
BATCH = 50

#: By group of a record: the operations that give an overview, one of it, and its creditors.
_KINDS = {
    "aanvragen": ("GetSRVOverzicht", "GetSRVAanvraag", "GetSRVEisers"),
    "bemiddelingen": ("GetSBOverzicht", "GetSB", "GetSBEisers"),
}


class AllegroConnector(Connector):
    """Reads requests for a debt arrangement and mediations of a municipality's Allegro."""

    name: ClassVar[str] = "allegro"
    title: ClassVar[str] = "Allegro (Kred'it)"
    role: ClassVar[Role] = "debt_help"
    config: ClassVar[type[ConfigSchema]] = AllegroConfig
    streams: ClassVar[tuple[Stream, ...]] = (
        Stream("people", "Schuldregelingen per inwoner", "changes"),
    )
    fields = {"people": FIELDS}
    asks = "help"

    def __init__(self, config: Mapping[str, Any], context: Context) -> None:
        super().__init__({**config, "url": config["url"].rstrip("/")}, context)
        if config["ca_file"]:
            self.http.verify = config["ca_file"]
        self.session = Session(self.settings, context)
        codes = config["unknown_codes"].split(",")
        self._unknown = {"0", "", *(one.strip() for one in codes)}

    def check(self) -> Iterator[CheckStep]:
        """Yield name, port and TLS, then sign-in, and whether a person may be asked about."""
        ca_file = self.settings["ca_file"]
        for found in probe(self.settings["url"], client_context(ca_file) if ca_file else None):
            step = _with_advice(CheckStep(*found))
            yield step
            if not step.ok:
                return
        for name, look in (("Aanmelden", self._try_sign_in), ("Proefvraag", self._try_person)):
            step = _tried(name, look)
            yield step
            if not step.ok:
                return

    def _try_sign_in(self) -> str:
        user = self.session.sign_in()
        told = extra_info(user, " Allegro zegt")
        if str(user.get("WachtwoordWijzigen")).lower() in ("true", "1"):
            told += " Allegro vraagt om een nieuw wachtwoord; stel dat op tijd in."
        return f"Allegro gaf een sessie.{told}"

    def _try_person(self) -> str:
        person = next((one for one in self.context.people() if one.get("bsn")), None)
        if person is None:
            return "Er is nu geen inwoner met een lopend traject; er is dus niets gevraagd."
        record = self._record(person)
        if record is None or record.deleted:
            return "Allegro beantwoordt vragen; de eerste inwoner is daar niet bekend."
        self.parse("people", record.raw)
        return "Allegro beantwoordt vragen, en het eerste antwoord is leesbaar."

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield one record per person asked; who has nothing there is a tombstone."""
        if stream != "people":
            yield from super().read(stream, cursor)
            return
        found = self._records()
        while batch := list(islice(found, BATCH)):
            yield Batch(batch)
        if not self.context.cancelled():
            yield Batch([], caught_up=True)

    def _records(self) -> Iterator[Record]:
        for person in self.context.people():
            if self.context.cancelled():
                return
            # Allegro knows people by their BSN only.
            record = self._record(person) if person.get("bsn") else None
            if record is not None:
                yield record

    def _record(self, person: Mapping[str, Any]) -> Record | None:
        """Return what Allegro tells of a person; None when it does not say whether it knows any."""
        bsn = str(person["bsn"])
        key = self.context.pseudonym(bsn)
        operation = "BSNNaarRelatieMetBedrijf" if self.settings["company"] else "BSNNaarRelatie"
        told = self.session.ask(operation, {"BSN": int(bsn)})
        relations, code = self._relations(told.get("Result"), operation), told.get("ExtraInfo", "")
        if not relations and str(code) not in self._unknown:
            said = extra_info(told, f"Allegro zegt bij {operation}")
            self.context.warn(f"Eén of meer inwoners zijn niet gelezen. {said}")
            return None
        groups = {
            name: [item for one in relations for item in self._asked(name, one)] for name in _KINDS
        }
        if not any(groups.values()):
            return Record(key, b"{}", deleted=True)
        remark = {name: told.get(name, "") for name in ("ExtraInfo", "ExtraInfoOmschrijving")}
        who = {"key": key, "bsn": bsn, "relatie": relations[0]}
        return Record.json(key, who | remark | groups)

    def _relations(self, told: Any, operation: str) -> list[int]:
        """Return under which numbers somebody is known, at the company of the settings."""
        if not isinstance(told, list):
            one = _number(told, operation)
            return [one] if one > 0 else []
        ours = [one for one in told if isinstance(one, dict) and self._is_ours(one)]
        if told and not ours:
            self.context.warn(
                "Allegro kent één of meer inwoners alleen bij een ander bedrijf dan bedrijf "
                f"{self.settings['company']} uit de instellingen; daar staat van hen niets."
            )
        return [_number(one.get("Relatiecode"), operation) for one in ours]

    def _is_ours(self, relation: Mapping[str, Any]) -> bool:
        code = str(relation.get("Bedrijfscode", ""))
        return code.lstrip("0") == self.settings["company"].lstrip("0")

    def _asked(self, name: str, relation: int) -> list[dict[str, Any]]:
        overview, one, creditors = _KINDS[name]
        heads = self.session.ask(overview, {"aRelatieCode": relation}).get("Result")
        found = []
        for head in heads if isinstance(heads, list) else []:
            self._look_at(head)
            asked = {"aHeader": head if isinstance(head, dict) else {}}
            self_ = self.session.ask(one, asked).get("Result")
            debts = self.session.ask(creditors, asked).get("Result")
            found.append({"kop": head, "zelf": self_, "eisers": debts})
        return found

    def _look_at(self, head: Any) -> None:
        """Warn of a status that has no meaning here: the case then says little."""
        status = head.get("Status") if isinstance(head, dict) else None
        if status and status not in RUNNING | ENDED | FORCING:
            self.context.warn(
                f"Allegro gebruikt status {shown(status)}, en die kent de koppeling niet. De fase "
                "van zo'n aanvraag staat op aanmelding."
            )

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the facts of one person. Raises RecordError with every problem in it."""
        if stream != "people":
            return super().parse(stream, raw)
        return parse_person(raw)


def _number(told: Any, operation: str) -> int:
    try:
        return int(told or 0)
    except (TypeError, ValueError):
        raise PermanentError(
            f"Allegro gaf bij {operation} geen relatiecode maar iets anders. Er is niets "
            "gewijzigd. Vraag Kred'it om hulp.",
            f"{operation} answered no number",
        ) from None


def _with_advice(step: CheckStep) -> CheckStep:
    """Return a step; of a certificate that nobody trusts with where to find who signed it."""
    if step.ok or step.name != "TLS":
        return step
    advice = "Is het van uw eigen organisatie? Vul dan bij CA-bestand in wie het uitgaf."
    return replace(step, message=f"{step.message} {advice}")


def _tried(name: str, look: Callable[[], str]) -> CheckStep:
    try:
        return CheckStep(name, True, look())
    except HubError as error:
        return CheckStep(name, False, error.user)
