"""Small parts without a debt-help case: a forgotten VISH entry, and a hold broken or kept."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from hub.demo import scripts
from hub.demo.folder import Folder, Numbers
from hub.demo.ledger import REFUSE, impose
from hub.demo.organisations import TAX_OFFICE
from hub.testing.world import VishEntry


def play(part: str, folder: Folder, numbers: Numbers, rng: Random, today: date) -> None:
    """Act out a part of scripts.part_of in this folder."""
    if part == "stray_vish":
        _forgotten_entry(folder, numbers, rng, today)
    else:
        _held(folder, numbers, rng, today, broken=part == "dwang_in_hold")


def _forgotten_entry(folder: Folder, numbers: Numbers, rng: Random, today: date) -> None:
    reference = numbers.next("V")
    starts_on = today - timedelta(days=rng.randint(30, 400))
    folder.vish.append(VishEntry(reference, "stabilisatie", starts_on))
    folder.plant(scripts.STRAY_VISH, reference)


def _held(folder: Folder, numbers: Numbers, rng: Random, today: date, *, broken: bool) -> None:
    """Pause collection; the dwangbevel falls on the first day of the pause or the day before."""
    starts_on = today - timedelta(days=rng.randint(20, 60))
    served_on = starts_on if broken else starts_on - timedelta(days=1)
    batch = date(served_on.year, 2, 28)
    # An assessment needs six weeks, and at most 55 days more before its dwangbevel.
    if batch + timedelta(days=42 + 55) > served_on:
        batch = batch.replace(year=batch.year - 1)
    account = impose(rng, numbers.next(batch.year), REFUSE, batch)
    account.pursue(rng, "aanmaning", served_on)
    key = account.enforce("dwangbevel", served_on)
    folder.accounts.append(account)
    ends_on = today + timedelta(days=rng.randint(30, 90))
    folder.hold(numbers, TAX_OFFICE, "kwijtscheldingsverzoek", starts_on, ends_on)
    if broken:
        folder.plant(scripts.DURING_HELP, key)
