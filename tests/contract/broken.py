"""One good connector with its register, and every way to break it that the suite must find."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests
from flask import Flask, Response, abort, jsonify, request
from marshmallow import fields

from hub.clock import Clock
from hub.connector import (
    Batch,
    CheckStep,
    Command,
    ConfigSchema,
    Connector,
    Cursor,
    Entry,
    Fact,
    OrderForm,
    PermanentError,
    Receipt,
    Record,
    RecordError,
    Stream,
    probe,
    read_json,
    setting,
)
from hub.testing.simulator import Simulator, SourceSpec
from hub.testing.world import Municipality

PAGE = 3


class Register(Simulator):
    """Holds of a creditor, page by page, and orders that are done once per key."""

    name = "good"

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.token = "geheim-en-lang"
        self.holds = [
            {
                "nummer": hold.reference,
                "bsn": dossier.person.bsn,
                "achternaam": dossier.person.surname,
                "grond": hold.ground,
                "van": hold.starts_on.isoformat(),
                "tot": hold.ends_on.isoformat(),
                "centen": 1250,
            }
            for dossier in municipality.dossiers()
            for hold in dossier.holds
        ]
        self.done: Counter[str] = Counter()
        self._app = Flask("register")
        self._app.before_request(self._sign_in)
        self._app.add_url_rule("/pauzes", view_func=self._list)
        self._app.add_url_rule("/opdrachten", view_func=self._take, methods=["POST"])
        self._app.add_url_rule("/opdrachten/<key>", view_func=self._told)

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request."""
        return self._app(environ, start_response)

    def sources(self) -> list[SourceSpec]:
        """Return the one source."""
        config = {"url": self.url, "token": self.token}
        return [SourceSpec("good", "Goed", "good", "stad", config)]

    def effects(self) -> Mapping[str, int]:
        """Return how often each order was carried out."""
        return self.done

    def _sign_in(self) -> None:
        if request.headers.get("X-Token") != self.token:
            abort(401)

    def _list(self) -> Response:
        start = request.args.get("vanaf", 0, type=int)
        return jsonify(aantal=len(self.holds), pauzes=self.holds[start : start + PAGE])

    def _take(self) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        again = key and self.done[key]
        if not again:
            self.done[key or "zonder sleutel"] += 1
        return jsonify(nummer=f"N-{key}" if key else f"N-{time.monotonic_ns()}")

    def _told(self, key: str) -> Response:
        if not self.done[key]:
            abort(404)
        return jsonify(nummer=f"N-{key}")


class Settings(ConfigSchema):
    """Where it is, and who we are to it."""

    url = setting(fields.Url, "Adres", "Het adres van het register.", require_tld=False)
    token = setting(fields.String, "Token", "Het token dat u kreeg.", secret=True)


class Good(Connector):
    """Keeps the whole contract."""

    name, title, role = "good", "Goed", "creditor"
    config: type[ConfigSchema] = Settings
    streams = (Stream("holds", "Pauzes", "snapshot"),)
    commands = ("set_hold",)
    fields = {
        "holds": frozenset(
            {"nummer", "bsn", "achternaam", "grond", "van", "tot", "centen"},
        )
    }

    def check(self) -> Iterator[CheckStep]:
        """Look whether the register answers and knows us."""
        for step in probe(self.settings["url"]):
            yield CheckStep(*step)
            if not step.ok:
                return
        self._page(0)
        yield CheckStep("Aanmelden", True, "Het register kent het token.")

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield every page; complete when the count is right."""
        if stream != "holds":
            yield from super().read(stream, cursor)
            return
        seen = 0
        while True:
            count, page = self._page(seen)
            seen += len(page)
            last = seen >= count or not page
            yield Batch(
                [Record.json(one["nummer"], one) for one in page],
                cursor={"seen": seen},
                complete=last and seen == count,
            )
            if last:
                return

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the hold."""
        if stream != "holds":
            return super().parse(stream, raw)
        told = read_json(raw)
        if not isinstance(told, dict):
            raise RecordError("pauze is geen groep velden")
        person = {"bsn": told.get("bsn"), "surname": told.get("achternaam")}
        hold = {
            "person": person,
            "creditor": "stad",
            "reference": told.get("nummer"),
            "ground": told.get("grond"),
            "starts_on": told.get("van"),
            "ends_on": told.get("tot"),
            "confirmed_on": told.get("van"),
        }
        claim = {
            "person": person,
            "creditor": "stad",
            "reference": told.get("nummer"),
            "type": "ozb",
            "stage": "aanslag",
            "open": told.get("centen"),
            "as_of": told.get("van"),
        }
        key = str(told.get("nummer"))
        return [Fact("hold", key, hold), Fact("claim_statement", key, claim)]

    def send(self, command: Command, key: str) -> Receipt:
        """Ask for a hold."""
        if command.kind not in self.commands:
            return super().send(command, key)
        headers = {**self._signed(), "Idempotency-Key": key}
        answer = self.http.post(self._url("opdrachten"), json={}, headers=headers)
        return Receipt("delivered", answer.json()["nummer"], "Bevestigd.")

    def inquire(self, key: str) -> Receipt | None:
        """Ask what became of it."""
        answer = self.http.get(
            self._url(f"opdrachten/{key}"),
            headers=self._signed(),
            allow_status={404},  # type: ignore[call-arg]
        )
        return None if answer.status_code == 404 else Receipt("delivered", answer.json()["nummer"])

    def _page(self, start: int) -> tuple[int, list[Any]]:
        answer = self.http.get(self._url("pauzes"), params={"vanaf": start}, headers=self._signed())
        told = read_json(answer.content)
        if not isinstance(told, dict):
            raise PermanentError("Het register gaf geen lijst.")
        return told["aantal"], told["pauzes"]

    def _url(self, path: str) -> str:
        return f"{self.settings['url'].rstrip('/')}/{path}"

    def _signed(self) -> dict[str, str]:
        return {"X-Token": self.settings["token"]}


