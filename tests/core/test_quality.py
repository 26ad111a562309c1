"""The quality ladder: what a connector says of itself is what its code and tests show."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hub.plugins import load_plugins
from hub.quality import LEVELS, RULES, judge_quality

TESTS = Path(__file__).parents[1]


def built_in() -> list[Any]:
    found = load_plugins().manager.list_name_plugin()
    return [module for name, module in found if name.startswith("plugins.")]


@pytest.mark.parametrize("module", built_in(), ids=lambda module: module.__name__)
def test_every_built_in_connector_is_what_it_says(module: ModuleType) -> None:
    for connector in module.hub_connectors():
        quality = judge_quality(connector, module)
        assert quality.faults == ()
        assert quality.level in LEVELS


@pytest.mark.parametrize("module", built_in(), ids=lambda module: module.__name__)
def test_what_is_declared_done_has_its_tests(module: ModuleType) -> None:
    name = module.__name__.rpartition(".")[2]
    suite = (TESTS / "contract" / "test_built_in.py").read_text()
    assert f"plugins.{name}.connector" in suite, "contract_suite is declared done"
    assert (TESTS / "plugins" / f"test_{name}.py").is_file(), "bad_input is declared done"


def plugin(tmp_path: Path, file: str) -> ModuleType:
    made = ModuleType("proef", "Een plugin om de ladder mee te proeven, met een formaat van ons.")
    (tmp_path / "quality.toml").write_text(file)
    made.__file__ = str(tmp_path / "__init__.py")
    return made


def faults(tmp_path: Path, file: str) -> str:
    from plugins.vish.connector import VishConnector

    return " ".join(judge_quality(VishConnector, plugin(tmp_path, file)).faults)


def test_the_ladder_is_climbed_from_below(tmp_path: Path) -> None:
    assert "bereikt is geen" in faults(tmp_path, 'level = "goud"')
    all_gold = "".join(f'{rule.id} = "done"\n' for rule in RULES)
    told = faults(tmp_path, f'level = "goud"\n[rules]\n{all_gold}')
    assert "noemt simulator gedaan, maar de code laat dat niet zien" in told
    assert "bereikt is geen" in told, "without a simulator there is no brons either"


def test_a_rule_that_does_not_exist_is_named(tmp_path: Path) -> None:
    assert "een regel die niet bestaat: pluim" in faults(tmp_path, '[rules]\npluim = "done"')


def test_an_exemption_counts_with_its_reason(tmp_path: Path) -> None:
    rules = 'contract_suite = "done"\nsimulator = { exempt = "leest alleen een map" }\n'
    file = f'level = "zilver"\n[rules]\n{rules}'
    assert "bereikt is brons" in faults(tmp_path, file)
    assert "bereikt is geen" in faults(tmp_path, file.replace("leest alleen een map", ""))
