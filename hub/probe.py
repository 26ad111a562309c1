"""The first steps of every connection test: name, port, and TLS with certificate expiry."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography import x509

from hub.errors import ConfigError
from hub.reach import current_reach

#: From this many days before it ends a certificate is called out.
EXPIRY_WARNING_DAYS = 30


class Step(NamedTuple):
    """Name, outcome and Dutch sentence of one step, and when what it saw ends (UTC)."""

    name: str
    ok: bool
    message: str
    ends_at: datetime | None = None


def probe(url: str, tls: ssl.SSLContext | None = None) -> Iterator[Step]:
    """Yield the steps DNS, Poort and (for https) TLS for `url`; stop at the first failure.

    Only what the hub may call is called; for anything else the first step fails.
    """
    parts = urlsplit(url)
    host, secure, reach = parts.hostname or "", parts.scheme == "https", current_reach()
    try:
        port = parts.port or (443 if secure else 80)
        reach.find(host, port)
    except ValueError:
        yield Step("DNS", False, "De poort in het adres is geen getal tot en met 65535.")
        return
    except OSError:
        yield Step("DNS", False, f"De naam {host} is niet bekend. Controleer het adres.")
        return
    except ConfigError as error:
        yield Step("Toegestaan", False, error.user)
        return
    yield Step("DNS", True, f"De naam {host} is gevonden.")
    try:
        connection = reach.dial(host, port, timeout=5)
    except OSError:
        yield Step("Poort", False, f"Er luistert niets op {host}:{port}. Draait het systeem?")
        return
    with connection:
        yield Step("Poort", True, f"{host}:{port} is open.")
        if secure:
            yield _tls_step(connection, host, tls)


def _tls_step(connection: socket.socket, host: str, tls: ssl.SSLContext | None) -> Step:
    try:
        context = tls or ssl.create_default_context()
        with context.wrap_socket(connection, server_hostname=host) as secured:
            certificate = secured.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return Step("TLS", False, f"Het certificaat wordt niet vertrouwd: {error.verify_message}.")
    except OSError:
        return Step("TLS", False, "De beveiligde verbinding kwam niet tot stand.")
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), tz=UTC)
    return _validity("TLS", "Het certificaat van de andere kant", ends)


def certificate_step(path: str, name: str = "Ons certificaat") -> Step:
    """Return until when our own certificate in the file `path` (PEM) is valid."""
    try:
        certificate = x509.load_pem_x509_certificate(Path(path).read_bytes())
    except (OSError, ValueError):
        return Step(name, False, "Ons certificaat ontbreekt of is niet te lezen.")
    return _validity(name, "Ons certificaat", certificate.not_valid_after_utc)


def key_step(path: str, name: str = "Onze sleutel") -> Step:
    """Return whether the key of our certificate in the file `path` is there for us alone."""
    try:
        with Path(path).open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
    except OSError:
        return Step(name, False, "De sleutel van ons certificaat ontbreekt of is niet te lezen.")
    if mode & 0o077:
        return Step(
            name,
            True,
            "Let op: ook anderen op de server kunnen bij de sleutel van ons certificaat. "
            f"Beperk dat: chmod 600 {path}",
        )
    return Step(name, True, "Alleen de hub kan bij de sleutel van ons certificaat.")


def _validity(name: str, what: str, ends: datetime) -> Step:
    days = (ends - datetime.now(UTC)).days
    if days < 0:
        return Step(name, False, f"{what} is verlopen op {ends:%d-%m-%Y}.", ends)
    sentence = f"{what} is geldig tot {ends:%d-%m-%Y} (nog {days} dagen)."
    if days < EXPIRY_WARNING_DAYS:
        sentence += " Vraag op tijd een nieuw certificaat aan."
    return Step(name, True, sentence, ends)


def client_context(
    ca_file: str | None, certificate: str | None = None, key: str | None = None
) -> ssl.SSLContext:
    """Return a TLS context for two-way TLS. Raises ConfigError when a file cannot be used."""
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
        if certificate:
            context.load_cert_chain(certificate, key or None)
    except (OSError, ssl.SSLError) as error:
        if getattr(error, "reason", "") == "KEY_VALUES_MISMATCH":
            raise ConfigError(
                "De sleutel hoort niet bij het certificaat. Kies de twee bestanden die samen zijn "
                "uitgegeven.",
                "the key is not that of the certificate",
            ) from error
        raise ConfigError(
            "Een certificaatbestand ontbreekt of is niet te lezen. "
            "Controleer de paden van CA-bestand, certificaat en sleutel.",
            f"cannot load TLS files: {type(error).__name__}",
        ) from error
    return context