FAULTS: list[tuple[type[Connector], str]] = []


def caught_by(*checks: str) -> Callable[[type[Good]], type[Good]]:
    """Plant a fault, and name the checks that must find it."""

    def plant(kind: type[Good]) -> type[Good]:
        FAULTS.extend((kind, check) for check in checks)
        return kind

    return plant


def _changed(batches: Iterable[Batch], change: Callable[[Record], Record]) -> Iterator[Batch]:
    for batch in batches:
        yield replace(batch, records=[change(one) for one in batch.records])


@caught_by("declaration")
class HasNoTitle(Good):
    title = " "


@caught_by("settings_explained")
class ExplainsNothing(Good):
    class config(Settings):
        url = setting(fields.Url, "Adres", "", require_tld=False)


@caught_by("secrets_hidden")
class ShowsItsToken(Good):
    class config(ConfigSchema):
        url = setting(fields.Url, "Adres", "Het adres.", require_tld=False)
        token = setting(fields.String, "Token", "Het token.")
        access_token = setting(fields.String, "Ander token", "Het token.", load_default="")


@caught_by("secrets_hidden")
class LogsItsToken(Good):
    def _page(self, start: int) -> tuple[int, list[Any]]:
        logging.getLogger("plugin").debug("signing in with %s", self.settings["token"])
        return super()._page(start)


@caught_by("wrong_settings")
class AcceptsAnySetting(Good):
    class config(Settings):
        class Meta:
            unknown = "exclude"


@caught_by("check_names_what_fails")
class ChecksNothing(Good):
    def check(self) -> Iterator[CheckStep]:
        yield CheckStep("Register", True, "Alles is goed.")


@caught_by("check_passes")
class ChecksWithoutWords(Good):
    def check(self) -> Iterator[CheckStep]:
        yield CheckStep("Register", True, "")


@caught_by("down_is_not_empty")
class TakesSilenceForEmpty(Good):
    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        try:
            yield from super().read(stream, cursor)
        except Exception:
            yield Batch([], complete=True)


@caught_by("first_read")
class RejectsItsOwn(Good):
    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        raise RecordError("kan ik niet")


@caught_by("second_read_changes_nothing")
class StampsEveryRecord(Good):
    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        def stamp(one: Record) -> Record:
            return Record.json(one.key, {**json.loads(one.raw), "gelezen": time.monotonic_ns()})

        return _changed(super().read(stream, cursor), stamp)


@caught_by("keys")
class KeysByBsn(Good):
    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        def by_bsn(one: Record) -> Record:
            return replace(one, key=f"pauze-{json.loads(one.raw)['bsn']}")

        return _changed(super().read(stream, cursor), by_bsn)


@caught_by("keys")
class KeysByPlace(Good):
    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        for batch in super().read(stream, cursor):
            records = [replace(one, key=f"r{at}") for at, one in enumerate(batch.records)]
            yield replace(batch, records=records)


