"""One coherent synthetic municipality, with the ground truth of what is wrong in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random

from hub.demo import strays
from hub.demo.cases import Play
from hub.demo.folder import Folder, Numbers
from hub.demo.ledger import assessments, impose, live, settle
from hub.demo.organisations import organisations
from hub.demo.people import CITY, MOST_RESIDENTS, household, is_adult
from hub.demo.scripts import part_of, script_of
from hub.testing.world import Dossier, Person

DEFAULT_TODAY = date(2026, 11, 23)

#: Before this day some costs would fall in a year of which the tariffs are not known.
EARLIEST_TODAY = date(2026, 1, 1)


class SyntheticMunicipality:
    """Voorbeeldstad: fictitious residents, their claims, and findings planted among them.

    Satisfies hub.testing.world.Municipality. Each household is drawn from (seed, its index)
    alone, so the stream is the same at every call and takes no more memory for a million.
    """

    code = "9999"
    name = CITY

    def __init__(self, seed: int = 1, size: int = 2000, today: date = DEFAULT_TODAY) -> None:
        """Raises ValueError for a size or a day that cannot be made."""
        if not 1 <= size <= MOST_RESIDENTS:
            raise ValueError(f"size is {size}; expected 1 to {MOST_RESIDENTS}")
        if today < EARLIEST_TODAY:
            raise ValueError(f"today is {today}; expected {EARLIEST_TODAY} or later")
        self.seed = seed
        self.size = size
        self.today = today
        self.organisations = organisations(today)

    def dossiers(self) -> Iterator[Dossier]:
        """Yield every resident's dossier, household by household, by person number."""
        number, index = 0, 0
        while number < self.size:
            for folder in self._household(index, number):
                yield folder.dossier()
                number += 1
            index += 1

    def _household(self, index: int, first: int) -> list[Folder]:
        rng = Random(f"{self.seed}:{index}")
        script = script_of(index, self.seed)
        clients = script.clients if script else 1
        persons = self._people(rng, index, first, clients)
        folders = [Folder(person) for person in persons]
        adults = [folder for folder in folders if is_adult(folder.person, self.today)]
        numbers = Numbers(index)
        part = part_of(index)
        self._assess(adults, numbers, rng, all_paid=bool(script or part))
        if script:
            Play(script, adults[:clients], numbers, self.organisations, rng, self.today).act()
        elif part:
            strays.play(part, adults[0], numbers, rng, self.today)
        return folders

    def _people(self, rng: Random, index: int, first: int, clients: int) -> list[Person]:
        return household(rng, index, first, self.size - first, self.today, clients)

    def _assess(self, adults: list[Folder], numbers: Numbers, rng: Random, all_paid: bool) -> None:
        """Book the yearly levies; who plays a part has no other open claims than its script's."""
        for levy, imposed_on in assessments(rng, self.today):
            account = impose(rng, numbers.next(imposed_on.year), levy, imposed_on)
            course = settle if all_paid else live
            course(account, rng, self.today)
            payer = adults[0] if rng.random() < 0.8 else rng.choice(adults)
            payer.accounts.append(account)
