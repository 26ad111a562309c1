"""The connector by which the hub is itself a source of DDAS: it is asked, and answers."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from hub.connector import (
    Answer,
    CheckStep,
    ConfigError,
    Connector,
    Context,
    HubError,
    Incoming,
    certificate_step,
    key_step,
)
from plugins.ddas_delivery.answers import Question, body_parts, paging
from plugins.ddas_delivery.book import Book, Damaged, Shelf
from plugins.ddas_delivery.calls import Door, Refused, refused, understood, wrong
from plugins.ddas_delivery.settings import DeliveryConfig
from plugins.ddas_delivery.signature import (
    HEADER,
    Seal,
    Signer,
    load_caller,
    load_signer,
    verify,
)
from plugins.ddas_delivery.standards import STANDARDS


class DeliveryConnector(Connector):
    """Delivers debt help (SHV v1.0) or early signals (VS v1.2) to Statistics Netherlands."""

    name = "ddas_delivery"
    title = "Levering aan het CBS (DDAS)"
    role = "channel"
    config = DeliveryConfig
    exports = tuple(kind for one in STANDARDS.values() for kind in one.kinds)

    def __init__(self, config: Mapping[str, Any], context: Context) -> None:
        super().__init__(config, context)
        self._standard = STANDARDS[config["standard"]]
        # Two sources in one folder keep out of each other's way.
        mark = hashlib.sha256(config["client_id"].encode()).hexdigest()[:8]
        name = f"ddas-{config['standard']}-{context.municipality}-{mark}"
        self._shelf = Shelf(Path(config["folder"]), name, config["client_secret"])

    # --- the connection test -------------------------------------------------------------------

    def check(self) -> Iterator[CheckStep]:
        """Yield whether the certificate, its key and the folder can be used."""
        yield from self._until_one_fails(
            lambda: CheckStep(*certificate_step(self.settings["certificate"])),
            lambda: CheckStep(*key_step(self.settings["key"])),
            lambda: self._tried("Ondertekenen", self._try_to_sign),
            self._try_caller,
            lambda: self._tried("Map", self._try_folder),
            lambda: self._tried("Gegevens", self._try_record),
        )

    def _until_one_fails(self, *looks: Callable[[], CheckStep]) -> Iterator[CheckStep]:
        for look in looks:
            step = look()
            yield step
            if not step.ok:
                return

    def _tried(self, name: str, look: Callable[[], str]) -> CheckStep:
        try:
            return CheckStep(name, True, look())
        except HubError as error:
            return CheckStep(name, False, error.user)

    def _try_to_sign(self) -> str:
        signer = self._signer()
        sealed = signer.seal([b"{}"], self.context.clock.now())
        told = verify(sealed, b"{}", signer.chain[0])
        if told:
            raise ConfigError(f"Een proefbericht is niet goed te ondertekenen: {told}.")
        return (
            f"Een proefbericht is ondertekend; de keten telt {len(signer.chain)} certificaten. "
            f"{_holder(signer.chain[0])}"
        )

    def _try_caller(self) -> CheckStep:
        path, name = self.settings["caller_certificate"], "Afnemer"
        if not path:
            sentence = "De handtekening onder vragen wordt niet gecontroleerd."
            return CheckStep(name, True, sentence)
        try:
            caller = load_caller(path)
        except ConfigError as error:
            return CheckStep(name, False, error.user)
        lapsed = _invalid(caller)
        told = lapsed or "Vragen worden gecontroleerd met het certificaat van de afnemer."
        return CheckStep(name, not lapsed, told, caller.not_valid_after_utc)

    def _try_folder(self) -> str:
        self._check_folder()
        return "De map voor de dagvoorraad is te gebruiken."

    def _try_record(self) -> str:
        found = next(self.context.export(self._standard.kinds[0]), None)
        if found is None:
            return f"De hub kent nu geen {self._standard.things} om te leveren."
        return f"De hub heeft {self._standard.things} om te leveren."

    def _check_folder(self) -> None:
        folder = self.settings["folder"]
        if not (Path(folder).is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK)):
            raise ConfigError(
                "De map voor de dagvoorraad bestaat niet, of de hub mag er niet in schrijven. "
                "Maak de map, alleen voor de hub (chmod 700).",
                "the folder of the day's book cannot be used",
            )

    # --- answering -----------------------------------------------------------------------------

    def receive(self, call: Incoming) -> Answer:
        """Answer a request for a token or for data, exactly by the OAS."""
        now = self.context.clock.now()
        door = Door(self.settings, now)
        try:
            if call.path not in ("token", "gegevens"):
                raise refused(404, "SERVICE_NOT_FOUND", "Vraag de gegevens met POST /gegevens.")
            if call.method != "POST":
                raise refused(405, "METHOD_UNSUPPORTED", "Gebruik POST.")
            if call.path == "token":
                return door.give(call)
            door.admit(call.headers)
            self._check_signature(call)
            return self._deliver(call)
        except Refused as refusal:
            return refusal.answer
        except HubError as error:
            return self._failed(error.log)
        except (OSError, sqlite3.Error) as error:
            # A disk that is full, or cannot be read.
            return self._failed(f"the day's book: {type(error).__name__}")

    def _failed(self, why: str) -> Answer:
        self.context.log.error("delivery failed: %s", why)
        text = "De levering lukt nu niet. De beheerder van de hub ziet in het log waarom."
        return refused(502, "SERVICE_UNREACHABLE", text).answer

    def _check_signature(self, call: Incoming) -> None:
        path = self.settings["caller_certificate"]
        if not path:
            return
        caller, headers = load_caller(path), call.headers
        sealed = Seal(headers.get("digest", ""), headers.get(HEADER, ""))
        told = _invalid(caller) or verify(sealed, call.body, caller)
        if told:
            raise wrong(400, "Handtekening klopt niet", [told])

    def _deliver(self, call: Incoming) -> Answer:
        settings, today = self.settings, self.context.clock.today()
        asked = understood(call, self._standard.organisations, settings["organisation"], today)
        self._check_folder()
        try:
            return self._answer(asked, self._shelf.book(today) or self._new_book(today))
        except (Damaged, sqlite3.DatabaseError):
            return self._answer(asked, self._new_book(today))

    def _answer(self, asked: Question, book: Book) -> Answer:
        """Return the answer out of a book, which is closed when the answer has left."""
        standard, municipality = self._standard, self.context.municipality
        try:
            place = paging(asked, book.want(asked.since, asked.until), standard.most)
            parts = body_parts(standard, book, asked, place, self.settings, municipality)
            sealed = self._signer().seal(parts(), self.context.clock.now())
        except Exception:
            book.close()
            raise
        headers = {
            "Content-Type": "application/json",
            "Cache-Control": "no-store",
            "Digest": sealed.digest,
            HEADER: sealed.signature,
        }
        return Answer(200, _closing(parts(), book), headers)

    def _signer(self) -> Signer:
        settings = self.settings
        return load_signer(settings["certificate"], settings["key"], settings["signature_form"])

    def _new_book(self, today: date) -> Book:
        """Return a book of what stands now; the first question of a day makes it."""
        fill = partial(self._standard.fill, self.context)
        book = self._shelf.write(today, self.context.clock.now(), fill)
        if book.left_out:
            self.context.log.warning(
                "%d records are not delivered: who they are about could not be told",
                book.left_out,
            )
        return book


def _closing(parts: Iterator[bytes], book: Book) -> Iterator[bytes]:
    try:
        yield from parts
    finally:
        book.close()


def _invalid(certificate: x509.Certificate) -> str:
    """Return in Dutch why a certificate does not hold at this moment, or ""."""
    if certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc:
        return ""
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return f"Het certificaat van de afnemer geldt van {since:%d-%m-%Y} tot {until:%d-%m-%Y}."


def _holder(certificate: x509.Certificate) -> str:
    """Return in Dutch whose certificate it is: by DDAS the serial number in its subject, an OIN."""
    found = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    if not found:
        return "Er staat geen OIN in: PKIoverheid zet dat in het onderwerp (SerialNumber)."
    return f"Het OIN erin is {found[0].value!s}."
