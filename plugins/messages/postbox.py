"""A mail server for the demo and the tests: real SMTP on a real socket, that keeps what it gets."""

from __future__ import annotations

import logging
import socket
import ssl
from collections import Counter
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


class Postbox:
    """The mail server. For tests: `mails`, and `answer` for what it says to a message.

    `to_sender` is what it says to a sender, `parting` to who leaves.
    """

    user, password = b"schuldenhub", b"wachtwoord-van-de-mail"

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.taken: Counter[str] = Counter()
        self.answer = self.to_sender = "250 OK"
        self.parting = "221 Bye"
        self.port = 0
        self._controller: Controller | None = None

    def start(
        self, tls: ssl.SSLContext | None = None, *, at_once: bool = False, utf8: bool = True
    ) -> None:
        """Start serving; with `tls` a client must secure the connection, perhaps at once."""
        # Its log would hold addresses.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
        if not self.port:
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.port = free.getsockname()[1]
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            ssl_context=tls if at_once else None,
            tls_context=None if at_once else tls,
            require_starttls=bool(tls) and not at_once,
            # aiosmtpd only counts STARTTLS as secure.
            auth_require_tls=bool(tls) and not at_once,
            authenticator=self._admit,
            enable_SMTPUTF8=utf8,
        )
        self._controller.start()

    def stop(self) -> None:
        """Stop serving; what came in stays."""
        if self._controller:
            self._controller.stop()
            self._controller = None

    def _admit(self, server: Any, session: Any, envelope: Any, how: str, told: Any) -> AuthResult:
        known = isinstance(told, LoginPassword)
        right = known and (told.login, told.password) == (self.user, self.password)
        return AuthResult(success=right, handled=False)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take one message."""
        if self.answer.startswith("250"):
            mail = message_from_bytes(envelope.content, policy=policy.default)
            self.mails.append(mail)
            self.taken[str(mail["Message-ID"]).strip("<>").partition("@")[0]] += 1
        return self.answer

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        """Let a sender in, or not."""
        if self.to_sender.startswith("250"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return self.to_sender

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:
        """Say goodbye."""
        return self.parting
