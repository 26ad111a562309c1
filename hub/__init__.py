"""Schuldenhub: one trustworthy overview per resident of debts to local government."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def instance_folder() -> Path:
    """Return the folder of settings, keys and the SQLite store: HUB_INSTANCE or ./instance."""
    return Path(os.environ.get("HUB_INSTANCE", "instance"))


def create_app(instance: Path | None = None) -> Flask:
    """Return the web application, for gunicorn and the like. Raises ConfigError."""
    from hub import logs
    from hub.core import open_hub
    from hub.web import create_web

    logs.configure(as_json=os.environ.get("HUB_LOG_FORMAT") != "text")
    return create_web(open_hub(instance or instance_folder()))
