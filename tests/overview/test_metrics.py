"""Every metric stands in the manual, with the meaning that it tells itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.overview.metrics import METRICS, Metric

MANUAL = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()


def row(metric: Metric) -> str:
    """The row of the manual's table."""
    labels = ", ".join(f"`{one}`" for one in metric.labels)
    return f"| `{metric.name}{'_total' if metric.grows else ''}` | {labels} | {metric.help} |"


@pytest.mark.parametrize("metric", METRICS, ids=lambda one: one.name)
def test_a_metric_stands_in_the_manual(metric: Metric) -> None:
    assert row(metric) in MANUAL.splitlines()


def test_the_manual_names_no_metric_that_is_not_there() -> None:
    told = {line for line in MANUAL.splitlines() if line.startswith("| `hub_")}
    assert told == {row(one) for one in METRICS}
