"""Settings: instance/hub.toml, overridden by environment variables, checked as a whole.

`HUB_DATABASE_URL` overrides `database_url`, and so on: the name in capitals behind `HUB_`.
A value of the form {"$env": "NAME"} or {"$file": "/path"} is a reference, resolved at start.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from hub import logs
from hub.errors import ConfigError
from hub.reach import PUBLIC_WORD, parse_reach
from hub.security.roles import ROLES


def _doc(text: str, *, secret: bool = False) -> dict[str, Any]:
    """Return what the reference tells of a setting, and whether its value is a secret."""
    return {"doc": text, "secret": secret}


def _is_reference(value: Mapping[str, str]) -> None:
    if value and set(value) not in ({"$env"}, {"$file"}):
        raise ValidationError('Geef een verwijzing: {"$file" = "/pad"} of {"$env" = "NAAM"}.')


class Words(fields.Field[tuple[str, ...]]):
    """A list of words; in an environment variable they stand with blanks between them."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **_: Any) -> tuple[str, ...]:
        words = value.split() if isinstance(value, str) else value
        if not isinstance(words, list | tuple) or not all(isinstance(one, str) for one in words):
            raise ValidationError("Geef een lijst van woorden.")
        return tuple(words)


class RoleMap(fields.Field[dict[str, str]]):
    """Which value of a claim gives which role; JSON in an environment variable."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **_: Any) -> dict[str, str]:
        try:
            found = dict(json.loads(value) if isinstance(value, str) else value)
        except (TypeError, ValueError) as error:
            raise ValidationError("Geef per waarde een rol.") from error
        unknown = sorted({str(role) for role in found.values() if role not in ROLES})
        if unknown:
            known = ", ".join(ROLES)
            raise ValidationError(f"Onbekende rol: {', '.join(unknown)}. Kies uit {known}.")
        return found


def _is_safe(url: str) -> bool:
    """Tell whether what is sent to `url` is encrypted, or never leaves this machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https"
        or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1"))
    )


def _safe(url: str) -> None:
    if url and not _is_safe(url):
        raise ValidationError("Geef een adres dat begint met https://.")


