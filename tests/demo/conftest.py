"""Three synthetic municipalities, made once for all tests of the demo."""

from __future__ import annotations

from datetime import date

import pytest

from hub.demo.municipality import SyntheticMunicipality
from hub.testing.world import Dossier, TaxClaim

TODAY = date(2026, 11, 23)
SEEDS = (1, 2, 3)


@pytest.fixture(scope="session", params=SEEDS)
def town(request: pytest.FixtureRequest) -> SyntheticMunicipality:
    return SyntheticMunicipality(seed=request.param, today=TODAY)


@pytest.fixture(scope="session")
def dossiers(town: SyntheticMunicipality) -> list[Dossier]:
    return list(town.dossiers())


@pytest.fixture(scope="session")
def claims(dossiers: list[Dossier]) -> list[TaxClaim]:
    return [claim for dossier in dossiers for claim in dossier.claims]
