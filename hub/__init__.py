"""Schuldenhub: one trustworthy overview per resident of debts to local government."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.installation import Wsgi


def instance_folder() -> Path:
    """Return the folder of settings, keys and the SQLite store: HUB_INSTANCE or ./instance."""
    return Path(os.environ.get("HUB_INSTANCE", "instance"))


def create_app(instance: Path | None = None) -> Wsgi:
    """Return the web application, for gunicorn and the like. Raises ConfigError."""
    from hub import logs
    from hub.installation import by_host, open_installation
    from hub.site import create_site

    logs.configure(as_json=os.environ.get("HUB_LOG_FORMAT") != "text")
    return by_host(open_installation(instance or instance_folder()), create_site)
