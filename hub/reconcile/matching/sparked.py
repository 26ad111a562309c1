"""Splink on Spark: the same settings over a population that no single machine holds.

Spark is an extra (`pip install schuldenhub[spark]`) and needs Java. Its session comes from the
installation's own Spark configuration; without any it uses all cores of this machine.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from hub.errors import ConfigError
from hub.reconcile.matching.decide import Pair
from hub.reconcile.matching.settings import for_spark
from hub.reconcile.matching.splinked import COLUMNS, LEAST, as_pair, linker_over

#: Where Spark is, by Spark's own variable; all cores of this machine when it is not set.
MASTER = "SPARK_MASTER"

#: On one machine a handful of portions is quicker than the 200 that Spark is made for.
_LOCAL_PORTIONS = 8


def score_pairs(
    settings: dict[str, Any], known: pa.Table, strangers: pa.Table, least: float = LEAST
) -> list[Pair]:
    """Return the pairs for which at least so many bits speak, as splinked.score_pairs does.

    Raises ConfigError where Spark or Java is not installed.
    """
    if not len(known) or not len(strangers):
        return []
    with _session() as session:
        from splink import SparkAPI

        # Pairs stay in memory: Splink's usual way writes them to files, and they name people.
        made: Any = SparkAPI  # it has no types
        database = made(spark_session=session, break_lineage_method="persist")
        linker = linker_over(database, for_spark(settings), known, strangers)
        found = linker.inference.predict(threshold_match_weight=least)
        rows = found.as_spark_dataframe().selectExpr(*COLUMNS)
        return [as_pair(row) for row in rows.collect()]


@contextmanager
def _session() -> Iterator[Any]:
    """Yield a Spark session; one that this process already has is used and left alone."""
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise ConfigError(
            "Spark ontbreekt. Installeer de hub met het onderdeel 'spark'."
        ) from error
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        raise ConfigError(
            "Java ontbreekt, en Spark werkt niet zonder. Installeer Java 17 of later."
        )
    from splink.internals.spark.jar_location import similarity_jar_location

    before = SparkSession.getActiveSession()
    builder = SparkSession.builder.appName("schuldenhub").config("spark.ui.enabled", "false")
    builder = builder.config("spark.jars", similarity_jar_location())
    if MASTER not in os.environ:
        builder = builder.config("spark.sql.shuffle.partitions", _LOCAL_PORTIONS)
    session = builder.master(os.environ.get(MASTER, "local[*]")).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield session
    finally:
        if before is None:
            session.stop()