def _callable_hosts(entries: tuple[str, ...]) -> None:
    try:
        parse_reach(entries)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class SettingsSchema(Schema):
    """All settings, their defaults and limits."""

    class Meta:
        unknown = RAISE

    database_url = fields.String(
        metadata=_doc("Where the store is; without it SQLite in the instance folder."),
        load_default="",
    )
    keys = fields.Dict(
        fields.String(),
        fields.String(),
        metadata=_doc(
            "Where the keys are when a vault keeps them: a reference. The variable HUB_KEYS "
            "holds the keys themselves."
        ),
        load_default=None,
        validate=_is_reference,
    )
    secret_folder = fields.String(
        metadata=_doc("The files in it are those that a source's form may refer to."),
        load_default="/run/secrets",
    )
    municipality = fields.String(
        metadata=_doc("CBS code of the municipality, four digits."),
        load_default="0000",
        validate=validate.Regexp(r"^[0-9]{4}$"),
    )
    municipality_name = fields.String(
        metadata=_doc("The name that pages show."), load_default="Gemeente"
    )
    demo = fields.Boolean(
        metadata=_doc("Fictitious people: pages say so, and demo accounts may sign in."),
        load_default=False,
    )
    hostname = fields.String(
        metadata=_doc("Among several municipalities: the host name of this one's pages."),
        load_default="",
    )
    host = fields.String(metadata=_doc("The address to serve on."), load_default="127.0.0.1")
    port = fields.Integer(
        metadata=_doc("The port to serve on."), load_default=8080, validate=validate.Range(1, 65535)
    )
    proxies = fields.Integer(
        metadata=_doc(
            "How many proxies stand before the pages. Each adds an address to X-Forwarded-For; the "
            "logs and the limit on sign-ins then go by who called the first of them."
        ),
        load_default=0,
        validate=validate.Range(0, 5),
    )
    secure_cookies = fields.Boolean(
        metadata=_doc("False only for a demo on plain http."), load_default=True
    )
    allowed_hosts = Words(
        metadata=_doc(
            "What sources, mail, webhook and sign-in may call: `public` (all of the internet), "
            "names (`*.gemeente.nl`), addresses and ranges (`10.1.0.0/16`); in a demo this "
            "machine as well."
        ),
        load_default=(PUBLIC_WORD,),
        validate=_callable_hosts,
    )
    public_url = fields.String(
        metadata=_doc("How people reach the hub: https://hub.gemeente.nl; sign-in needs it."),
        load_default="",
        validate=_safe,
    )
    session_idle_minutes = fields.Integer(
        metadata=_doc("Who does nothing for so long is signed out."),
        load_default=30,
        validate=validate.Range(1, 480),
    )
    session_hours = fields.Integer(
        metadata=_doc("Who is signed in for so long signs in again."),
        load_default=10,
        validate=validate.Range(1, 24),
    )
    oidc_issuer = fields.String(
        metadata=_doc("The issuer of the OpenID provider; empty is no such sign-in."),
        load_default="",
        validate=_safe,
    )
    oidc_client_id = fields.String(
        metadata=_doc("The hub's client id at that provider."), load_default=""
    )
    oidc_client_secret = fields.String(
        metadata=_doc("Its secret; give a reference.", secret=True), load_default=""
    )
    oidc_scopes = Words(
        metadata=_doc("What is asked of the provider."), load_default=("openid", "profile")
    )
    oidc_roles_claim = fields.String(
        metadata=_doc("The claim that holds the roles; a dot leads into it: realm_access.roles."),
        load_default="roles",
    )
    oidc_roles = RoleMap(
        metadata=_doc("Which value of that claim gives which role of the hub."),
        load_default={},
    )
    oidc_account_claim = fields.String(
        metadata=_doc("The claim that tells accounts apart; it stands in the logs."),
        load_default="sub",
    )
    oidc_name_claim = fields.String(
        metadata=_doc("The claim with the name that pages show."), load_default="name"
    )
    oidc_acr_claim = fields.String(
        metadata=_doc("The claim that tells how somebody signed in: acr, amr or acrs."),
        load_default="acr",
    )
    oidc_acr_values = Words(
        metadata=_doc("One of these must be in it, to demand several factors; empty is none."),
        load_default=(),
    )
    oidc_api_audience = fields.String(
        metadata=_doc(
            "The audience of access tokens (JWT) that the API takes; empty takes none. Another "
            "one than `oidc_client_id`, so that an ID token opens no API."
        ),
        load_default="",
    )
    oidc_ca_file = fields.String(
        metadata=_doc("The certificate authority of the provider, when it is not a public one."),
        load_default="",
    )
    shrink_percentage = fields.Integer(
        metadata=_doc("A snapshot that shrinks more waits for a person."),
        load_default=20,
        validate=validate.Range(0, 100),
    )
    delivery_attempts = fields.Integer(
        metadata=_doc("After so many attempts a command is work for a person."),
        load_default=24,
        validate=validate.Range(1, 1000),
    )
    alert_mail_to = fields.String(
        metadata=_doc("Who hears of incidents by mail; empty is nobody."), load_default=""
    )
    privacy_mail_to = fields.String(
        metadata=_doc("Who hears of what concerns privacy by mail; empty is nobody."),
        load_default="",
    )
    alert_mail_from = fields.String(
        metadata=_doc("The sender of those mails."), load_default="schuldenhub@localhost"
    )
    smtp_host = fields.String(
        metadata=_doc("The mail server; empty sends no mail."), load_default=""
    )
    smtp_port = fields.Integer(
        metadata=_doc("Its port."), load_default=25, validate=validate.Range(1, 65535)
    )
    smtp_starttls = fields.Boolean(
        metadata=_doc("Whether it is spoken to over TLS."), load_default=False
    )
    smtp_user = fields.String(
        metadata=_doc("The account there; empty signs in to none."), load_default=""
    )
    smtp_password = fields.String(
        metadata=_doc("Its password; give a reference.", secret=True), load_default=""
    )
    alert_webhook_url = fields.String(
        metadata=_doc("What is called at each incident; empty is nothing."), load_default=""
    )
    alert_webhook_secret = fields.String(
        metadata=_doc("Signs each call: HMAC-SHA256 of the body.", secret=True), load_default=""
    )
    expiry_warning_days = fields.Integer(
        metadata=_doc("Days before a certificate or token ends that a warning is given."),
        load_default=30,
        validate=validate.Range(1, 365),
    )
    looks_per_hour = fields.Integer(
        metadata=_doc("Looks by one person in an hour that the privacy officer hears of."),
        load_default=60,
        validate=validate.Range(1, 100_000),
    )
    emergency_minutes = fields.Integer(
        metadata=_doc("How long emergency access to one resident lasts."),
        load_default=60,
        validate=validate.Range(1, 24 * 60),
    )
    audit_anchor_file = fields.String(
        metadata=_doc("Where the ends of the logs are noted each night; best on another machine."),
        load_default="",
    )
    processing_register = fields.String(
        metadata=_doc("Where the processing register is; stands before each activity's name."),
        load_default="urn:schuldenhub:verwerking:",
    )
    audit_syslog = fields.String(
        metadata=_doc("host:port of a syslog (UDP) that hears them too; empty is nobody."),
        load_default="",
    )
    metrics_token = fields.String(
        metadata=_doc(
            "What a monitoring system shows to read /metrics; empty is nobody.", secret=True
        ),
        load_default="",
    )
    backup_days = fields.Integer(
        metadata=_doc("Backups older than this are removed by `hub backup --prune`."),
        load_default=90,
        validate=validate.Range(1, 3650),
    )
    reconcile_at = fields.Time(
        metadata=_doc("When the nightly full pass begins, Amsterdam time."),
        load_default=time(3, 30),
        format="%H:%M",
    )

    @validates_schema
    def _complete(self, values: dict[str, Any], **_: Any) -> None:
        """An OpenID provider needs all that belongs to it."""
        names = ("oidc_client_id", "oidc_client_secret", "oidc_roles", "public_url")
        absent = [name for name in names if not values.get(name)]
        if values.get("oidc_issuer") and absent:
            raise ValidationError({name: ["Verplicht bij oidc_issuer."] for name in absent})
        audience = values.get("oidc_api_audience")
        if audience and audience == values.get("oidc_client_id"):
            raise ValidationError({"oidc_api_audience": ["Kies een andere dan oidc_client_id."]})


