"""The example is held to the same contract as every connector of the hub."""

from pathlib import Path

import pytest
from hub_parkeerboetes import FinesConnector

from hub.connector import ConfigError, Context, PermanentError
from hub.testing import connector_suite
from hub.testing.town import test_bsns as bsns


def export(folder: Path) -> dict[str, str]:
    """Write an export of six fines; return the settings that read it."""
    lines = [f"P-{n};{bsn};Proef;{2500 + n};2026-11-01" for n, bsn in enumerate(bsns(6))]
    path = folder / "boetes.csv"
    path.write_text("\n".join([*lines, f"EINDE;{len(lines)}"]))
    return {"file": str(path)}


TestContract = connector_suite(FinesConnector, export)


def connector(folder: Path, text: str) -> FinesConnector:
    """A connector over an export with this text."""
    (folder / "boetes.csv").write_text(text)
    return FinesConnector({"file": str(folder / "boetes.csv")}, Context(owner="stad"))


@pytest.mark.parametrize("text", ["", "P-1;999990007;Proef;2500;2026-11-01", "EINDE;3"])
def test_an_export_that_is_not_whole_changes_nothing(tmp_path: Path, text: str) -> None:
    with pytest.raises(PermanentError, match="end line"):
        list(connector(tmp_path, text).read("fines", None))


def test_a_missing_export_is_a_matter_of_settings(tmp_path: Path) -> None:
    gone = FinesConnector({"file": str(tmp_path / "nergens.csv")}, Context())
    with pytest.raises(ConfigError):
        list(gone.read("fines", None))


def test_an_amount_that_is_no_number_is_told_as_it_came(tmp_path: Path) -> None:
    made = connector(tmp_path, "P-1;999990007;Proef;veel;2026-11-01\nEINDE;1")
    (batch,) = made.read("fines", None)
    (fact,) = made.parse("fines", batch.records[0].raw)
    assert fact.data["open"] == "veel"
