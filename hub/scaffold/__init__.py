"""The scaffold: a plugin that works from its first minute, for an author to change."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from hub.errors import ConfigError

_TEMPLATES = Path(__file__).parent


def write_plugin(name: str, title: str, folder: Path) -> list[Path]:
    """Write the plugin `name` into `folder`/`name`; return its files.

    Raises ConfigError for a name that is no Python name, or is taken.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,40}", name):
        raise ConfigError(
            f"'{name}' kan geen naam van een plugin zijn. Gebruik kleine letters, cijfers en _, "
            "zoals parkeren."
        )
    home = folder / name
    if home.exists():
        raise ConfigError(f"De map {home} bestaat al. Kies een andere naam of haal de map weg.")
    home.mkdir(parents=True)
    kind = "".join(part.title() for part in name.split("_"))
    words = {"name": name, "title": title, "kind": kind, "short": name[:4].upper()}
    return [_write(template, home, words) for template in sorted(_TEMPLATES.glob("*.tmpl"))]


def _write(template: Path, home: Path, words: dict[str, str]) -> Path:
    target = home / template.name.removesuffix(".tmpl").replace("plugin", words["name"])
    target.write_text(Template(template.read_text()).substitute(words))
    return target
