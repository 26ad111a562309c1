"""The same settings on Spark find the same pairs, for the same reasons, as on DuckDB."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from random import Random
from typing import Any

import pytest
from book import BSNS
from chain import Chain
from click.testing import CliRunner
from strangers import AYSE, JAN, PEOPLE, known, told_of, unknown

from hub.cli import main
from hub.errors import ConfigError
from hub.evaluate.strangers import plain, strangers
from hub.evaluate.town import LifelikeTown
from hub.reconcile import reconcile
from hub.reconcile.matching import sparked, splinked
from hub.reconcile.matching.features import as_table, features
from hub.reconcile.matching.settings import for_spark, fresh_settings
from hub.testing.noise import describe
from schemas import KINDS, ValidationError


@pytest.fixture
def spark(absent: Callable[[str, str], None]) -> None:
    if shutil.which("java") is None:
        absent("Java", "apt-get install default-jre-headless")
    if find_spec("pyspark") is None:
        absent("pyspark", "pip install schuldenhub[spark]")


def loaded(told: dict[str, Any]) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = KINDS["person"].load(told)
    except ValidationError:
        return None  # it names nobody
    return found


def tables() -> tuple[Any, Any]:
    """People of a small municipality, and how others write them: every degree occurs."""
    town = LifelikeTown(3, 250)
    people = [one.person for one in town.dossiers()]
    rng = Random(3)
    known_ = [features(f"{p.bsn}:1", loaded(plain(p)) or {}) for p in people]
    written = [one.told.person for one in strangers(town)]
    written += [describe(one, rng).person for one in people]
    others = [
        features(str(at), who)
        for at, told in enumerate(written)
        if (who := loaded(told)) is not None
    ]
    shares = {row["surname"]: 0.001 * (at + 1) for at, row in enumerate(known_[:40])}
    return as_table(known_, shares), as_table(others, shares)


def test_spark_finds_what_duckdb_finds(spark: None) -> None:
    known_, others = tables()
    settings = fresh_settings(250)
    ours = {
        (one.stranger, one.known): one for one in splinked.score_pairs(settings, known_, others)
    }
    its = {(one.stranger, one.known): one for one in sparked.score_pairs(settings, known_, others)}
    assert len(ours) > 200
    assert its.keys() == ours.keys()
    for pair, one in ours.items():
        assert its[pair].bits == pytest.approx(one.bits)
        assert its[pair].weights == one.weights
    degrees = {(name, degree) for one in ours.values() for name, (degree, _) in one.weights.items()}
    assert len(degrees) >= 18, "or the sample shows too little"


def test_settings_of_another_version_are_refused() -> None:
    old = fresh_settings(100)
    old["comparisons"][0]["comparison_levels"].pop()
    with pytest.raises(ConfigError, match="opnieuw leren"):
        for_spark(old)


def test_the_numbers_that_were_learned_go_along() -> None:
    learned = fresh_settings(1234)
    learned["comparisons"][2]["comparison_levels"][1]["m_probability"] = 0.5
    told = for_spark(learned)
    assert told["comparisons"][2]["comparison_levels"][1]["m_probability"] == 0.5
    assert told["probability_two_random_records_match"] == 1 / 1234
    assert "`birth_date_l`" in str(told["comparisons"]), "as Spark quotes, and not DuckDB"


def test_without_java_the_command_says_what_to_do(
    make_hub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = Chain(make_hub)
    chain.tell("tax", *(known(number) for number in range(len(PEOPLE))))
    chain.tell("file", unknown("V1", JAN), unknown("V2", AYSE))
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(ConfigError, match=r"Java ontbreekt|Spark ontbreekt"):
        reconcile(chain.hub, engine="spark")


def test_identify_compares_everybody_anew(make_hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = Chain(make_hub)
    chain.tell("tax", *(known(number) for number in range(len(PEOPLE))))
    chain.tell("file", unknown("V1", JAN))
    # The command has the name of its module.
    monkeypatch.setattr(import_module("hub.cli.identify"), "open_hub", lambda instance: chain.hub)
    folder = str(chain.hub.settings.instance)
    done = CliRunner().invoke(main, ["--instance", folder, "identify"])
    assert re.search(r"gekoppeld +│ 1 +│", done.output), done.output
    assert told_of(chain, "V1")[0] == BSNS[0]