@dataclass(frozen=True)
class Settings:
    """The settings in force; `instance` is the folder that holds what must not be lost."""

    instance: Path
    #: Out of the repr: passwords and tokens stand in it.
    values: Mapping[str, Any] = field(repr=False)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None


def load_settings(instance: Path, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read and check the settings of `instance`. Raises ConfigError naming every fault."""
    values = {**_from_files(instance), **_from_environment(), **(overrides or {})}
    if is_town(instance):
        # The folder says which municipality this is; nothing may say otherwise.
        values["municipality"] = instance.name
    try:
        loaded = SettingsSchema().load({key: _plain(key, value) for key, value in values.items()})
    except ValidationError as error:
        faults = "; ".join(
            f"{key}: {' '.join(map(str, texts))}" for key, texts in error.messages_dict.items()
        )
        raise ConfigError(f"De instellingen van de hub kloppen niet. {faults}") from error
    if not loaded["database_url"]:
        home = instance.parent.parent if is_town(instance) else instance
        loaded["database_url"] = f"sqlite:///{(home / 'hub.db').resolve()}"
    for name, one in SettingsSchema().fields.items():
        if one.metadata.get("secret"):
            logs.hide(loaded[name])
    return Settings(instance, loaded)


#: In an installation of several municipalities, where the folder of each stands.
TOWNS = "gemeenten"


def is_town(instance: Path) -> bool:
    """Tell whether a folder is that of one municipality among several."""
    return instance.parent.name == TOWNS and bool(re.fullmatch(r"[0-9]{4}", instance.name))


def _from_files(instance: Path) -> dict[str, Any]:
    """Return what the file says, over what the municipalities of an installation share."""
    shared = _from_file(instance.parent.parent / "hub.toml") if is_town(instance) else {}
    return {**shared, **_from_file(instance / "hub.toml")}


def _plain(name: str, value: Any) -> Any:
    # The keys stay a reference: they are read again when they change.
    return value if name == "keys" else resolve(value)


def resolve(value: Any) -> Any:
    """Return the value behind a reference {"$env": …} or {"$file": …}, or the value itself.

    What is kept elsewhere is kept there because it is secret: it never comes in a log.
    Raises ConfigError when the reference leads nowhere.
    """
    if not (isinstance(value, Mapping) and len(value) == 1):
        return value
    (kind, target), *_ = value.items()
    found = _behind(kind, target)
    if found is None:
        return value
    logs.hide(found)
    return found


def _behind(kind: str, target: str) -> str | None:
    if kind == "$env":
        if target not in os.environ:
            raise ConfigError(f"De omgevingsvariabele {target} bestaat niet.")
        return os.environ[target]
    if kind == "$file":
        try:
            return Path(target).read_text().strip()
        except OSError as error:
            raise ConfigError(f"Het bestand {target} is niet te lezen.") from error
    return None


def _from_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path.name} is geen geldig TOML-bestand: {error}") from error


def _from_environment() -> dict[str, Any]:
    names = {name: f"HUB_{name.upper()}" for name in SettingsSchema().fields}
    found: dict[str, Any] = {
        name: os.environ[key] for name, key in names.items() if key in os.environ
    }
    if "keys" in found:
        # The variable holds the keys themselves; the settings only tell where they are.
        found["keys"] = {"$env": names["keys"]}
    return found
