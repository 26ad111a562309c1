"""The signature under a message: a detached JWS (PS256), made while the body streams by.

VNG published two forms. "digest": only the Digest header is signed, by the mechanism HttpHeaders
of JAdES (ETSI TS 119 182-1, 5.2.8.2); the NL GOV module on signing, the OAS 2.0.0 and the pages
beside it have it so. "body": the exact bytes of the body are the payload (RFC 7515, appendix F),
as the pages of spring 2026 and their test programs had it. Which one the receiver wants is a
setting; the header carries the whole certificate chain.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from hub.connector import ConfigError, PermanentError
from hub.wire import read_json

Form = Literal["body", "digest"]

#: The header that carries the signature.
HEADER = "nlgov-adr-payload-sig"

_HTTP_HEADERS = {"mId": "http://uri.etsi.org/19182/HttpHeaders", "pars": ["digest"]}
_CRITICAL = ["sigD", "b64"]

#: The value of a Digest header by the OAS; what fills up the base64 may be absent.
_DIGEST = re.compile(r"SHA-256=[A-Za-z0-9+/]{43}=?")

#: RFC 7518 3.5: the salt is as long as the hash.
_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)
_WHOLE = Prehashed(hashes.SHA256())


@dataclass(frozen=True, slots=True)
class Seal:
    """The headers that go with a body: Digest (its SHA-256), and the signature."""

    digest: str
    signature: str


class Signer:
    """Signs bodies with one certificate; see the module for `form`."""

    def __init__(self, chain: list[x509.Certificate], key: RSAPrivateKey, form: Form) -> None:
        self.chain = chain
        self._key = key
        self._form = form

    def seal(self, parts: Iterable[bytes], now: datetime) -> Seal:
        """Return the headers of the body that `parts` make together."""
        header = _encoded(json.dumps(self._header(now), separators=(",", ":")).encode())
        body, signed = hashlib.sha256(), hashlib.sha256(header + b".")
        rest = b""
        for part in parts:
            body.update(part)
            if self._form == "body":
                # Base64 goes by three bytes; what is left over waits for the next part.
                rest += part
                whole = len(rest) - len(rest) % 3
                signed.update(_encoded(rest[:whole]))
                rest = rest[whole:]
        digest = _digest(body.digest())
        signed.update(_encoded(rest) if self._form == "body" else _line(digest))
        made = self._key.sign(signed.digest(), _PSS, _WHOLE)
        return Seal(digest, f"{header.decode()}..{_encoded(made).decode()}")

    def _header(self, now: datetime) -> dict[str, Any]:
        ders = [one.public_bytes(Encoding.DER) for one in self.chain]
        thumb = _encoded(hashlib.sha256(ders[0]).digest()).decode()
        told: dict[str, Any] = {
            "alg": "PS256",
            "typ": "JOSE",
            "kid": thumb,
            "x5c": [base64.b64encode(one).decode() for one in ders],
            "x5t#S256": thumb,
            "iat": int(now.timestamp()),
        }
        if self._form == "digest":
            told |= {"b64": False, "crit": _CRITICAL, "sigD": _HTTP_HEADERS}
        return told


def load_signer(certificate: str, key: str, form: Form) -> Signer:
    """Return a signer of the files of a certificate (with its chain) and its key, both PEM.

    Raises ConfigError when a file cannot be used, or they do not belong together.
    """
    chain = load_chain(certificate)
    _check_order(chain)
    try:
        loaded = load_pem_private_key(Path(key).read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(
            "De sleutel van het ondertekencertificaat ontbreekt of is niet te lezen. Controleer "
            "het pad; de sleutel staat er in PEM, zonder wachtwoord.",
            f"cannot load the signing key: {type(error).__name__}",
        ) from error
    if not isinstance(loaded, RSAPrivateKey) or loaded.key_size < 2048:
        raise ConfigError(
            "De sleutel van het ondertekencertificaat is geen RSA-sleutel van 2048 bits of meer, "
            "en DDAS ondertekent met PS256. Vraag een ander certificaat aan.",
            "the signing key is no RSA key of 2048 bits",
        )
    if loaded.public_key() != chain[0].public_key():
        raise ConfigError(
            "De sleutel hoort niet bij het ondertekencertificaat. Het eigen certificaat staat als "
            "eerste in het bestand, daaronder de keten.",
            "the signing key is of another certificate",
        )
    return Signer(chain, loaded, form)


def _check_order(chain: list[x509.Certificate]) -> None:
    """Raise ConfigError unless each certificate is signed with the next (RFC 7515, 4.1.6)."""
    try:
        for one, above in pairwise(chain):
            one.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise ConfigError(
            "De certificaten staan niet op volgorde, of er ontbreekt er een. Het eigen certificaat "
            "staat als eerste in het bestand, daaronder steeds het certificaat waarmee het vorige "
            "is ondertekend.",
            "the signing chain is not in order",
        ) from error


def load_caller(path: str) -> x509.Certificate:
    """Return the certificate of who asks. Raises ConfigError when nothing can be checked by it."""
    found = load_chain(path)[0]
    if not isinstance(found.public_key(), RSAPublicKey):
        raise ConfigError(
            "Het certificaat van de afnemer heeft geen RSA-sleutel, en DDAS ondertekent met "
            "PS256. Vraag de afnemer om zijn ondertekencertificaat.",
            "the certificate of the caller has no RSA key",
        )
    return found


def load_chain(path: str) -> list[x509.Certificate]:
    """Return the certificates in a PEM file. Raises ConfigError when it cannot be read."""
    try:
        return x509.load_pem_x509_certificates(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(
            "Een certificaatbestand ontbreekt of is niet te lezen. Controleer het pad.",
            f"cannot load a certificate: {type(error).__name__}",
        ) from error


def announces(digest: str, body: bytes) -> bool:
    """Tell whether a Digest header is of the form of the OAS, and is that of `body`."""
    own = _digest(hashlib.sha256(body).digest())
    return bool(_DIGEST.fullmatch(digest)) and digest.rstrip("=") == own.rstrip("=")


def verify(sealed: Seal, body: bytes, signer: x509.Certificate) -> str:
    """Return "" when `sealed` is that of `signer` over `body`, else in Dutch what is wrong.

    `sealed` holds the headers as they came. Both forms are understood. The certificate that the
    message brings must be `signer` itself: nothing is looked up, and no chain is built.
    """
    try:
        head, middle, tail = sealed.signature.split(".")
        header = read_json(_decoded(head))
        made = _decoded(tail)
        brought = base64.b64decode(header["x5c"][0])
    except (PermanentError, ValueError, KeyError, TypeError, IndexError):
        # binascii.Error is a ValueError.
        return "de handtekening is geen losse JWS met het certificaat erin"
    if middle or header.get("alg") != "PS256":
        return "de handtekening is geen losse JWS met PS256"
    if brought != signer.public_bytes(Encoding.DER):
        return "de handtekening is met een ander certificaat gezet dan is afgesproken"
    form = _form(header)
    if form is None:
        return "de handtekening gebruikt een vorm die hier niet bekend is"
    if form == "digest" and not announces(sealed.digest, body):
        return "de Digest ontbreekt of klopt niet met het bericht, en die is wat er is ondertekend"
    payload = _line(sealed.digest) if form == "digest" else _encoded(body)
    return _unlike(made, f"{head}.".encode() + payload, signer)


def _form(header: dict[str, Any]) -> Form | None:
    """Return what is signed by a header; None when it asks to understand anything else."""
    if header.get("sigD") == _HTTP_HEADERS and header.get("b64") is False:
        return "digest" if _strings(header.get("crit")) == sorted(_CRITICAL) else None
    return None if {"sigD", "b64", "crit"} & header.keys() else "body"


def _strings(value: Any) -> list[str]:
    whole = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return sorted(value) if whole else []


def _unlike(made: bytes, signed: bytes, signer: x509.Certificate) -> str:
    key = signer.public_key()
    assert isinstance(key, RSAPublicKey)
    try:
        key.verify(made, signed, _PSS, hashes.SHA256())
    except InvalidSignature:
        return "de handtekening klopt niet: het bericht is veranderd of door een ander gezet"
    return ""


def _digest(value: bytes) -> str:
    return f"SHA-256={base64.b64encode(value).decode()}"


def _line(digest: str) -> bytes:
    return f"digest: {digest}".encode()


def _encoded(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
