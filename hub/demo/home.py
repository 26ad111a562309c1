"""Where a demo lives: a folder like that of a real hub, to try every command on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from hub.demo.run import demo_settings


def home_of(instance: Path) -> Path:
    """Return the folder of the demo that `hub demo` plays."""
    return instance / "demo-hub"


def make_home(instance: Path, *, port: int, keep: bool) -> Path:
    """Make the folder of a demo, with `keep` out of what is there; return it.

    It holds the settings of the demo, and borrows the plugins of the instance: a plugin that is
    being written is the same one in both.
    """
    home = home_of(instance)
    if not keep:
        shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    settings = home / "hub.toml"
    if not settings.exists():
        # A word, a number and a truth are written alike in JSON and in TOML.
        told = demo_settings(port=port).items()
        settings.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in told))
    plugins = instance / "plugins"
    if plugins.is_dir() and not (home / "plugins").exists():
        (home / "plugins").symlink_to(plugins.resolve(), target_is_directory=True)
    return home
