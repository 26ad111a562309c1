"""The web portal of the exchange and who works in it, as the demo and the tests play them."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from itertools import count, islice
from pathlib import Path
from typing import ClassVar

from hub.clock import Clock
from hub.connector import PermanentError
from hub.testing.simulator import Simulator, SourceSpec
from hub.testing.world import Dossier, Municipality
from plugins.schuldenknooppunt.csv_connector import DONE, IN, OUT
from plugins.schuldenknooppunt.csv_table import (
    ADDRESS_PARTS,
    COLUMNS,
    CONVERSATION,
    NAME_PARTS,
    REFERENCE,
    Row,
    composed,
    dutch_day,
    read_table,
    write_table,
)

_SPACE = uuid.UUID("5b1b3c0e-7a55-4b8e-9d54-6c9c3f1f0a13")

#: Columns after V, with names of the simulator's own: the real ones are not public.
LATER = ("openstaand.Saldo (voorbeeld)", "Kolom van later")

#: Questions in a file: the portal makes none of more than 4 MB.
ROWS = 5000


class Portal(Simulator):
    """A shared folder, and a person who uploads. For tests: `taken` by file, `refused`.

    It has no socket: a stop takes the folder away, as a share that is not mounted.
    """

    name: ClassVar[str] = "schuldenknooppunt_csv"
    extra: ClassVar[bool] = True

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.share = folder / "portaal"
        self.taken: dict[str, list[Row]] = {}
        self.refused: list[str] = []
        self.carried_out: Counter[str] = Counter()
        self._up = False

    @property
    def running(self) -> bool:
        """Tell whether the folder is there."""
        return self._up

    def start(self) -> None:
        """Bring the folder."""
        away = self.share.with_suffix(".weg")
        if away.exists():
            away.rename(self.share)
        for name in (IN, OUT, DONE):
            (self.share / name).mkdir(parents=True, exist_ok=True)
        self._up = True

    def stop(self) -> None:
        """Take the folder away; what is in it stays."""
        if self._up:
            self.share.rename(self.share.with_suffix(".weg"))
            self._up = False

    def sources(self) -> list[SourceSpec]:
        """Return the source that works with the files."""
        config = {
            "folder": str(self.share),
            "balance_column": LATER[0],
            "contact_name": f"Belastingen {self.municipality.name}",
        }
        owner = self.municipality.organisations[0].code
        return [SourceSpec(self.name, "Schuldenknooppunt (portaal)", self.name, owner, config)]

    def prime(self) -> None:
        """Download the questions about everybody with a case."""
        if not self._up:
            return
        asked = (question(one) for one in self.municipality.dossiers() if one.case or one.sent)
        for number in count():
            rows = list(islice(asked, ROWS))
            if not rows:
                return
            name = f"saldoverzoeken-{number}.csv" if number else "saldoverzoeken.csv"
            (self.share / IN / name).write_bytes(write_table((*COLUMNS, *LATER), rows))

    def effects(self) -> Mapping[str, int]:
        """Return how often each answer was taken, by its key."""
        self.upload()
        return self.carried_out

    def upload(self) -> None:
        """Upload everything, as the portal takes it: one wrong file, and none is processed."""
        tables: dict[str, list[Row]] = {}
        self.refused = []
        for path in sorted((self.share / OUT).iterdir()):
            try:
                tables[path.name] = read_table(path.name, path.read_bytes())
            except PermanentError as error:
                self.refused.append(error.user)
        if self.refused:
            return
        for name, rows in tables.items():
            if name not in self.taken:
                self.carried_out[name.removeprefix("saldoverzoek-antwoord-")[:-4]] += 1
            self.taken[name] = rows


def question(dossier: Dossier) -> Row:
    """Return the row of a question about somebody."""
    who = dossier.person
    told = {name: getattr(who, name) for name in ("initials", "prefix", "surname")}
    told |= {"gender": who.sex, "birth_date": dutch_day(who.birth_date)}
    home = {
        name: getattr(who, name)
        for name in ("street", "house_number", "addition", "postcode", "city")
    }
    mark = str(uuid.uuid5(_SPACE, str(who.number)))
    return {
        CONVERSATION: mark,
        REFERENCE: f"SV-{who.number:06}",
        "Schuldhulpverlener": "Schuldhulp Elders",
        "Contactpersoon SHV": "A. Helper|030 1234567|schuldhulp@elders.example",
        "KlantnummerSHV": f"E-{who.number}",
        "TypeSchuldregeling": "SB",
        "Klant": composed(told, NAME_PARTS),
        "Adres": composed(home, ADDRESS_PARTS),
        "Vordering.FactuurnummerSEVolgensSHV": "|".join(one.number for one in dossier.claims),
        LATER[1]: "blijft staan",
    }
