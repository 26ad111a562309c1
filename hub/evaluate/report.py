"""The outcome of an evaluation: counts, the shares they come to, and the limits beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Linked:
    """What was linked: right, wrong, and how many of the `linkable` were linked right."""

    told: int = 0
    right: int = 0
    wrong: int = 0
    linkable: int = 0
    found: int = 0
    asked: int = 0

    @property
    def precision(self) -> float:
        """Return the share of the links that are right."""
        return _share(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Return the share of what is linkable that was linked, and right."""
        return _share(self.found, self.linkable)

    @property
    def worklist(self) -> float:
        """Return the share of all that was told of that a person is asked about."""
        return self.asked / self.told if self.told else 0.0


def _share(part: int, whole: int) -> float:
    """Return a share; of nothing at all everything is right."""
    return part / whole if whole else 1.0


@dataclass(frozen=True)
class Findings:
    """Findings of the planted rules against the truth, counted per rule."""

    planted: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    extra: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One line of the table: what was measured, what it must be, and whether it is."""

    title: str
    value: float
    limit: float
    least: bool  # whether the limit is a minimum

    @property
    def holds(self) -> bool:
        """Tell whether the limit is kept."""
        return self.value >= self.limit if self.least else self.value <= self.limit


@dataclass(frozen=True)
class Report:
    """What an evaluation of one municipality came to."""

    seed: int
    size: int
    persons: Linked
    untrained: Linked  # the same persons, before the model learned from this municipality
    claims: Linked
    findings: Findings

    def lines(self) -> Iterator[Line]:
        """Yield what was measured beside what the hub must reach."""
        yield Line("Personen: juist van wat gekoppeld is", self.persons.precision, 0.999, True)
        yield Line("Personen: gekoppeld van wat te koppelen is", self.persons.recall, 0.97, True)
        yield Line("Personen: aan een mens gevraagd", self.persons.worklist, 0.03, False)
        yield Line("Vorderingen: juist van wat gekoppeld is", self.claims.precision, 0.999, True)
        yield Line("Vorderingen: gekoppeld van wat te koppelen is", self.claims.recall, 0.99, True)
        yield Line("Vorderingen: aan een mens gevraagd", self.claims.worklist, 0.03, False)
        missing, extra = self.findings.missing, self.findings.extra
        yield Line("Bevindingen die ontbreken", sum(missing.values()), 0, False)
        yield Line("Bevindingen die er niet horen", sum(extra.values()), 0, False)

    @property
    def holds(self) -> bool:
        """Tell whether every limit is kept."""
        return all(line.holds for line in self.lines())