@caught_by("money")
class CountsInEuros(Good):
    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        for fact in super().parse(stream, raw):
            if "open" in fact.data:
                fact.data["open"] = fact.data["open"] / 100
            yield fact


@caught_by("dates")
class GivesMomentsForDays(Good):
    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        for fact in super().parse(stream, raw):
            if "starts_on" in fact.data:
                fact.data["starts_on"] = f"{fact.data['starts_on']}T00:00:00Z"
            yield fact


@caught_by("fact_keys")
class FactsByBsn(Good):
    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        for fact in super().parse(stream, raw):
            yield replace(fact, key=f"{fact.data['person']['bsn']}")


@caught_by("parse_is_pure", "summer_time")
class DatesByTheClock(Good):
    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        for fact in super().parse(stream, raw):
            if "as_of" in fact.data:
                fact.data["as_of"] = self.context.clock.today().isoformat()
                fact.data["reference"] = f"{self.context.clock.now():%H}"
            yield fact


@caught_by("rubbish")
class StumblesOverRubbish(Good):
    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        if json.loads(raw)["nummer"]:
            return super().parse(stream, raw)
        return []


@caught_by("one_bad_record")
class StopsAtABadRecord(Good):
    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        if not raw.startswith(b"{"):
            return [Fact("geen_soort", "k", {})]
        return super().parse(stream, raw)


@caught_by("gone_is_gone", "shrinking_is_held", "cursors")
class NeverSaysItIsComplete(Good):
    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        for batch in super().read(stream, cursor):
            yield replace(batch, complete=False)


@caught_by("cursors", "kill_and_resume")
class ClaimsToBeCompleteAtOnce(Good):
    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        for batch in super().read(stream, cursor):
            yield replace(batch, complete=True)


@caught_by("kill_and_resume")
class SkipsWhatWasUnderWay(Good):
    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        # Its cursor runs ahead of its records: whoever dies in between never sees them.
        start = (cursor or {}).get("ahead", 0)
        count, _ = self._page(0)
        while start < count or count == 0:
            _, page = self._page(start)
            start += PAGE
            records = [Record.json(one["nummer"], one) for one in page]
            yield Batch([], cursor={"ahead": start})
            yield Batch(records, cursor={"ahead": start}, complete=start >= count)
            if count == 0:
                return


@caught_by("cancel_is_quick")
class WaitsOnItsOwn(Good):
    def _page(self, start: int) -> tuple[int, list[Any]]:
        # Goes round the session of the hub, which could have been cut.
        answer = requests.get(
            self._url("pauzes"), params={"vanaf": start}, headers=self._signed(), timeout=14
        )
        answer.raise_for_status()
        told = answer.json()
        return told["aantal"], told["pauzes"]


@caught_by("unknown_fields")
class CallsItsOwnFieldsUnknown(Good):
    fields = {"holds": frozenset({"nummer", "bsn"})}


@caught_by("sending_twice_is_sending_once")
class ForgetsTheKey(Good):
    def send(self, command: Command, key: str) -> Receipt:
        if command.kind not in self.commands:
            return super().send(command, key)
        answer = self.http.post(self._url("opdrachten"), json={}, headers=self._signed())
        return Receipt("delivered", answer.json()["nummer"], "Bevestigd.")


@caught_by("commands_are_answered")
class RefusesWithoutReason(Good):
    def send(self, command: Command, key: str) -> Receipt:
        if command.kind not in self.commands:
            return super().send(command, key)
        return Receipt("refused")


@caught_by("inquiries")
class KnowsEverything(Good):
    def inquire(self, key: str) -> Receipt | None:
        return Receipt("delivered", "vast wel")


@caught_by("a_lost_command_is_no_refusal")
class RefusesWhenDown(Good):
    def send(self, command: Command, key: str) -> Receipt:
        try:
            return super().send(command, key)
        except Exception:
            return Receipt("refused", message="Het register doet het niet.")


@caught_by("empty_is_not_failed")
class FailsWhenEmpty(Good):
    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        for batch in super().read(stream, cursor):
            if not batch.records:
                raise PermanentError("Het register is leeg.")
            yield batch


@caught_by("entries")
class EntersIntoASnapshot(Good):
    # What a person entered would be gone with the next delivery.
    entries = (Entry("pauze", "Pauze", "holds", ConfigSchema, "hold", about="source"),)


@caught_by("order_forms")
class GivesAnOrderThatItDoesNotKnow(Good):
    # A caseworker would fill it in for nothing: the outbox refuses such a command.
    order_forms = (OrderForm("hef_op", "Opheffen", ConfigSchema),)
