"""Deliveries of early signals that are wrong, each with what the administrator then reads."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.clock import FrozenClock
from hub.connector import Context, PermanentError, RecordError
from plugins.early_signals.connector import EarlySignalConnector
from plugins.early_signals.settings import SignalConfig

BAD = Path(__file__).parent / "bad" / "early_signals"
KEPT = "Er is niets afgesloten of verwijderd."
NO_BSN = "vroegsignaal.client.burgerservicenummer is geen BSN: verwacht precies negen cijfers"


def shape(*problems: str) -> str:
    found = "; ".join(problems)
    return (
        f"De levering heeft niet de vorm van DDAS Vroegsignalering: {found}. De hub leest v0.1 tot "
        f"en met v1.2. {KEPT} Vraag de leverancier om de levering te herstellen."
    )


def unreadable(where: str) -> str:
    return (
        f"Het bestand is geen leesbare JSON (in UTF-8): {where}. {KEPT} Vraag de leverancier om de "
        "levering opnieuw te maken."
    )


#: What each record is refused for, in the order of the delivery; "" is a record that is sound.
RECORDS = {
    "acht-cijfers": [NO_BSN],
    "meerdere-fouten": [
        "vroegsignaal.ID is leeg; een waarde is verplicht; "
        "vroegsignaal.bedrag is '12.5'; verwacht een bedrag in hele euro's, als 120; "
        "vroegsignaal.signaaldatum is '01-05-2026'; verwacht een datum als 2026-11-23; "
        "vroegsignaal.client.burgerservicenummer ontbreekt, en zonder postcode en huisnummer is "
        "niemand te vinden"
    ],
    "gemeentebelasting": [
        "vroegsignaal.signaalpartner.type is Overige, en dat is bij deze bron gemeentebelasting: "
        "dat mag alleen op een vastgelegde grondslag, en die staat niet in de instellingen. Levert "
        "de bron onder Overige geen gemeentebelasting, kies dan anders bij Wat Overige betekent"
    ],
    "zaak-zonder-signaal": [
        "vroegsignaalzaak.vroegsignalen noemt geen signaal dat in deze levering staat; dan is "
        "onbekend van wie de zaak is"
    ],
    "zaak-zonder-lijst": ["", "vroegsignaalzaak.vroegsignalen ontbreekt"],
    "poging": ["", ""],
    "geen-groep": ["vroegsignaal is geen record (een groep velden)"] * 2,
    "bsn-als-nummer": ["vroegsignaal.ID is het BSN van de inwoner; verwacht een eigen nummer"],
    "oude-versie-fout": [
        NO_BSN,
        "vroegsignaalzaak.startdatumMatchingperiode is 'mei'; verwacht een datum als 2026-11-23",
    ],
}

#: What stops the whole delivery.
DELIVERIES = {
    "zonder-zone": shape(
        "bestand.aanleverdatumEnTijd is '2026-07-01T09:00:00'; verwacht een tijdstip als "
        "2026-11-23T10:00:00+01:00"
    ),
    "zonder-gemeente": shape("bestand.leveringen.0.gemeentecode is leeg; een waarde is verplicht"),
    "geen-lijst": shape("bestand.leveringen.0.vroegsignalen is geen lijst"),
    "v0.1": shape("bestand.aanleverdatumEnTijd ontbreekt"),
    "leeg-object": shape("bestand.aanleverdatumEnTijd ontbreekt", "bestand.leveringen ontbreekt"),
    "schuldhulp": (
        "De levering is er een van DDAS Schuldhulpverlening, niet van Vroegsignalering. "
        f"{KEPT} Lees haar met de koppeling Schuldhulpverlening (DDAS), of vraag de leverancier "
        "om vroegsignalen."
    ),
    "afgebroken": unreadable("het gaat mis op regel 1, teken 32"),
    "komma-ontbreekt": unreadable("het gaat mis op regel 5, teken 2"),
    "geen-utf8": unreadable("op regel 3 staat een teken dat geen UTF-8 is"),
    "te-diep": unreadable("").replace(": .", "."),
}

#: What is odd in a delivery of which everything is used.
WARNINGS = {
    "poging": [
        "vroegsignaalzaak.contactpogingen.bereikt is geen ja of nee (true of false); de poging is "
        "bewaard, maar staat niet in het overzicht.",
        "vroegsignaalzaak.contactpogingen.datum is 'gisteren'; verwacht een datum als 2026-11-23; "
        "de poging is bewaard, maar staat niet in het overzicht.",
    ],
    "verschreven-lijst": [
        "leveringen mist teller; DDAS verplicht dat.",
        "leveringen heeft velden die DDAS niet kent: 'vroegsignaalzaaken'. Ze zijn niet gebruikt.",
    ],
    "andere-gemeente": [
        "leveringen.gemeentecode is '0000', een andere gemeente dan deze ('9999'). De signalen "
        "zijn wel gebruikt; vraag de leverancier of dat klopt."
    ],
    "dubbel": [
        "vroegsignaal.ID komt vaker voor in één levering, met andere gegevens; de hub bewaart elk "
        "signaal, en een zaak hoort bij het eerste.",
        "vroegsignaalzaak.vroegsignalen noemt dezelfde signalen als een andere zaak; de hub "
        "bewaart beide zaken.",
    ],
    "v0.1-los": [
        "De levering staat in DDAS Vroegsignalering v0.1; de hub zet die om naar v1.2.",
        "vroegsignaal.client.burgerservicenummer voldoet niet aan de elfproef; het staat als niet "
        "gecontroleerd in het overzicht.",
        "vroegsignaalzaak.resultaat is 'Verwijzing financieel'; DDAS v1.2 kent die code niet. De "
        "code is zo bewaard.",
    ],
}


def connect(
    name: str, folder: Path, clock: FrozenClock, warn: Callable[[str], None] = lambda told: None
) -> EarlySignalConnector:
    shutil.copy(BAD / f"{name}.json", folder)
    config = SignalConfig().load({"transport": "folder", "folder": str(folder)})
    context = Context(
        clock=clock,
        municipality="9999",
        pseudonym=lambda text: f"p{abs(hash(text))}"[:32],
        warn=warn,
    )
    return EarlySignalConnector(config, context)


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_a_wrong_record_is_refused_in_words(name: str, tmp_path: Path, clock: FrozenClock) -> None:
    connector = connect(name, tmp_path, clock)
    told = []
    for batch in connector.read("signals", None):
        for record in batch.records:
            try:
                told.append("" if list(connector.parse("signals", record.raw)) else "nothing")
            except RecordError as error:
                told.append(error.user)
    assert told == RECORDS[name]
    assert "999990019" not in "".join(told)


@pytest.mark.parametrize("name", sorted(DELIVERIES))
def test_a_wrong_delivery_is_refused_in_words(
    name: str, tmp_path: Path, clock: FrozenClock
) -> None:
    with pytest.raises(PermanentError) as caught:
        list(connect(name, tmp_path, clock).read("signals", None))
    assert caught.value.user == DELIVERIES[name]


@pytest.mark.parametrize("name", sorted(WARNINGS))
def test_an_odd_delivery_is_used_and_told_of(name: str, tmp_path: Path, clock: FrozenClock) -> None:
    told: list[str] = []
    connector = connect(name, tmp_path, clock, told.append)
    records = [one for batch in connector.read("signals", None) for one in batch.records]
    assert all(list(connector.parse("signals", one.raw)) for one in records)
    assert len({one.key for one in records}) == len(records)
    assert told == WARNINGS[name]


def test_every_wrong_delivery_is_in_a_table() -> None:
    names = {one.name.removesuffix(".json") for one in BAD.iterdir()}
    assert names == {*RECORDS, *DELIVERIES, *WARNINGS}
