"""The folder that is shared with who delivers to SNG, as the demo and the tests play it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from hub.clock import Clock
from hub.testing.simulator import Simulator, SourceSpec
from hub.testing.world import Municipality
from plugins.vish.files import DONE, OUT, PREFIX, RECEIPT, RECEIPTS, STATE
from plugins.vish.messages import registration
from plugins.vish.sheet import read_messages, write_sheet


class ReferralFolder(Simulator):
    """A shared folder with VISH behind it. For tests: `entries` by number, `delivered` by key.

    It has no socket: a stop takes the folder away, as a share that is not mounted.
    """

    name: ClassVar[str] = "vish_xlsx"
    extra: ClassVar[bool] = True

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.code = "S-0042-proef"
        self.share = folder / "vish"
        self.entries: dict[str, dict[str, Any]] = {
            entry.reference: registration(dossier.person, entry)
            for dossier in municipality.dossiers()
            for entry in dossier.vish
        }
        self.delivered: Counter[str] = Counter()
        self._receipts: dict[str, bytes] = {}
        self._up = False

    @property
    def running(self) -> bool:
        """Tell whether the folder is there."""
        return self._up

    def start(self) -> None:
        """Bring the folder, with the list of registrations in it."""
        away = self.share.with_suffix(".weg")
        if away.exists():
            away.rename(self.share)
        for name in (OUT, RECEIPTS, STATE, DONE):
            (self.share / name).mkdir(parents=True, exist_ok=True)
        self._up = True
        self.publish()

    def stop(self) -> None:
        """Take the folder away; what is in it stays."""
        if self._up:
            self.share.rename(self.share.with_suffix(".weg"))
            self._up = False

    def sources(self) -> list[SourceSpec]:
        """Return the source that works with the files."""
        config = {
            "folder": str(self.share),
            "aansluitcode": self.code,
            "organisation_name": self.municipality.name,
        }
        owner = self.municipality.organisations[0].code
        return [SourceSpec(self.name, "VISH (Excel)", self.name, owner, config)]

    def prime(self) -> None:
        """Put a receipt of an earlier delivery there, and the list of today."""
        if self._up and self.entries:
            reference = min(self.entries)
            self._receive("eerder", "GEACCEPTEERD", reference)
            self.publish()

    def effects(self) -> Mapping[str, int]:
        """Return how often each report was delivered, by its key."""
        self.deliver()
        return self.delivered

    def publish(self) -> None:
        """Write the list of our registrations."""
        rows = sorted(self.entries.values(), key=lambda one: str(one["vishReferentie"]))
        (self.share / STATE / "registraties.xlsx").write_bytes(write_sheet(rows, self.code))

    def deliver(self) -> None:
        """Take every file that waits, carry it out and put a receipt back under its name."""
        for path in sorted((self.share / OUT).glob("*.xlsx")):
            (told,) = read_messages(path.read_bytes(), self.code)
            key = path.stem.removeprefix(PREFIX)
            path.unlink()
            self.delivered[key] += 1
            self._carry_out(key, told)

    def _carry_out(self, key: str, told: dict[str, Any]) -> None:
        if told["meldingsoort"] == "AANMELDEN":
            reference = f"VISH-{self.municipality.today:%Y}-X{len(self.entries) + 1:06d}"
            self.entries[reference] = {}
        else:
            reference = told.get("vishReferentie", "")
        if reference not in self.entries:
            self._receive(key, "AFGEKEURD", "", "VISH-404", "deze registratie is niet bekend")
            return
        told = {name: one for name, one in told.items() if name != "meldingsoort"}
        self.entries[reference] |= told | {"vishReferentie": reference}
        self._receive(key, "GEACCEPTEERD", reference)

    def _receive(
        self, key: str, status: str, reference: str, code: str = "", text: str = ""
    ) -> None:
        name = f"{PREFIX}{key}.xlsx"
        file = io.StringIO(newline="")
        writer = csv.writer(file, delimiter=";")
        writer.writerow(RECEIPT)
        writer.writerow((name, status, reference, code, text))
        (self.share / RECEIPTS / f"{name}.csv").write_text(file.getvalue())
