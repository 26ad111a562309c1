"""NotifyNL and a mail server as the demo and the tests play them.

Like the real one it knows no idempotency key: two calls with one reference are two messages.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from hub.clock import Clock
from hub.connector import Context, HubError
from hub.testing import this_machine
from hub.testing.simulator import Simulator, SourceSpec
from hub.testing.world import Municipality
from plugins.messages.postbox import Postbox

#: How many messages a page of the list holds.
PAGE = 250

#: Seconds that a token is good for.
BOUND = 30

_SPACE = uuid.UUID("f2a1f0f4-5b1d-4a0c-9a55-8d2c1f6b7e11")

#: Name, type, text and whether it is collection, of the templates that are there.
TEMPLATES: tuple[tuple[str, str, str, bool], ...] = (
    ("uitnodiging", "sms", "Beste ((naam??)), wij helpen u graag.", False),
    ("bevestiging", "email", "Beste ((naam)), uw aanvraag is binnen.", False),
    ("aanmaning", "letter", "U moet ((bedrag)) betalen.", True),
    ("herinnering", "email", "Denkt u aan uw betaling?", True),
    ("nieuwsbrief", "email", "Dit is nieuws.", False),
)

_CHANNEL = {"sms": "sms", "email": "e-mail", "letter": "brief"}

_TO = {"sms": "phone_number", "email": "email_address"}


class PostOffice(Simulator):
    """NotifyNL with a mail server beside it. For tests: `sent` by number, `box`, `trouble`.

    `trouble` is an error that every call gets: (status, error, message).
    """

    name: ClassVar[str] = "messages"
    extra = True

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.service, self.secret = str(uuid.uuid4()), str(uuid.uuid4())
        self.templates = {_id(one[0]): one for one in TEMPLATES}
        self.sent: dict[str, dict[str, Any]] = {}
        self.trouble: tuple[int, str, str] | None = None
        self.box = Postbox()
        self._lock = threading.Lock()
        self._web = _routes(self)
        for dossier in municipality.dossiers():
            if dossier.case:
                self._invited(dossier.person.number)

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request."""
        return self._web(environ, start_response)

    def start(self) -> None:
        """Start both servers."""
        if not self.running:
            self.box.start()
        super().start()

    def stop(self) -> None:
        """Stop both servers; the books stay."""
        if self.running:
            self.box.stop()
        super().stop()

    def sources(self) -> list[SourceSpec]:
        """Return the source that sends messages."""
        lines = [
            f"{name}; {_CHANNEL[kind]}; {_id(name)}; {'incasso' if collection else 'informatie'}"
            for name, kind, _, collection in TEMPLATES
            if name != "nieuwsbrief"
        ]
        config = {
            "url": self.url,
            "api_key": f"schuldenhub-{self.service}-{self.secret}",
            "templates": " | ".join(lines),
            "smtp_host": "127.0.0.1",
            "smtp_port": self.box.port,
            "smtp_security": "geen",
            "smtp_user": self.box.user.decode(),
            "smtp_password": self.box.password.decode(),
            "mail_from": "schuldhulp@voorbeeldstad.example",
        }
        owner = self.municipality.organisations[0].code
        return [SourceSpec("berichten", "Brieven en berichten", "messages", owner, config)]

    def effects(self) -> Mapping[str, int]:
        """Return how many messages there are by reference, at NotifyNL and in the mail box."""
        return Counter(str(one["reference"]) for one in self.sent.values()) + self.box.taken

    def become(self, reference: str, status: str) -> None:
        """Let a message reach a status."""
        for one in self.sent.values():
            if one["reference"] == reference:
                one["status"] = status
                one["completed_at"] = self._now()

    def call_back(self, url: str, token: str, reference: str) -> int:
        """Send a delivery receipt about a message; return the status of the answer."""
        one = next(one for one in self.sent.values() if one["reference"] == reference)
        told = {name: one[name] for name in ("id", "reference", "status", "completed_at")}
        told |= {"to": "hello@notifynl.nl", "notification_type": one["type"]}
        told |= {"created_at": one["created_at"], "sent_at": one["sent_at"]}
        told |= {"template_id": one["template"]["id"], "template_version": 1}
        headers = {"Authorization": f"Bearer {token}"}
        try:
            with this_machine(), Context().http as session:
                return session.post(url, json=told, headers=headers).status_code
        except HubError:
            return 0

    def take(self, kind: str, told: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
        """Take a message, or say what is wrong with it."""
        errors = list(self._errors(kind, told))
        if errors:
            return {"status_code": 400, "errors": errors}, 400
        template = self.templates[told["template_id"]]
        with self._lock:
            made = self._book(kind, told, _filled(template[2], told.get("personalisation") or {}))
        answer = {name: made[name] for name in ("id", "reference", "template")}
        return answer | {"content": {"body": made["body"]}, "uri": f"{self.url}/{made['id']}"}, 201

    def _errors(self, kind: str, told: Mapping[str, Any]) -> list[dict[str, str]]:
        found = []
        template = self.templates.get(told.get("template_id", ""))
        if template is None:
            found.append(("BadRequestError", "Template not found"))
        elif template[1] != kind:
            found.append(("BadRequestError", f"{template[1]} template is not suitable for {kind}"))
        given = told.get("personalisation") or {}
        wanted = re.findall(r"\(\((\w+)\)\)", template[2]) if template else []
        if missing := [name for name in wanted if name not in given]:
            found.append(("BadRequestError", f"Missing personalisation: {', '.join(missing)}"))
        to = str(told.get(_TO.get(kind, ""), ""))
        if kind == "sms" and not re.fullmatch(r"(\+31|0)6\d{8}", re.sub(r"[ -]", "", to)):
            found.append(("ValidationError", f"phone_number {to} Not a NL mobile number"))
        if kind == "letter" and not _ends_in_postcode(given):
            text = "Last line of address must be a real NL postcode or another country"
            found.append(("ValidationError", text))
        return [{"error": error, "message": message} for error, message in found]

    def _book(self, kind: str, told: Mapping[str, Any], body: str) -> dict[str, Any]:
        made: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "reference": told.get("reference"),
            "type": kind,
            "status": "accepted" if kind == "letter" else "created",
            "template": {"id": told["template_id"], "version": 1, "uri": ""},
            "body": body,
            "subject": None,
            "created_at": self._now(),
            "sent_at": None,
            "completed_at": None,
            "email_address": told.get("email_address"),
            "phone_number": told.get("phone_number"),
            "answers_to": told.get("email_reply_to_id") or told.get("sms_sender_id"),
        }
        self.sent[made["id"]] = made
        return made

    def _invited(self, number: int) -> None:
        """Book an invitation of before the hub was there."""
        reference = str(uuid.uuid5(_SPACE, f"uitnodiging/{number}"))
        told = {"template_id": _id("uitnodiging"), "reference": reference}
        made = self._book("sms", told | {"phone_number": "0600000000"}, "Wij helpen u graag.")
        del self.sent[made["id"]]
        made |= {"id": str(uuid.uuid5(_SPACE, str(number))), "status": "delivered"}
        self.sent[made["id"]] = made | {"sent_at": made["created_at"]}

    def _now(self) -> str:
        return self.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def listed(self, reference: str | None, older_than: str | None) -> list[dict[str, Any]]:
        """Return a page of messages, the newest first."""
        found = list(reversed(self.sent.values()))
        if reference is not None:
            found = [one for one in found if one["reference"] == reference]
        if older_than:
            numbers = [one["id"] for one in found]
            found = found[numbers.index(older_than) + 1 :]
        return found[:PAGE]

    def told_templates(self) -> list[dict[str, Any]]:
        """Return the templates as NotifyNL lists them."""
        return [
            {"id": id_, "name": name, "type": kind, "body": body, "version": 1}
            for id_, (name, kind, body, _) in self.templates.items()
        ]

    def refusal(self, authorization: str) -> tuple[int, str, str] | None:
        """Return what is wrong with a caller, None when it may come in."""
        try:
            key = OctKey.import_key(self.secret)
            token = jwt.decode(authorization.removeprefix("Bearer "), key, algorithms=["HS256"])
        except (JoseError, ValueError):
            return 403, "AuthError", "Invalid token: API key not found"
        if token.claims.get("iss") != self.service:
            return 403, "AuthError", "Invalid token: service not found"
        if abs(self.clock.now().timestamp() - int(token.claims["iat"])) > BOUND:
            text = "Error: Your system clock must be accurate to within 30 seconds"
            return 403, "AuthError", text
        return self.trouble


