"""The ground truth of a municipality: which findings a right reconciliation must make."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from hub.testing.world import Municipality, Planted


def truth(municipality: Municipality) -> Iterator[tuple[str, Planted]]:
    """Yield every planted finding with the BSN of the person it is about."""
    for dossier in municipality.dossiers():
        for planted in dossier.planted:
            yield dossier.person.bsn, planted


def write_truth(municipality: Municipality, path: Path) -> None:
    """Write one JSON line {"rule", "bsn", "key"} per planted finding."""
    with path.open("w", encoding="utf-8") as file:
        for bsn, planted in truth(municipality):
            line = {"rule": planted.rule, "bsn": bsn, "key": planted.key}
            file.write(json.dumps(line) + "\n")


def counts(municipality: Municipality) -> dict[str, int]:
    """Return how many findings are planted per rule."""
    return dict(Counter(planted.rule for _, planted in truth(municipality)))
