"""References in settings of a source that come from outside: to few variables and one folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hub.errors import ConfigError

#: The variables that may be referred to.
VARIABLE = re.compile(r"HUB_SECRET_[A-Z0-9_]+")


def is_reference(value: Any) -> bool:
    """Tell whether a setting refers to where its value is."""
    return isinstance(value, dict) and list(value) in (["$env"], ["$file"])


def allowed_reference(value: dict[str, str], folder: Path) -> dict[str, str]:
    """Return a reference. Raises ConfigError when it leads elsewhere than it may.

    Who manages sources is not who manages the server: with a free choice of files and variables
    the keys of the hub could be sent to any address.
    """
    (kind, target), *_ = value.items()
    if kind == "$env" and VARIABLE.fullmatch(str(target)):
        return value
    if kind == "$file" and Path(str(target)).resolve().is_relative_to(folder.resolve()):
        return value
    raise ConfigError(
        "Een verwijzing in dit formulier mag alleen naar een variabele waarvan de naam met "
        f"HUB_SECRET_ begint, of naar een bestand in {folder}.",
        "a form refers to what it may not",
    )
