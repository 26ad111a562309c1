"""The suite finds what is broken: each planted fault by the check that is named for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from broken import FAULTS, Good, Register

from hub.connector import Connector
from hub.testing import connector_suite
from hub.testing.bench import Bench
from hub.testing.contract import CHECKS

TestGood = connector_suite(Good, simulator=Register)


def test_at_least_fifteen_faults_are_planted_and_every_check_finds_one() -> None:
    assert len({kind for kind, _ in FAULTS}) >= 15
    assert {check for _, check in FAULTS} == set(CHECKS)


@pytest.mark.parametrize(
    ("kind", "check"), FAULTS, ids=[f"{kind.__name__}-{check}" for kind, check in FAULTS]
)
def test_a_planted_fault_is_found(kind: type[Connector], check: str, tmp_path: Path) -> None:
    bench = Bench(kind, tmp_path, simulator=Register)
    find: Callable[[Bench], None] = CHECKS[check]
    try:
        with pytest.raises(AssertionError) as found:
            find(bench)
        assert str(found.value).strip(), "the author is told what to mend"
    finally:
        bench.close()
