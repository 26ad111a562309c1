"""The contract suite for a plugin author: one line of test code holds a connector to it all.

    TestMyConnector = connector_suite(MyConnector, simulator=MySimulator)

Without a simulator, pass the settings (or what makes them in a folder): checks that must take
the other side down, or fill it, are then skipped and say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hub.connector import Connector
from hub.plugins import import_path
from hub.testing.bench import Bench, Config, NotApplicable, SideMaker
from hub.testing.contract import Check, checks_for


def connector_suite(
    connector: type[Connector],
    config: Config | None = None,
    *,
    simulator: SideMaker | None = None,
) -> type:
    """Return a pytest class with every check of the contract, for this connector."""

    class Suite:
        @pytest.fixture
        def bench(self, tmp_path: Path) -> Iterator[Bench]:
            made = Bench(connector, tmp_path, config, simulator)
            yield made
            made.close()

    for name, check in checks_for(connector).items():
        setattr(Suite, f"test_{name}", _test(check))
    Suite.__name__ = Suite.__qualname__ = f"TestContractOf{connector.__name__}"
    Suite.__doc__ = f"The connector contract, held against {connector.name}."
    return Suite


def _test(check: Check) -> Callable[..., None]:
    def test(self: Any, bench: Bench) -> None:
        run_check(check, bench)

    test.__doc__ = check.__doc__
    return test


def run_check(check: Check, bench: Bench) -> None:
    """Run one check; skip the test when it says nothing about this connector."""
    try:
        check(bench)
    except NotApplicable as reason:
        pytest.skip(str(reason))


def plugin_beside(test_file: str) -> ModuleType:
    """Return the plugin in whose folder a test stands, loaded as the hub loads it."""
    folder = Path(test_file).resolve().parent
    return import_path(folder)