def _routes(office: PostOffice) -> Flask:
    """Return the web application of NotifyNL."""
    web = Flask("notify")

    @web.before_request
    def admit() -> tuple[Response, int] | None:
        wrong = office.refusal(request.headers.get("Authorization", ""))
        if wrong is None:
            return None
        status, error, message = wrong
        return jsonify(status_code=status, errors=[{"error": error, "message": message}]), status

    @web.post("/v2/notifications/<kind>")
    def send(kind: str) -> tuple[Response, int]:
        answer, status = office.take(kind, request.get_json())
        return jsonify(answer), status

    @web.get("/v2/notifications")
    def listed() -> Response:
        found = office.listed(request.args.get("reference"), request.args.get("older_than"))
        return jsonify(notifications=found, links={"current": request.url})

    @web.get("/v2/templates")
    def templates() -> Response:
        return jsonify(templates=office.told_templates())

    return web


def _id(name: str) -> str:
    return str(uuid.uuid5(_SPACE, name))


def _filled(text: str, given: Mapping[str, Any]) -> str:
    return re.sub(r"\(\((\w+)(\?\?)?\)\)", lambda found: str(given.get(found[1], "")), text)


def _ends_in_postcode(given: Mapping[str, Any]) -> bool:
    lines = [given[f"address_line_{n}"] for n in range(1, 8) if given.get(f"address_line_{n}")]
    return len(lines) >= 3 and bool(re.match(r"\d{4} ?[A-Z]{2}\b", str(lines[-1])))
