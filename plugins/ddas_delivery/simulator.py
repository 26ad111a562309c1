"""Statistics Netherlands as who fetches: it asks for a token, then page by page, and checks all.

It calls the hub and is never called; what it serves is what it thought of each delivery. It signs
what it asks as the OAS 2.0.0 has it. It signs and checks with joserfc, not with our own code.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.registry import HeaderParameter

from hub.clock import Clock
from hub.ddas import digest
from hub.errors import PermanentError
from hub.testing.certificates import Authority, Pair
from hub.testing.simulator import Simulator, SourceSpec
from hub.testing.world import Municipality
from hub.wire import read_json
from plugins.ddas_delivery.signature import HEADER

SECONDS = 60

_PUBLIC = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@dataclass(slots=True)
class Report:
    """What was fetched, and what was wrong with it."""

    pages: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class StatisticsOffice(Simulator):
    """The office that fetches; `reports` holds what it thought, by delivery."""

    name = "ddas_delivery"
    extra = True

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.config = delivery_settings(folder) | {"organisation": municipality.name}
        self.authority = folder / "ca" / "ca.pem"
        self._pair = signing_pair(Authority(folder / "afnemer"))
        self.reports: dict[str, Report] = {}

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer with the faults found in each delivery."""
        body = json.dumps({name: one.faults for name, one in self.reports.items()}).encode()
        start_response("200 OK", [("Content-Type", "application/json")])
        return [body]

    def sources(self) -> list[SourceSpec]:
        """Return a source for each delivery."""
        owner = self.municipality.organisations[0].code
        titles = {"shv": "Levering schuldhulp", "vs": "Levering vroegsignalen"}
        known = {"caller_certificate": str(self._pair.certificate)}
        return [
            SourceSpec(f"cbs-{name}", title, "ddas_delivery", owner, self.settings(name) | known)
            for name, title in titles.items()
        ]

    def settings(self, standard: str) -> dict[str, Any]:
        """Return the settings of one delivery."""
        return self.config | {"standard": standard}

    def fetch(self, standard: str, address: str, **asked: Any) -> Report:
        """Fetch a whole delivery from the hub at `address`, and keep what was found."""
        report = self.reports[standard] = Report()
        form = {"grant_type": "client_credentials", "client_id": "cbs"}
        form["client_secret"] = self.config["client_secret"]
        answer = requests.post(f"{address}/token", data=form, timeout=SECONDS)
        if not answer.ok:
            report.faults.append(f"token: HTTP {answer.status_code}")
            return report
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        for page in self._pages(address, headers, asked, report):
            report.pages.append(page)
        return report

    def _pages(
        self, address: str, headers: dict[str, str], asked: dict[str, Any], report: Report
    ) -> Iterator[dict[str, Any]]:
        number = pages = 1
        while number <= pages:
            body = json.dumps({**asked, "page": number}).encode()
            answer = requests.post(
                f"{address}/gegevens",
                data=body,
                headers=headers | signed(body, self._pair),
                timeout=SECONDS,
            )
            if not answer.ok:
                report.faults.append(f"page {number}: HTTP {answer.status_code}")
                return
            report.faults += faults(answer.headers, answer.content, self.authority)
            page = answer.json()
            pages = page.get("paginering", {}).get("totalPages", 1)
            number += 1
            yield page


def delivery_settings(folder: Path) -> dict[str, Any]:
    """Return settings with files in `folder`, for who wants a delivery and nobody to fetch it."""
    pair = signing_pair(Authority(folder / "ca"))
    book = folder / "voorraad"
    book.mkdir(mode=0o700, exist_ok=True)
    return {
        "standard": "vs",
        "organisation": "Gemeente",
        "folder": str(book),
        "client_id": "cbs",
        "client_secret": secrets.token_urlsafe(24),
        "certificate": str(pair.certificate),
        "key": str(pair.key),
    }


def signing_pair(authority: Authority) -> Pair:
    """Return a certificate to sign with, its chain in the same file."""
    pair = authority.issue("ondertekening", rsa_key=True)
    chain = pair.certificate.read_bytes() + authority.file.read_bytes()
    pair.certificate.write_bytes(chain)
    return pair


def signed(body: bytes, pair: Pair) -> dict[str, str]:
    """Return the headers of a body that the holder of `pair` sends: what it is, and that."""
    chain = x509.load_pem_x509_certificates(pair.certificate.read_bytes())
    header = {
        "alg": "PS256",
        "b64": False,
        "crit": ["sigD", "b64"],
        "kid": "afnemer",
        "x5c": [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in chain],
        "sigD": {"mId": "http://uri.etsi.org/19182/HttpHeaders", "pars": ["digest"]},
    }
    key = RSAKey.import_key(pair.key.read_bytes())
    made = jws.serialize_compact(header, f"digest: {digest(body)}", key, registry=_registry(0))
    return {"Content-Type": "application/json", "Digest": digest(body), HEADER: made}


def faults(headers: Any, body: bytes, authority: Path) -> list[str]:
    """Return what is wrong with the digest, the chain or the signature of an answer."""
    found = [] if headers.get("Digest") == digest(body) else ["digest"]
    made = headers.get(HEADER, "")
    try:
        head, empty, _ = made.split(".")
        shown = read_json(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
        leaf = x509.load_der_x509_certificate(base64.b64decode(shown["x5c"][0]))
        leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.read_bytes()))
        key = RSAKey.import_key(leaf.public_key().public_bytes(*_PUBLIC))
        told = f"digest: {digest(body)}".encode() if "sigD" in shown else body
        registry = _registry(len(made) + 2 * len(told))
        jws.deserialize_compact(made, key, registry=registry, payload=told)
        if empty:
            found.append("signature: not detached")
    except (PermanentError, ValueError, KeyError, JoseError, InvalidSignature) as error:
        found.append(f"signature: {type(error).__name__}")
    return found


def _registry(most: int) -> jws.JWSRegistry:
    """Return what joserfc may read: PS256, and up to `most` bytes, as it stops at small ones."""
    known = {"sigD": HeaderParameter("JAdES 5.2.8", lambda value: None)}
    registry = jws.JWSRegistry(known, ["PS256"], strict_check_header=False)
    registry.max_header_length = registry.max_payload_length = most
    return registry
