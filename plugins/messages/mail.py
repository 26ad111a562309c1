"""E-mail over SMTP, for messages that have no template.

SMTP knows no idempotency key. The message number (Message-ID) is made of our key, so a message
that had to be sent again is the same message to the mailbox that gets it.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import requests

from hub.connector import (
    CheckStep,
    Command,
    ConfigError,
    GuardedSmtp,
    HubError,
    PermanentError,
    TransientError,
    client_context,
)
from plugins.messages.messages import Post

#: Seconds to wait for the mail server.
TIMEOUT = 20


class Mailer:
    """Hands e-mail to the municipality's mail server."""

    def __init__(self, settings: Mapping[str, Any], http: requests.Session) -> None:
        self._settings = settings
        self._http = http

    @property
    def ready(self) -> bool:
        """Tell whether there is a mail server."""
        return bool(self._settings["smtp_host"])

    @property
    def sealed(self) -> bool:
        """Tell whether nobody between us and the mail server can read along."""
        near = self._settings["smtp_host"] in ("localhost", "127.0.0.1", "::1")
        return near or self._settings["smtp_security"] != "geen"

    def send(self, post: Post, command: Command, key: str) -> str:
        """Send one message and return its number. Raises HubError; no text repeats an address."""
        message = self._message(post, command, key)
        handed = taken = False
        try:
            with self._connected() as server:
                handed = True
                server.send_message(message)
                taken = True
        except HubError:
            raise
        except (OSError, smtplib.SMTPException) as error:
            # A server that took the message and then parts in disorder has it all the same.
            if not taken:
                raise _explained(error, arrived=handed) from error
        return str(message["Message-ID"])

    def check(self) -> CheckStep:
        """Sign in at the mail server and leave again. Raises HubError."""
        try:
            with self._connected() as server:
                server.noop()
        except (OSError, smtplib.SMTPException) as error:
            raise _explained(error, arrived=False) from error
        return CheckStep("Mailserver", True, "De mailserver laat de hub toe.")

    def _connected(self) -> smtplib.SMTP:
        told = self._settings
        security = told["smtp_security"]
        tls = client_context(told["smtp_ca_file"] or None) if security != "geen" else None
        server = GuardedSmtp(
            self._http.reach,  # type: ignore[attr-defined]  # the hub's own session has it
            told["smtp_host"],
            told["smtp_port"],
            timeout=TIMEOUT,
            tls=tls if security == "tls" else None,
        )
        try:
            if security == "starttls":
                server.starttls(context=tls)
            if told["smtp_user"]:
                server.login(told["smtp_user"], told["smtp_password"])
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
        return server

    def _message(self, post: Post, command: Command, key: str) -> EmailMessage:
        message = EmailMessage()
        sender = self._settings["mail_from"]
        try:
            message["From"] = sender
            message["To"] = post.to[0]
            message["Subject"] = post.subject
            message.set_content(post.body)
        except ValueError as error:
            raise PermanentError(
                "Het onderwerp of adres van dit bericht kan niet in een e-mail staan.",
                "mail header refused",
            ) from error
        message["Date"] = format_datetime(command.created_at)
        message["Message-ID"] = f"<{key}@{sender.rpartition('@')[2]}>"
        return message


def _explained(error: Exception, *, arrived: bool) -> HubError:
    """Return what to do about a failure of the mail server; its own words may hold an address."""
    if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500:
        text = "De mailserver weigert de gebruiker of het wachtwoord."
        return ConfigError(text, "mail server refused the sign-in", access_denied=True)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return _refused(codes[0] if codes else 550)
    if isinstance(error, smtplib.SMTPSenderRefused) and error.smtp_code >= 500:
        text = f"De mailserver weigert onze afzender (SMTP {error.smtp_code}). Kijk naar Afzender, "
        return ConfigError(f"{text}of vraag de beheerder om die toe te laten.", "sender refused")
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500 and not arrived:
        text = f"De mailserver laat deze server niet toe (SMTP {error.smtp_code}). Vraag de "
        return ConfigError(f"{text}beheerder van de mailserver om de hub toe te laten.", "refused")
    if isinstance(error, smtplib.SMTPResponseException):
        return _refused(error.smtp_code)
    if isinstance(error, smtplib.SMTPNotSupportedError) and arrived:
        text = "De mailserver kan dit e-mailadres niet aan: er staan bijzondere letters in."
        return PermanentError(text, "mail server lacks SMTPUTF8")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        text = "De mailserver kent deze beveiliging of aanmelding niet. Kijk naar de instellingen."
        return ConfigError(text, "mail server lacks an extension")
    if isinstance(error, ssl.SSLError):
        text = "De beveiligde verbinding met de mailserver kwam niet tot stand. Controleer het "
        return ConfigError(f"{text}certificaat en de beveiliging.", "TLS failure at mail server")
    return TransientError(
        "De mailserver is niet bereikbaar, of verbrak de verbinding. De hub probeert het later "
        "opnieuw.",
        f"mail server: {type(error).__name__}",
        may_have_arrived=arrived,
    )


def _refused(code: int) -> HubError:
    if 400 <= code < 500:
        return TransientError(
            f"De mailserver heeft nu geen tijd (SMTP {code}). De hub probeert het later opnieuw.",
            f"mail server: SMTP {code}",
        )
    return PermanentError(f"De mailserver weigert dit bericht (SMTP {code}).", f"SMTP {code}")
