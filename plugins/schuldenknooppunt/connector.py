"""The connector of the Schuldenknooppunt: sends questions, collects answers and confirms them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from lxml import etree
from marshmallow import fields, validate

from hub.clock import AMSTERDAM
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
    RecordError,
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
from plugins.schuldenknooppunt.envelope import Delivered, Fault
from plugins.schuldenknooppunt.messages import (
    FIELDS,
    NOTICE,
    REQUEST,
    Header,
    parse_message,
    question,
)

#: How many messages are collected at a time.
PORTION = 100

KINDS = {"notice": NOTICE, "balance_request": REQUEST}


class Settings(ConfigSchema):
    """Where the exchange is, who we are there, and our certificate."""

    url = setting(
        fields.Url,
        "Adres",
        "Het adres van de webservice van het Schuldenknooppunt.",
        require_tld=False,
    )
    organisation_id = setting(
        fields.UUID,
        "Ons nummer",
        "Het nummer (UUID) waaronder het Schuldenknooppunt ons kent.",
        group="Organisatie",
    )
    role_in_chain = setting(
        fields.String,
        "Onze rol",
        "schuldhulpverlener stuurt vragen; schuldeiser krijgt ze.",
        group="Organisatie",
        load_default="schuldhulpverlener",
        validate=validate.OneOf(
            ("schuldhulpverlener", "schuldeiser"), error="Kies schuldhulpverlener of schuldeiser."
        ),
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
        "Wie een schuldeiser kan bellen.",
        group="Organisatie",
        load_default="",
    )
    contact_phone = setting(
        fields.String, "Telefoon", "Het nummer daarbij.", group="Organisatie", load_default=""
    )
    contact_email = setting(
        fields.String, "E-mail", "Het adres daarbij.", group="Organisatie", load_default=""
    )


class ExchangeConnector(Connector):
    """Speaks with the Schuldenknooppunt over two-way TLS."""

    name: ClassVar[str] = "schuldenknooppunt"
    title: ClassVar[str] = "Schuldenknooppunt"
    role: ClassVar[Role] = "exchange"
    config: ClassVar[type[ConfigSchema]] = Settings
    streams: ClassVar[tuple[Stream, ...]] = (Stream("messages", "Berichten", "queue"),)
    commands: ClassVar[tuple[str, ...]] = tuple(KINDS)
    fields = {"messages": FIELDS}

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

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield waiting messages; each portion is confirmed after its commit, then the next."""
        self._tls()
        while found := self._collect(PORTION):
            ids = [one.id for one in found]
            records = [Record(one.id, one.raw) for one in found]
            yield Batch(records, confirm=lambda ids=ids: self._confirm(ids))  # type: ignore[misc]
            if len(found) < PORTION:
                break

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the facts of one message. Raises RecordError."""
        try:
            root = envelope.read_xml(raw)
        except PermanentError as error:
            raise RecordError("Het bericht is geen geldige XML") from error
        # The message's own number, so that a replay gives the same key.
        return parse_message(root.findtext("Referentienummer") or "", raw, root)

    def send(self, command: Command, key: str) -> Receipt:
        """Send a Kennisgeving or Saldoverzoek; `key` is its number and its conversation."""
        if command.kind not in KINDS:
            return super().send(command, key)
        on = command.created_at.astimezone(AMSTERDAM).date()
        header = Header(self._us, str(command.data["party_skp_id"]), key, key, on)
        contact = {
            "Naam": self.settings["contact_name"],
            "Telefoon": self.settings["contact_phone"],
            "Email": self.settings["contact_email"],
        }
        body = question(
            KINDS[command.kind], header, command.person, {**command.data, "contact": contact}
        )
        answer = self._call(envelope.SEND, envelope.message_element(key, body))
        if isinstance(answer, Fault):
            return Receipt("refused", message=f"Het Schuldenknooppunt weigert: {answer.text}")
        told = {
            "person": dict(command.person),
            "conversation": key,
            "direction": "out",
            "party": command.data["party"],
            "sent_on": on.isoformat(),
        }
        text = "Het bericht staat klaar voor de schuldeiser."
        return Receipt("delivered", key, text, facts=(Fact(command.kind, key, told),))

    def inquire(self, key: str) -> Receipt | None:
        """Ask whether a message arrived.

        What was sent is not told back, so the hub sends again when it did not arrive; the
        exchange knows a repeated number.
        """
        return None

    def _collect(self, most: int) -> list[Delivered]:
        answer = self._answered(envelope.COLLECT, envelope.text_element("aantal", str(most)))
        return list(envelope.messages(answer))

    def _confirm(self, ids: list[str]) -> None:
        self._answered(envelope.CONFIRM, *(envelope.text_element("id", id_) for id_ in ids))

    def _answered(self, operation: str, *children: etree._Element) -> etree._Element:
        answer = self._call(operation, *children)
        if isinstance(answer, Fault):
            raise ConfigError(
                f"Het Schuldenknooppunt weigert: {answer.text} Controleer ons nummer en of het "
                "certificaat daarbij hoort.",
                f"SOAP fault {answer.code}",
            )
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
        answer = envelope.unwrap(response.content)
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
