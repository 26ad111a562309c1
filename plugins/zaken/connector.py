"""The connector of the case system: reads cases, is told of changes, tells events and contacts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

from hub.connector import (
    Answer,
    Batch,
    CheckStep,
    Command,
    ConfigError,
    ConfigSchema,
    Connector,
    Context,
    Cursor,
    Fact,
    HubError,
    Incoming,
    PermanentError,
    Receipt,
    Record,
    RecordError,
    Role,
    Stream,
    TransientError,
    probe,
    read_json,
)
from plugins.zaken.contacts import ContactRegister
from plugins.zaken.incoming import STREAM, Receiver
from plugins.zaken.messages import FIELDS, key_of, number_of, parse_case, slim
from plugins.zaken.publish import cloud_event, told_back
from plugins.zaken.settings import Settings
from plugins.zaken.zgw import CaseSystem, pages


class CaseConnector(Connector):
    """Speaks with a case system, its notifications, and who listens to our events."""

    name: ClassVar[str] = "zaken"
    title: ClassVar[str] = "Zaaksysteem"
    role: ClassVar[Role] = "register"
    config: ClassVar[type[ConfigSchema]] = Settings
    streams: ClassVar[tuple[Stream, ...]] = (Stream(STREAM, "Zaken", "changes"),)
    commands: ClassVar[tuple[str, ...]] = ("publish_event", "contact_moment")
    fields = {STREAM: FIELDS}
    # Events and contacts of one resident may pass each other.
    order = "none"

    def __init__(self, config: Any, context: Context) -> None:
        super().__init__(config, context)
        self._system = CaseSystem(config, self.http, context.clock)
        self._contacts = ContactRegister(config, self.http)

    def check(self) -> Iterator[CheckStep]:
        """Look whether cases may be read, the subscription stands and events are welcome."""
        yield from (CheckStep(*step) for step in probe(self.settings["url"]))
        for step in self._check_cases():
            yield step
            if not step.ok:
                return
        if self.settings["notifications_url"]:
            yield self._check_subscription()
        if self.settings["contacts_url"]:
            self._contacts.look()
            yield CheckStep("Klantcontact", True, "Klantinteracties laat de hub toe.")
        if wrong := self._contacts.look_at_folder():
            yield CheckStep("Map voor contactmomenten", False, wrong)
            return
        if self.settings["events_url"]:
            yield self._check_events()

    def _check_cases(self) -> Iterator[CheckStep]:
        for kind in self._system.kinds:
            count, found = self._system.page(kind, 1)
            name = f"Zaaktype {kind.rpartition('/')[2]}"
            if found and not (isinstance(found[0], dict) and "_expand" in found[0]):
                text = "De Zaken API kent 'expand' niet; versie 1.5 of hoger is nodig."
                yield CheckStep(name, False, text)
                return
            yield CheckStep(name, True, f"De hub mag deze zaken lezen; het zijn er {count}.")

    def _check_subscription(self) -> CheckStep:
        if self._system.subscribed():
            return CheckStep("Abonnement", True, "Het zaaksysteem meldt ons wat er verandert.")
        text = "Er is nog geen abonnement; de hub neemt het bij de eerste synchronisatie."
        return CheckStep("Abonnement", True, text)

    def _check_events(self) -> CheckStep:
        response = self.http.options(
            self.settings["events_url"],
            headers=self._signed(),
            allow_status={404, 405, 501},  # type: ignore[call-arg]
        )
        allowed = response.headers.get("WebHook-Allowed-Origin", "")
        if allowed and allowed not in ("*", self.settings["events_origin"]):
            text = (
                "De ontvanger van gebeurtenissen laat ons niet toe. Meld de naam van ons systeem."
            )
            return CheckStep("Gebeurtenissen", False, text)
        if allowed:
            told = "laat ons toe."
        elif response.status_code >= 400 or not self.settings["events_origin"]:
            told = "vraagt geen toestemming vooraf."
        else:
            # By the webhook specification a no; who knows no handshake answers the same.
            told = (
                "zei niet dat wij mogen sturen. Wil hij vooraf toestemming geven, meld dan de naam "
                "van ons systeem."
            )
        return CheckStep("Gebeurtenissen", True, f"De ontvanger van gebeurtenissen {told}")

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield all cases of our types page by page, then what is gone since the last read.

        The cursor holds the numbers of the cases of that read. One that is not listed any more is
        looked for by itself: silence removes nothing. Raises TransientError for a list that
        changed while it was read, or falls short; at the end what is wrong with our subscription.
        """
        mark, refused = (cursor or {}).get("subscribed"), None
        try:
            mark = self._system.keep_subscribed(mark)
        except HubError as error:
            # Cases can be read without; that nothing is told between reads is told at the end.
            refused = error
        seen: set[str] = set()
        for number, kind in enumerate(self._system.kinds):
            at = 0
            for found, as_counted in pages(self._system, kind):
                places = [f"type-{number}-zaak-{at + place}" for place in range(len(found))]
                at += len(found)
                seen.update(filter(None, map(number_of, found)))
                pairs = zip(found, places, strict=True)
                yield Batch([Record.json(key_of(one, place), slim(one)) for one, place in pairs])
                last = as_counted
            if not last:
                raise TransientError(
                    "De lijst van het zaaksysteem veranderde tijdens het lezen. Wat is gelezen, "
                    "blijft staan. De hub leest straks opnieuw.",
                    "list of cases changed while it was read",
                )
        last_batch = self._swept(seen, set((cursor or {}).get("cases", [])))
        more = {"subscribed": mark} if mark else {}
        yield replace(last_batch, cursor={**(last_batch.cursor or {}), **more})
        if refused is not None:
            raise refused

    def _swept(self, seen: set[str], known: set[str]) -> Batch:
        """Return the last batch: tombstones of cases that are not there, or not ours any more."""
        gone = [one for one in sorted(known - seen) if not self._system.is_ours(one)]
        left = (seen | known).difference(gone)
        records = [Record(one, b"", deleted=True) for one in gone]
        return Batch(records, cursor={"cases": sorted(left)}, caught_up=True)

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the linked cases in one case. Raises RecordError."""
        try:
            value = read_json(raw, "De zaak")
        except PermanentError as error:
            raise RecordError(error.user) from error
        return parse_case(value)

    def receive(self, call: Incoming) -> Answer:
        """Answer a webhook: a handshake, a CloudEvent or a notification."""
        return Receiver(self.settings, self._system).answer(call)

    def send(self, command: Command, key: str) -> Receipt:
        """Publish an event, or tell a contact moment. Raises HubError."""
        if command.kind == "publish_event":
            return self._publish(command, key)
        if command.kind == "contact_moment":
            return self._contacts.send(command, key)
        return super().send(command, key)

    def inquire(self, key: str) -> Receipt | None:
        """Ask what became of a contact moment.

        Nobody tells what became of an event, so it is sent again under the same id: whoever
        receives CloudEvents knows a repeated source and id.
        """
        return self._contacts.inquire(key)

    def _publish(self, command: Command, key: str) -> Receipt:
        url = self.settings["events_url"]
        if not url:
            raise ConfigError(
                "Er is niet ingesteld waar gebeurtenissen naartoe gaan. Vul het adres in.",
                "no destination for events",
            )
        event = cloud_event(
            command, key, self.settings["events_source"], self.settings["events_prefix"]
        )
        response = self.http.post(
            url,
            data=Record.json(key, event).raw,
            headers={
                "Content-Type": "application/cloudevents+json; charset=utf-8",
                **self._signed(),
            },
            allow_status={400, 415, 422},  # type: ignore[call-arg]
        )
        if response.status_code < 400:
            return Receipt("delivered", key, "De gebeurtenis is afgeleverd.")
        return Receipt("refused", message=f"De ontvanger weigert: {_reason(response)}")

    def _signed(self) -> dict[str, str]:
        origin = self.settings["events_origin"]
        if self.settings["events_token"]:
            token = {"Authorization": f"Bearer {self.settings['events_token']}"}
        else:
            # A broker of ZGW that takes CloudEvents knows us by our client id.
            token = self._system.signed()
        return token | ({"WebHook-Request-Origin": origin} if origin else {})


def _reason(response: Any) -> str:
    try:
        told = read_json(response.content)
    except PermanentError:
        told = None
    return told_back(told if isinstance(told, dict) else None, response.status_code)
