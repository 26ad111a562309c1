"""Splink at work: two tables of features in, scored pairs out; and training on such tables.

Everything happens in the memory of this process and is gone afterwards: DuckDB gets no file.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from typing import Any

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, Linker, block_on
from splink.internals.exceptions import EMTrainingException

from hub.reconcile.matching.decide import Pair
from hub.reconcile.matching.settings import COMPARED

#: Pairs with fewer bits than this (once in a thousand) are not worth keeping.
LEAST = -10.0

#: What DuckDB may use while it compares; beyond it, it works in portions on disk.
MEMORY = "700MB"

#: With so many descriptions to learn from, training counts as much as our own estimate.
HALFWAY = 1000

#: Blocked on one thing, the degrees of the others are learned: together that is all of them.
LEARNED_FROM = (("birth_date", "gender"), ("postcode", "house_number"))


def score_pairs(
    settings: dict[str, Any], known: pa.Table, strangers: pa.Table, least: float = LEAST
) -> list[Pair]:
    """Return the pairs for which at least so many bits speak."""
    if not len(known) or not len(strangers):
        return []
    with _linker(settings, known, strangers) as linker:
        found = linker.inference.predict(threshold_match_weight=least)
        rows = found.as_duckdbpyrelation().select(_COLUMNS).fetchall()
    return [_pair(row) for row in rows]


_COLUMNS = ", ".join(
    [
        "unique_id_l, unique_id_r, match_weight",
        *(f"gamma_{name}, mw_{name}" for name in COMPARED),
        "coalesce(mw_tf_adj_surname, 0)",
    ]
)


def _pair(row: tuple[Any, ...]) -> Pair:
    told = list(row[3:-1])
    weights = {
        name: (int(told[2 * at]), round(float(told[2 * at + 1]), 2))
        for at, name in enumerate(COMPARED)
    }
    degree, bits = weights["surname"]
    weights["surname"] = degree, round(bits + float(row[-1]), 2)
    return Pair(row[1], row[0], float(row[2]), weights)


def train(settings: dict[str, Any], known: pa.Table, others: pa.Table) -> dict[str, Any]:
    """Return the settings as learned, without labels, from two tables that describe many twice."""
    with _linker(settings, known, others) as linker:
        linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
        for columns in LEARNED_FROM:
            # In a small town no two may be alike in this: then there is nothing to learn from it.
            with suppress(EMTrainingException):
                linker.training.estimate_parameters_using_expectation_maximisation(
                    block_on(*columns), fix_probability_two_random_records_match=True, max_pairs=1e6
                )
        learned = linker.misc.save_model_to_json()
    return _lean(settings, learned, len(others) / (len(others) + HALFWAY))


def _lean(old: dict[str, Any], learned: dict[str, Any], share: float) -> dict[str, Any]:
    """Return the settings with each number between the old and the learned one.

    What was never seen in training stays possible: a degree that no pair had is rare, not absurd.
    """
    made = deepcopy(old)
    # Splink leaves out a comparison of which it learnt nothing: that one stays as it was.
    known = {one["output_column_name"]: one for one in learned["comparisons"]}
    for mine in made["comparisons"]:
        its = known.get(mine["output_column_name"], mine)
        pairs = list(zip(mine["comparison_levels"], its["comparison_levels"], strict=True))
        for name, most in (("m_probability", 0.95), ("u_probability", 0.999)):
            for level, found in pairs:
                if level.get(name) is not None and isinstance(found.get(name), float):
                    weight = share * most
                    level[name] = weight * found[name] + (1 - weight) * level[name]
    return made


@contextmanager
def _linker(settings: dict[str, Any], known: pa.Table, others: pa.Table) -> Iterator[Linker]:
    logging.getLogger("splink").setLevel(logging.ERROR)
    with duckdb.connect(config={"memory_limit": MEMORY}) as connection:
        database = DuckDBAPI(connection)
        tables = [
            database.register(known, dataset_display_name="a_known"),
            database.register(others, dataset_display_name="b_strangers"),
        ]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield Linker(tables, settings, log_level=logging.ERROR, validate_settings=False)
