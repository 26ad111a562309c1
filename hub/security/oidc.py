"""Sign-in through the municipality's OpenID provider: authorization code flow with PKCE.

Authlib builds the requests and checks the claims (OpenID Connect Core 1.0, 3.1.3.7), joserfc the
signature; the HTTP session is the hub's own, which follows no redirect and reads within limits.
What is sent to the provider and what it must send back is bound to one browser by `Begun`, which
the page keeps in its signed cookie.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.common.urls import add_params_to_uri
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.claims import JWTClaims
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from hub.clock import Clock
from hub.errors import ConfigError, PermanentError, SignInRefused
from hub.http import HubSession
from hub.reach import Reach
from hub.settings import Settings

#: Signatures with a public key only: a token "signed" with our own client secret proves nothing.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")

#: How long what the provider tells of itself is used again, and the least between two looks.
METADATA_AGE, KEYS_AGE = timedelta(minutes=5), timedelta(minutes=1)

#: How far the clocks may differ, in seconds.
LEEWAY = 60

#: An account stands in the store as who did something; longer than this does not fit.
LONGEST_ACCOUNT = 60

#: What a back-channel logout token must tell (OpenID Connect Back-Channel Logout 1.0, 2.4).
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True)
class Begun:
    """A sign-in that was begun in one browser: what its answer must fit."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Identity:
    """Who the provider says it is; `roles` are the hub's, and never empty."""

    account: str
    title: str
    roles: tuple[str, ...]
    session: str
    #: True for a program that signed in for itself, with nobody behind it.
    machine: bool = False


class _Client(OAuth2Client):
    client_auth_class = OAuth2Session.client_auth_class
    token_auth_class = OAuth2Session.token_auth_class


