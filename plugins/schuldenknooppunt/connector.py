"""The connector of the Schuldenknooppunt: sends questions, collects answers and confirms them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

from lxml import etree
from marshmallow import fields, validate

from hub.clock import AMSTERDAM, add_working_days
from hub.connector import (
    Batch,
    CheckStep,
    Command,
    ConfigError,
    ConfigSchema,
    Connector,
    Context,
    Cursor,
    Fact,
    PermanentError,
    Receipt,
    Record,
    Role,
    Stream,
    TransientError,
    action_for,
    certificate_step,
    client_context,
    key_step,
    probe,
    setting,
)
from plugins.schuldenknooppunt import envelope
from plugins.schuldenknooppunt.elements import missing, unfit
from plugins.schuldenknooppunt.envelope import Delivered, Fault
from plugins.schuldenknooppunt.facts import facts_of
from plugins.schuldenknooppunt.faults import (
    Complaint,
    complaint_about,
    faults_of,
    problems_of,
    read_raw,
)
from plugins.schuldenknooppunt.kinds import FIELDS, KINDS, SE, SHV, Kind, sent_by
from plugins.schuldenknooppunt.messages import (
    Header,
    Message,
    compose,
    is_uuid,
    whole_tree,
    write_message,
)
from plugins.schuldenknooppunt.tables import NUMBER

#: How many messages are collected at a time.
PORTION = 100

_SPACE = uuid.UUID("0f0c0d2e-2d38-4b42-9b3e-0c7b6f3d7a56")

#: Working days after which a message that nobody confirmed is gone (procesafspraken 2.1).
KEPT_WORKING_DAYS = 5


class Settings(ConfigSchema):
    """Where the exchange is, who we are there, and our certificate."""

    url = setting(
        fields.Url,
        "Adres",
        "Het adres van de webservice van het Schuldenknooppunt.",
        require_tld=False,
        validate=validate.Regexp(
            r"https://", re.I, error="Vul een adres in dat begint met https://."
        ),
    )
    organisation_id = setting(
        fields.UUID,
        "Ons nummer",
        "Het nummer (UUID) waaronder het Schuldenknooppunt ons in deze rol kent.",
        group="Organisatie",
    )
    ca_file = setting(
        fields.String,
        "CA-bestand",
        "Pad van het bestand met de certificaten die wij vertrouwen.",
        group="Certificaten",
        path=True,
    )
    certificate_file = setting(
        fields.String, "Certificaat", "Pad van ons certificaat.", group="Certificaten", path=True
    )
    key_file = setting(
        fields.String,
        "Sleutel",
        "Pad van de sleutel van ons certificaat.",
        group="Certificaten",
        path=True,
    )
    contact_name = setting(
        fields.String,
        "Contactpersoon",
        "Wie de andere kant kan bellen.",
        group="Organisatie",
        load_default="",
    )
    contact_phone = setting(
        fields.String, "Telefoon", "Het nummer daarbij.", group="Organisatie", load_default=""
    )
    contact_email = setting(
        fields.String, "E-mail", "Het adres daarbij.", group="Organisatie", load_default=""
    )


class Participant(Connector):
    """What all of us at the exchange have in common; a subclass says what it sends and reads."""

    role: ClassVar[Role] = "exchange"
    config: ClassVar[type[ConfigSchema]] = Settings
    streams: ClassVar[tuple[Stream, ...]] = (Stream("messages", "Berichten", "queue", version=3),)
    fields = {"messages": FIELDS}
    #: What we send, by the order for it.
    sends: ClassVar[Mapping[str, Kind]]

    @staticmethod
    def kind_of(root: str) -> Kind | None:
        """Return the kind of message of a root element, None when there is no such kind."""
        return KINDS.get(root)

    def __init__(self, config: Any, context: Context) -> None:
        super().__init__(config, context)
        self._us = str(config["organisation_id"])
        self.http.verify = config["ca_file"]
        self.http.cert = (config["certificate_file"], config["key_file"])

    def check(self) -> Iterator[CheckStep]:
        """Look whether our certificate is accepted and we may collect; nothing is confirmed."""
        yield CheckStep(*certificate_step(self.settings["certificate_file"]))
        yield CheckStep(*key_step(self.settings["key_file"]))
        yield from (CheckStep(*step) for step in probe(self.settings["url"], self._tls()))
        found = self._collect(1)
        text = "Er staan berichten klaar." if found else "Er staan geen berichten klaar."
        yield CheckStep("Aanmelden", True, f"Het certificaat is geaccepteerd. {text}")
        if found and found[0].offered_on:
            until = add_working_days(found[0].offered_on, KEPT_WORKING_DAYS)
            yield CheckStep(
                "Ophaaltermijn",
                True,
                f"Het oudste bericht wacht sinds {found[0].offered_on:%d-%m-%Y}. Wordt het niet "
                f"opgehaald, dan is het na {until:%d-%m-%Y} weg.",
            )

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield waiting messages; each portion is confirmed after its commit, then the next."""
        self._tls()
        while found := self._collect(PORTION):
            today = self.context.clock.today()
            faults = [
                complaint_about(one.raw, one.id, self._us, today, self.kind_of) for one in found
            ]
            answers = [one for one in faults if one]
            records = [Record(one.id, one.raw) for one in found]
            records += [Record(one.id, one.raw) for one in answers]
            yield Batch(records, confirm=self._done([one.id for one in found], answers))
            if len(found) < PORTION:
                break

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the facts of one message. Raises RecordError with every problem in it."""
        message = read_raw(raw, self.kind_of)
        ours = {one.sender for one in self.sends.values()}
        if message.header.sender != self._us and message.kind.sender in ours:
            self.context.warn(
                f"Er kwam een bericht binnen dat wij in deze rol zelf versturen "
                f"({message.kind.title}). Controleer of ons nummer bij deze rol hoort."
            )
        return facts_of(message, self._us)

    def send(self, command: Command, key: str) -> Receipt:
        """Send a message; `key` is its number, and its conversation when it begins one."""
        if command.kind not in self.commands:
            return super().send(command, key)
        message = self._message(command, key)
        raw, party = write_message(message), str(command.data.get("party") or "")
        facts = self._sendable(message, raw, party, command.person)
        answer = self._call(envelope.SEND, envelope.message_element(key, raw))
        if isinstance(answer, Fault):
            if answer.detail == envelope.NOT_US:
                raise _not_us(answer)
            return Receipt("refused", message=f"Het Schuldenknooppunt weigert: {answer.text}")
        text = "Het bericht staat klaar voor de ontvanger."
        return Receipt("delivered", key, text, facts=tuple(facts))

    def inquire(self, key: str) -> Receipt | None:
        """Ask whether a message arrived.

        What was sent is not told back, so the hub sends again when it did not arrive; the
        exchange knows a repeated number.
        """
        return None

    def _message(self, command: Command, key: str) -> Message:
        """Return the message of an order. Raises PermanentError when something is missing."""
        kind, data = self.sends[command.kind], command.data
        receiver = self._receiver(data)
        # A conversation is told by a UUID, which an order need not be.
        begun = key if is_uuid(key) else str(uuid.uuid5(_SPACE, key))
        conversation = str(data.get("conversation") or begun)
        on = command.created_at.astimezone(AMSTERDAM).date()
        header = Header(self._us, receiver, conversation, key, on)
        contact = {
            name: self.settings[f"contact_{name}"]
            for name in ("name", "phone", "email")
            if self.settings[f"contact_{name}"]
        }
        told = {**_numbers(data), **data, "contact": data.get("contact") or contact}
        message = compose(kind, header, command.person, told)
        lacking = [] if receiver else ["Ontvanger"]
        lacking += missing(kind.elements, whole_tree(message))
        if lacking:
            raise PermanentError(
                f"Voor het bericht {kind.title} ontbreekt nog: {', '.join(lacking)}. Vul dit aan "
                "en geef de opdracht opnieuw.",
                f"{len(lacking)} elements of {kind.root} are missing",
            )
        if wrong := unfit(kind.elements, message.tree):
            raise _unsent(kind, wrong)
        return message

    def _sendable(
        self, message: Message, raw: bytes, party: str, person: Mapping[str, Any]
    ) -> list[Fact]:
        """Return the facts of a message that goes out.

        Raises PermanentError for what we would not take ourselves: a message cannot be called
        back, and what the hub cannot keep of it must be known before.
        """
        wrong = problems_of(raw, self._us, self.kind_of)
        facts = [] if wrong else facts_of(message, self._us, party=party, person=person)
        if wrong := wrong or faults_of(facts):
            raise _unsent(message.kind, wrong)
        return facts

    def _receiver(self, data: Mapping[str, Any]) -> str:
        return str(data.get("party_skp_id") or "")

    def _done(self, ids: list[str], answers: list[Complaint]) -> Callable[[], None]:
        """Return what is done after the commit: say what cannot be used, confirm everything."""

        def confirm() -> None:
            for one in answers:
                told = self._call(envelope.SEND, envelope.message_element(one.id, one.raw))
                if isinstance(told, Fault):
                    # A sender that left the exchange must not keep the others waiting.
                    self.context.log.warning("no Foutbericht could be sent: %s", told.code)
            self._answered(envelope.CONFIRM, *(envelope.text_element("id", id_) for id_ in ids))

        return confirm

    def _collect(self, most: int) -> list[Delivered]:
        answer = self._answered(envelope.COLLECT, envelope.text_element("aantal", str(most)))
        return list(envelope.messages(answer))

    def _answered(self, operation: str, *children: etree._Element) -> etree._Element:
        answer = self._call(operation, *children)
        if isinstance(answer, Fault):
            raise _not_us(answer)
        return answer

    def _call(self, operation: str, *children: etree._Element) -> etree._Element | Fault:
        us = envelope.text_element("deelnemer", self._us)
        response = self.http.post(
            self.settings["url"],
            data=envelope.wrap(operation, us, *children),
            headers={
                "Content-Type": "text/xml; charset=utf-8",
                "SOAPAction": f'"{envelope.OWN}/{operation}"',
            },
            allow_status={500},  # type: ignore[call-arg]  # SOAP 1.1 tells its faults so
        )
        try:
            answer = envelope.unwrap(response.content)
        except PermanentError:
            if response.status_code != 500:
                raise
            # A server that broke says so in HTML, and not always in SOAP.
            answer = Fault("Server", "")
        if isinstance(answer, Fault) and action_for(answer.code, self.outcomes) == "retry":
            raise TransientError(
                "Het Schuldenknooppunt heeft een storing. De hub probeert het later opnieuw.",
                f"SOAP fault {answer.code}",
                may_have_arrived=True,
            )
        return answer

    def _tls(self) -> Any:
        settings = self.settings
        return client_context(
            settings["ca_file"], settings["certificate_file"], settings["key_file"]
        )


def _not_us(fault: Fault) -> ConfigError:
    return ConfigError(
        f"Het Schuldenknooppunt weigert: {fault.text} Controleer ons nummer en of het certificaat "
        "daarbij hoort.",
        f"SOAP fault {fault.code}",
    )


def _unsent(kind: Kind, wrong: list[str]) -> PermanentError:
    return PermanentError(
        f"Het bericht {kind.title} is niet verstuurd: {'; '.join(wrong)}. Pas dit aan en geef de "
        "opdracht opnieuw.",
        f"{len(wrong)} elements of {kind.root} do not fit",
    )


def _numbers(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the asker's own number of the client, so that it finds the answer to its question."""
    asked = (data.get("question") or {}).get(NUMBER.name)
    return {NUMBER.ours: str(asked)} if asked else {}


class ExchangeConnector(Participant):
    """Debt help at the Schuldenknooppunt: asks creditors, and collects what they answer."""

    name: ClassVar[str] = "schuldenknooppunt"
    title: ClassVar[str] = "Schuldenknooppunt"
    sends = sent_by(SHV)
    commands: ClassVar[tuple[str, ...]] = tuple(sends)


class CreditorConnector(Participant):
    """A creditor at the Schuldenknooppunt: collects what debt helpers ask, and answers."""

    name: ClassVar[str] = "schuldenknooppunt_creditor"
    title: ClassVar[str] = "Schuldenknooppunt (als schuldeiser)"
    sends = sent_by(SE)
    commands: ClassVar[tuple[str, ...]] = tuple(sends)
    register = "tax"
