"""Signed assertions of the token service that the demo and the tests play.

The signature is as in the published example: enveloped, exclusive canonical XML, RSA with SHA-256.
On top of it the service remembers the very bytes, as the register asks of its users.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from hub.connector import read_xml
from plugins.ccbr.soap import moment
from plugins.ccbr.tokens import SAML

DS = "http://www.w3.org/2000/09/xmldsig#"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"

#: Single quotes and a space before the end: what any other writer would write otherwise.
_ASSERTION = (
    '<saml:Assertion MajorVersion=\'1\' MinorVersion="1" AssertionID="{id}" '
    'Issuer="http://sts.example/adfs/services/trust" IssueInstant="{begins}" xmlns:saml="{saml}">'
    '<saml:Conditions NotBefore="{begins}" NotOnOrAfter="{ends}" >'
    "<saml:AudienceRestrictionCondition>"
    "<saml:Audience>{realm}</saml:Audience></saml:AudienceRestrictionCondition></saml:Conditions>"
    "<saml:AttributeStatement><saml:Subject><saml:SubjectConfirmation><saml:ConfirmationMethod>"
    "urn:oasis:names:tc:SAML:1.0:cm:bearer</saml:ConfirmationMethod></saml:SubjectConfirmation>"
    '</saml:Subject><saml:Attribute AttributeName="role" AttributeNamespace="http://schemas.microsoft'
    '.com/ws/2008/06/identity/claims"><saml:AttributeValue>CCBR</saml:AttributeValue>'
    "</saml:Attribute></saml:AttributeStatement>{signature}</saml:Assertion>"
)
_SIGNED = (
    '<ds:SignedInfo xmlns:ds="{ds}"><ds:CanonicalizationMethod Algorithm="{c14n}">'
    "</ds:CanonicalizationMethod><ds:SignatureMethod "
    'Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></ds:SignatureMethod>'
    '<ds:Reference URI="#{id}"><ds:Transforms><ds:Transform Algorithm="{ds}enveloped-signature">'
    '</ds:Transform><ds:Transform Algorithm="{c14n}"></ds:Transform></ds:Transforms>'
    '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod>'
    "<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
)

#: How long a token counts.
LASTS = timedelta(hours=1)


class Signer:
    """Signs assertions and knows its own again: by signature, by byte, and by time."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._issued: dict[bytes, datetime] = {}

    def issue(self, realm: str, now: datetime) -> bytes:
        """Return a signed assertion for a realm, which counts for an hour."""
        number = f"_{len(self._issued) + 1:08}"
        told = {"id": number, "begins": moment(now), "ends": moment(now + LASTS)}
        bare = _ASSERTION.format(**told, saml=SAML, realm=realm, signature="").encode()
        signed = _SIGNED.format(ds=DS, c14n=_EXCLUSIVE, id=number, digest=_digest(_c14n(bare)))
        value = self._key.sign(_c14n(signed.encode()), padding.PKCS1v15(), hashes.SHA256())
        signature = (
            f'<ds:Signature xmlns:ds="{DS}">{signed}<ds:SignatureValue>'
            f"{base64.b64encode(value).decode()}</ds:SignatureValue></ds:Signature>"
        )
        made = _ASSERTION.format(**told, saml=SAML, realm=realm, signature=signature).encode()
        self._issued[hashlib.sha256(made).digest()] = now + LASTS
        return made

    def forget(self) -> None:
        """Withdraw every token."""
        self._issued.clear()

    def takes(self, assertion: bytes, now: datetime) -> bool:
        """Tell whether an assertion is one of ours, unchanged to the byte, and still counts."""
        ends = self._issued.get(hashlib.sha256(assertion).digest())
        return ends is not None and now < ends and self.verifies(assertion)

    def verifies(self, assertion: bytes) -> bool:
        """Tell whether the signature in an assertion is ours and over what it says."""
        root = read_xml(assertion, "Het token")
        signature = root.find(f"{{{DS}}}Signature")
        signed = signature.find(f"{{{DS}}}SignedInfo") if signature is not None else None
        if signature is None or signed is None:
            return False
        value = base64.b64decode(signature.findtext(f"{{{DS}}}SignatureValue") or "")
        over = etree.tostring(signed, method="c14n", exclusive=True)
        told = signed.findtext(f".//{{{DS}}}DigestValue")
        root.remove(signature)
        try:
            self._key.public_key().verify(value, over, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return told == _digest(etree.tostring(root, method="c14n", exclusive=True))


def _c14n(content: bytes) -> bytes:
    return etree.tostring(read_xml(content, "Het token"), method="c14n", exclusive=True)


def _digest(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