class Provider:
    """The OpenID provider of the settings. One object may serve several threads."""

    def __init__(self, settings: Settings, clock: Clock, reach: Reach) -> None:
        self._settings, self._clock, self._reach = settings, clock, reach
        self._metadata: tuple[datetime, dict[str, Any]] | None = None
        self._keys: tuple[datetime, KeySet] | None = None

    def begin(self, redirect_uri: str) -> Begun:
        """Return where to send the browser. Raises TransientError, ConfigError, PermanentError."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        endpoint = self._told("authorization_endpoint")
        with self._client(redirect_uri) as client:
            url, _ = client.create_authorization_url(
                endpoint, state=state, code_verifier=verifier, nonce=nonce, **self._demanded()
            )
        return Begun(url, state, nonce, verifier)

    def finish(self, begun: Begun, answer: Mapping[str, str], redirect_uri: str) -> Identity:
        """Return who signed in, from what the browser brought back.

        Raises SignInRefused when anything does not fit; TransientError, ConfigError and
        PermanentError when the provider cannot be asked.
        """
        self._check_answer(answer)
        endpoint = self._told("token_endpoint")
        with self._client(redirect_uri) as client:
            try:
                token = client.fetch_token(
                    endpoint, code=answer["code"], code_verifier=begun.verifier
                )
            except (AuthlibBaseError, PermanentError, ValueError) as error:
                raise _again(f"the provider refused the code: {type(error).__name__}") from error
        return self._identity(self._claims(token, begun.nonce))

    def sign_out_url(self, back_to: str) -> str:
        """Return where to end the session at the provider, empty when it offers no such thing."""
        endpoint = self._known().get("end_session_endpoint")
        if not endpoint:
            return ""
        client_id = self._settings.oidc_client_id
        told = {"client_id": client_id, "post_logout_redirect_uri": back_to}
        return str(add_params_to_uri(endpoint, told))

    def ended(self, logout_token: str) -> tuple[str, str]:
        """Return the account and the session that a logout token ends; one may be empty.

        Raises SignInRefused for a token that is not a logout token of this provider for the hub.
        """
        try:
            found = self._decoded(logout_token)
            claims = JWTClaims(found.claims, found.header, self._bound_to("iat", "exp", "events"))
            claims.validate(now=self._now(), leeway=LEEWAY)
        except (JoseError, ValueError) as error:
            raise _again(f"logout token refused: {error}") from error
        account = str(claims.get(self._settings.oidc_account_claim) or "")
        session = str(claims.get("sid") or "")
        events = claims["events"]
        fits = isinstance(events, dict) and LOGOUT_EVENT in events and "nonce" not in claims
        if not fits or not (account or session):
            raise _again("logout token refused: not a logout token")
        return account, session

    def access(self, token: str) -> Identity:
        """Return who carries an access token (JWT, RFC 9068) that is meant for the hub's API.

        Raises SignInRefused when it is not; TransientError, ConfigError and PermanentError when
        the provider cannot be asked.
        """
        audience = self._settings.oidc_api_audience
        if not audience or not self._settings.oidc_issuer:
            raise _no_token("no access tokens are taken here")
        if token.count(".") != 2:
            raise _no_token("no such token, and no JWT")
        try:
            found = self._decoded(token)
            bound = self._bound_to("sub", "exp", "iat") | {
                "aud": {"essential": True, "value": audience}
            }
            claims = JWTClaims(found.claims, found.header, bound)
            claims.validate(now=self._now(), leeway=LEEWAY)
        except (JoseError, ValueError) as error:
            raise _no_token(f"access token refused: {error}") from error
        # An ID token says who signed in at a page; it opens no API, whoever it was meant for.
        if "nonce" in claims or "at_hash" in claims:
            raise _no_token("an ID token was shown as an access token")
        return self._identity(claims, machine=_is_machine(claims))

    def _check_answer(self, answer: Mapping[str, str]) -> None:
        if answer.get("error"):
            # Its description is the provider's text and stays out of page and log.
            raise _again("the provider answered with an error")
        told, tells = answer.get("iss"), "authorization_response_iss_parameter_supported"
        # RFC 9207: an answer of another provider is not for us.
        if told != self._settings.oidc_issuer and (told or self._known().get(tells)):
            raise _again("the answer names another issuer")
        if not answer.get("code"):
            raise _again("the answer holds no code")

    def _claims(self, token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        params = {
            "nonce": nonce,
            "client_id": self._settings.oidc_client_id,
            "access_token": token.get("access_token"),
        }
        try:
            found = self._decoded(str(token.get("id_token") or ""))
            options = self._bound_to("sub", "exp", "iat", "nonce")
            claims = CodeIDToken(found.claims, found.header, options, params)
            claims.validate(now=self._now(), leeway=LEEWAY)
        except (JoseError, ValueError) as error:
            raise _again(f"ID token refused: {error}") from error
        return claims

    def _bound_to(self, *essential: str) -> dict[str, Any]:
        told = {"iss": self._settings.oidc_issuer, "aud": self._settings.oidc_client_id}
        bound = {name: {"essential": True, "value": value} for name, value in told.items()}
        return {**bound, **{name: {"essential": True} for name in essential}}

    def _decoded(self, text: str) -> jwt.Token:
        registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
        try:
            return jwt.decode(text, self._key_set(), registry=registry)
        except (InvalidKeyIdError, ValueError):
            # It may have new keys since.
            return jwt.decode(text, self._key_set(KEYS_AGE), registry=registry)

    def _identity(self, claims: Mapping[str, Any], *, machine: bool = False) -> Identity:
        settings = self._settings
        account = str(claims.get(settings.oidc_account_claim) or "")
        if not 0 < len(account) <= LONGEST_ACCOUNT:
            raise _again("the claim of the account is absent or too long")
        if not machine:
            self._check_factors(claims, account)
        held = _texts(_inside(claims, settings.oidc_roles_claim))
        # In the order of the settings: the first is the one to begin to work in.
        roles = dict.fromkeys(role for value, role in settings.oidc_roles.items() if value in held)
        if not roles:
            raise SignInRefused(
                "U bent herkend, maar uw account heeft geen rol in de hub. Vraag uw beheerder om "
                "de rol die bij uw werk past, en log daarna opnieuw in.",
                "no known role among the claims",
                account=account,
            )
        title = str(claims.get(settings.oidc_name_claim) or account)[:200]
        session = str(claims.get("sid") or "")[:200]
        return Identity(account, title, tuple(roles), session, machine)

    def _check_factors(self, claims: Mapping[str, Any], account: str) -> None:
        wanted = self._settings.oidc_acr_values
        if wanted and not _texts(claims.get(self._settings.oidc_acr_claim)) & set(wanted):
            raise SignInRefused(
                "U logde niet in met een tweede stap, zoals een code op uw telefoon. De hub vraagt "
                "dat wel. Stel de tweede stap in bij uw gemeenteaccount en log opnieuw in.",
                f"none of the demanded values in {self._settings.oidc_acr_claim}",
                account=account,
            )

    def _demanded(self) -> dict[str, str]:
        """Return how the provider is asked for several factors."""
        claim, values = self._settings.oidc_acr_claim, self._settings.oidc_acr_values
        if values and claim == "acr":
            return {"acr_values": " ".join(values)}
        if values and claim == "acrs":
            # Entra's authentication contexts are asked for by the claims parameter, one at a time.
            asked = {"id_token": {"acrs": {"essential": True, "value": values[0]}}}
            return {"claims": json.dumps(asked)}
        return {}

    @contextmanager
    def _client(self, redirect_uri: str) -> Iterator[OAuth2Client]:
        methods = self._known().get("token_endpoint_auth_methods_supported", ())
        way = "client_secret_post" if "client_secret_post" in methods else "client_secret_basic"
        with self._http() as session:
            yield _Client(
                session,
                self._settings.oidc_client_id,
                self._settings.oidc_client_secret,
                token_endpoint_auth_method=way,
                scope=" ".join(self._settings.oidc_scopes),
                redirect_uri=redirect_uri,
                code_challenge_method="S256",
            )

    def _http(self) -> HubSession:
        session = HubSession(self._reach)
        session.verify = self._settings.oidc_ca_file or True
        session.max_bytes, session.max_seconds = 1 << 20, 10
        return session

    def _known(self) -> dict[str, Any]:
        """Return what the provider tells of itself. Raises as `begin` does."""
        now = self._clock.now()
        if self._metadata and now - self._metadata[0] < METADATA_AGE:
            return self._metadata[1]
        issuer = self._settings.oidc_issuer
        found = self._read(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise ConfigError(
                "De inlogdienst noemt zich anders dan in de instelling oidc_issuer. Neem daar de "
                "issuer over zoals de inlogdienst hem schrijft, met of zonder streep aan het eind.",
                "the provider's metadata name another issuer",
            )
        self._metadata = now, found
        return found

    def _told(self, name: str) -> str:
        found = self._known().get(name)
        if not isinstance(found, str):
            raise PermanentError(
                f"De inlogdienst vertelt niet wat haar {name} is. Controleer oidc_issuer.",
                f"the provider's metadata lack {name}",
            )
        return found

    def _key_set(self, age: timedelta = METADATA_AGE) -> KeySet:
        now = self._clock.now()
        if self._keys is None or now - self._keys[0] >= age:
            self._keys = now, KeySet.import_key_set(self._read(self._told("jwks_uri")))  # type: ignore[arg-type]
        return self._keys[1]

    def _read(self, url: str) -> dict[str, Any]:
        with self._http() as session:
            response = session.get(url, timeout=(5, 10))
        try:
            found = response.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise PermanentError(
                "De inlogdienst stuurt iets wat de hub niet kan lezen. Controleer oidc_issuer.",
                "the provider's answer is no JSON object",
            )
        return found

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _again(log: str) -> SignInRefused:
    return SignInRefused(
        "Het antwoord van de inlogdienst klopt niet, is verlopen of is al gebruikt. Begin opnieuw "
        "met inloggen. Blijft het misgaan? Meld het uw beheerder.",
        log,
    )


def _no_token(log: str) -> SignInRefused:
    return SignInRefused(
        "Dit token geeft geen toegang: het is onbekend, verlopen of niet voor de hub bedoeld. "
        "Vraag een nieuw token aan.",
        log,
    )


def _is_machine(claims: Mapping[str, Any]) -> bool:
    """Tell whether a program got this token for itself (client credentials).

    RFC 9068 has such a token name the client as its subject; Entra ID says `idtyp` is app.
    """
    clients = {claims.get("client_id"), claims.get("azp"), claims.get("appid")} - {None}
    return claims.get("idtyp") == "app" or claims.get("sub") in clients


def _inside(claims: Mapping[str, Any], path: str) -> Any:
    """Return the claim of that name, or else the one that the dots lead to."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _texts(value: Any) -> set[str]:
    several = value if isinstance(value, list) else [value]
    return {one for one in several if isinstance(one, str)}
