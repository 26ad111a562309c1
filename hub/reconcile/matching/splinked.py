"""Splink at work: two tables of features in, scored pairs out; and training on such tables.

Everything happens in the memory of this process and is gone afterwards: DuckDB gets no file.
"""

from __future__ import annotations

import logging
import warnings
<<<<<<< HEAD
from collections.abc import Iterator, Sequence
=======
from collections.abc import Iterator
>>>>>>> identify
from contextlib import contextmanager, suppress
from copy import deepcopy
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
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

#: Who agrees on these is nearly always one person, so the degrees of the rest can be learned from
#: them. An address alone would not do: most pairs there are relatives, and what relatives differ
#: in would be learned as what one person differs in.
LEARNED_FROM = (
    ("birth_date", "surname"),
    ("birth_date", "postcode"),
    ("surname", "initials", "postcode"),
)


def score_pairs(
    settings: dict[str, Any], known: pa.Table, strangers: pa.Table, least: float = LEAST
) -> list[Pair]:
    """Return the pairs for which at least so many bits speak."""
    if not len(known) or not len(strangers):
        return []
    with _linker(settings, known, strangers) as linker:
        found = linker.inference.predict(threshold_match_weight=least)
        rows = found.as_duckdbpyrelation().select(", ".join(COLUMNS)).fetchall()
    return [as_pair(row) for row in rows]


#: What is asked of a table of scored pairs, in the order in which `as_pair` reads it.
COLUMNS = [
    *("unique_id_l", "unique_id_r", "match_weight"),
    *(f"{what}_{name}" for name in COMPARED for what in ("gamma", "mw")),
    "coalesce(mw_tf_adj_surname, 0)",
]


def as_pair(row: Sequence[Any]) -> Pair:
    """Return a pair from a row of COLUMNS."""
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
<<<<<<< HEAD
            # Where nobody agrees on these, nothing is learned from them, and the estimate stays.
=======
            # In a small town no two may be alike in this: then there is nothing to learn from it.
>>>>>>> identify
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
    with duckdb.connect(config={"memory_limit": MEMORY}) as connection:
        yield linker_over(DuckDBAPI(connection), settings, known, others)


def linker_over(database: Any, settings: dict[str, Any], known: pa.Table, others: pa.Table) -> Any:
    """Return a linker of two tables of features in a database of Splink's."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    tables = [
        database.register(known.drop_columns([_SHARE]), dataset_display_name="a_known"),
        database.register(others.drop_columns([_SHARE]), dataset_display_name="b_strangers"),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        linker = Linker(tables, settings, log_level=logging.ERROR, validate_settings=False)
    # Or Splink would count the surnames among just these, and weigh them by who happens to be here.
    shares = database.register(_shares(known, others))
    linker.table_management.register_term_frequency_lookup(shares, "surname")
    return linker


#: The column that tells how common a surname is.
_SHARE = "tf_surname"


def _shares(*tables: pa.Table) -> pa.Table:
    both = pa.concat_tables([one.select(["surname", _SHARE]) for one in tables])
    named = both.filter(pc.is_valid(both["surname"])).group_by("surname")
    return named.aggregate([(_SHARE, "max")]).rename_columns(["surname", _SHARE])
