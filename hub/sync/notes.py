"""What a run has to say beside its counts: fields it did not know, and what a source does oddly.

A warning is no error: everything was used. Who manages the source reads it with the run, and can
tell the supplier.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from hub.sync.contract import storable
from hub.sync.unknown import note_on

#: So many kinds of warnings stand in a run; more would not be read.
MOST = 12

#: The length of a warning; a connector writes one sentence.
LONGEST = 300


@dataclass
class Notes:
    """The notes of one run: names of unknown fields, and warnings with how often each was given."""

    unknown: set[str] = field(default_factory=set)
    warnings: Counter[str] = field(default_factory=Counter)
    dropped: int = 0

    def warn(self, sentence: str) -> None:
        """Count a warning (see Context.warn); the same sentence is told once."""
        sentence = storable(sentence, LONGEST)
        if sentence in self.warnings or len(self.warnings) < MOST:
            self.warnings[sentence] += 1
        else:
            self.dropped += 1

    def text(self) -> str | None:
        """Return what the run says, None when there is nothing."""
        parts = [note_on(self.unknown), *map(_told, self.warnings.items())]
        if self.dropped:
            parts.append(f"En nog {self.dropped} andere waarschuwingen.")
        return " ".join(filter(None, parts)) or None


def _told(warning: tuple[str, int]) -> str:
    sentence, times = warning
    return sentence if times == 1 else f"{sentence} ({times} keer)"
