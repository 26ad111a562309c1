"""An installation: one municipality, or several that share a store and never see each other.

One municipality: the instance folder holds hub.toml and the keys. Several: it holds the settings
they share, and a folder `gemeenten/<code>` for each with its own hub.toml and its own keys. Pages
are told apart by host name, the setting `hostname` of each.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from werkzeug.exceptions import NotFound

from hub.core import Hub, open_hub
from hub.errors import ConfigError, HubError
from hub.settings import TOWNS, is_town

log = logging.getLogger("hub.installation")

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def folders(instance: Path) -> list[Path]:
    """Return the folder of each municipality; the instance itself when it is one."""
    towns = instance / TOWNS
    return sorted(one for one in towns.iterdir() if one.is_dir()) if towns.is_dir() else [instance]


def folder_of(instance: Path, code: str | None) -> Path:
    """Return the folder of one municipality. Raises ConfigError when it must be named, or is not.

    In an installation of one, there is nothing to name.
    """
    found = {one.name: one for one in folders(instance)}
    if not (instance / TOWNS).is_dir():
        return instance
    if code is None:
        raise ConfigError(
            f"Dit is een installatie van {len(found)} gemeenten. Zeg voor welke u iets doet, met "
            f"--municipality en een code: {', '.join(found)}."
        )
    if code not in found:
        raise ConfigError(f"Er is geen gemeente {code[:4]}. Kies uit: {', '.join(found)}.")
    return found[code]


def open_installation(instance: Path, **more: Any) -> list[Hub]:
    """Open every municipality; one whose settings are wrong is told and left out.

    Raises the fault of the last one when none can be opened.
    """
    opened, failed = [], None
    for folder in folders(instance):
        try:
            opened.append(open_hub(folder, **more))
        except HubError as error:
            failed = error
            log.error("municipality %s is left out: %s", folder.name, error.log)
    if not opened and failed is not None:
        raise failed
    return opened


def add_municipality(instance: Path, code: str, name: str, hostname: str) -> Hub:
    """Make the folder, settings and keys of a municipality. Raises ConfigError."""
    folder = instance / TOWNS / code
    if not is_town(folder):
        raise ConfigError(f"{code[:10]} is geen gemeentecode. Geef vier cijfers, als 0363.")
    if not re.fullmatch(r"[a-z0-9.-]{3,253}", hostname):
        raise ConfigError("Geef de hostnaam van de pagina's, als schulden.gemeente.nl.")
    if folder.exists():
        raise ConfigError(f"De gemeente {code} bestaat al.")
    folder.mkdir(parents=True)
    quoted = name.replace("\\", "").replace('"', "")
    lines = (f'municipality_name = "{quoted}"', f'hostname = "{hostname}"')
    (folder / "hub.toml").write_text("\n".join(lines) + "\n")
    return open_hub(folder)


class ByHost:
    """A web application that hands each request to the municipality of its host name.

    A host name that belongs to nobody gets a page that names nobody: there is no default.
    """

    def __init__(self, apps: Mapping[str, Wsgi]) -> None:
        self.apps = {host.lower(): app for host, app in apps.items()}

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        host = str(environ.get("HTTP_HOST", "")).lower().rsplit(":", 1)[0]
        found = self.apps.get(host)
        return found(environ, start) if found else NotFound()(environ, start)


def by_host(hubs: Iterable[Hub], make: Callable[[Hub], Wsgi]) -> Wsgi:
    """Return one application for these municipalities, of which `make` gives each its own.

    Raises ConfigError when several share a host name, or one of several has none.
    """
    known = list(hubs)
    if len(known) == 1 and not is_town(known[0].settings.instance):
        return make(known[0])
    names = [one.settings.hostname.lower() for one in known]
    wrong = [one.municipality for one in known if names.count(one.settings.hostname.lower()) > 1]
    wrong += [one.municipality for one in known if not one.settings.hostname]
    if wrong:
        raise ConfigError(
            f"Elke gemeente heeft een eigen hostname nodig; kijk bij {', '.join(wrong)}."
        )
    return ByHost({one.settings.hostname: make(one) for one in known})
