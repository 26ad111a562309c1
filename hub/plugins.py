"""The plugin manager: finds plugins, loads them, and says what each one brings.

Plugins come from entry points of group "hub" and from folders (`plugins/` beside the hub and
`instance/plugins/`). The hub's own rules are announced by an entry point, like anybody's.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any
from zlib import crc32

import pluggy

from hub import hookspecs
from hub.connector import Connector
from hub.errors import ConfigError
from hub.quality import judge_quality
from hub.trace import trace_hooks, tracing

#: The folder of connectors that come with the hub.
BUILT_IN = Path(__file__).resolve().parent.parent / "plugins"


@dataclass
class Plugins:
    """The loaded plugins; `missing` tells what was announced but is not there."""

    manager: pluggy.PluginManager
    connectors: dict[str, type[Connector]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    def connector(self, name: str) -> type[Connector]:
        """Return the connector called `name`. Raises ConfigError when there is none."""
        try:
            return self.connectors[name]
        except KeyError:
            known = ", ".join(sorted(self.connectors)) or "geen"
            raise ConfigError(
                f"De koppeling '{name}' is niet geïnstalleerd. Wel aanwezig: {known}."
            ) from None

    def rules(self) -> list[Any]:
        """Return all rules of all plugins, in a stable order."""
        found = [rule for rules in self.manager.hook.hub_rules() for rule in rules]
        return sorted(found, key=lambda rule: rule.id)

    def simulators(self) -> list[Any]:
        """Return the simulator classes of all plugins, in a stable order."""
        found = [one for many in self.manager.hook.hub_simulators() for one in many]
        return sorted(found, key=lambda simulator: simulator.__module__)

    def describe(self) -> list[dict[str, Any]]:
        """Return what each plugin brings: name, version, hooks, streams, commands, quality."""
        return [
            _describe(str(name), module)
            for name, module in sorted(self.manager.list_name_plugin())
            if module is not None
        ] + [{"name": name, "missing": True} for name in self.missing]


def load_plugins(
    folders: Sequence[Path] = (), extra: Iterable[Any] = (), *, discover: bool = True
) -> Plugins:
    """Find and register every plugin. Raises ConfigError when one breaks the contract.

    With `discover` false only `extra` takes part: for tests of the hub on its own.
    """
    manager = pluggy.PluginManager("hub")
    manager.add_hookspecs(hookspecs)
    if tracing():
        trace_hooks(manager)
    plugins = Plugins(manager)
    if discover:
        for point in sorted(entry_points(group="hub"), key=lambda point: point.name):
            _load_entry_point(plugins, point)
        for folder in (BUILT_IN, *folders):
            for path in _candidates(folder):
                _register(manager, import_path(path))
    for module in extra:
        _register(manager, module)
    _check_pending(manager)
    for connector in (c for found in manager.hook.hub_connectors() for c in found):
        if connector.name in plugins.connectors:
            raise ConfigError(f"Twee plugins leveren een koppeling met de naam '{connector.name}'.")
        plugins.connectors[connector.name] = connector
    return plugins


def _load_entry_point(plugins: Plugins, point: EntryPoint) -> None:
    try:
        _register(plugins.manager, point.load())
    except ModuleNotFoundError as error:
        # A plugin whose folder was taken away is absent, not broken; a plugin that misses one
        # of its own imports is broken and must be heard.
        if error.name is None or not point.value.startswith(error.name):
            raise
        plugins.missing.append(point.name)


def _candidates(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    packages = [path for path in folder.iterdir() if (path / "__init__.py").is_file()]
    return sorted(packages + [p for p in folder.glob("*.py") if p.name != "__init__.py"])


def import_path(path: Path) -> ModuleType:
    """Return the plugin in a folder or file, loaded under one name however often."""
    if path.parent == BUILT_IN:
        return importlib.import_module(f"plugins.{path.stem}")
    location = path / "__init__.py" if path.is_dir() else path
    name = f"hub_plugin_{path.stem}"
    if name in sys.modules and sys.modules[name].__file__ != str(location):
        # Two municipalities may each have a plugin of this name, and theirs are not the same.
        name = f"{name}_{crc32(str(location).encode()):08x}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, location)
    if spec is None or spec.loader is None:
        raise ConfigError(f"De plugin {path.name} is niet te laden.", f"no loader for {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _register(manager: pluggy.PluginManager, module: Any) -> None:
    if not manager.is_registered(module):
        manager.register(module, name=module.__name__)


def _check_pending(manager: pluggy.PluginManager) -> None:
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise ConfigError(
            f"Een plugin gebruikt een hook die de hub niet kent: {error}", str(error)
        ) from error


def _describe(name: str, module: Any) -> dict[str, Any]:
    hooks = [hook for hook in vars(hookspecs) if hook.startswith("hub_") and hasattr(module, hook)]
    connectors = module.hub_connectors() if "hub_connectors" in hooks else []
    quality = judge_quality(connectors[0], module) if connectors else None
    return {
        "name": name,
        "version": connectors[0].version if connectors else "",
        "hooks": hooks,
        "connectors": [connector.name for connector in connectors],
        "streams": [stream.name for connector in connectors for stream in connector.streams],
        "commands": [command for connector in connectors for command in connector.commands],
        "quality": quality.level if quality else "",
        "open_rules": [f"{rule.title} ({rule.level})" for rule in quality.open] if quality else [],
    }
