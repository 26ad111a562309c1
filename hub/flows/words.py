"""What flows say to a person, in Dutch: what each step does, and what to do when it cannot."""

from __future__ import annotations

#: What each step does, on the page that asks whether somebody is sure.
DOES = {
    "set_hold": "vragen om de incasso stil te zetten",
    "lift_hold": "melden dat de incassopauze voorbij is",
    "notice": "Kennisgeving sturen: er is schuldhulp, zet de incasso stil",
    "balance_request": "Saldoverzoek sturen: hoeveel staat er open?",
    "balance_answer": "saldo opgeven: wat er bij de gemeente openstaat",
    "inventory_answer": "saldo opgeven voor de inventarisatie: wat er bij de gemeente openstaat",
    "status": "bericht sturen dat de incassopauze voorbij is",
    "ended": "bericht sturen dat de schuldhulp is geëindigd",
    "register": "aanmelden, zodat deurwaarders weten dat er hulp is",
    "deregister": "afmelden",
}

#: What a receiver gets to read, so that somebody can say yes to it.
CARRIES = {
    "set_hold": "BSN, begin- en einddatum van de pauze, en de grondslag. Niets over de hulp.",
    "lift_hold": "Het nummer van de pauze.",
    "notice": "Naam, BSN en adres, dat er schuldhulp is, en de nummers van de vorderingen.",
    "balance_request": "Naam, BSN en adres, en de nummers van de vorderingen.",
    "balance_answer": "Naam en geboortedatum, en de vorderingen hieronder. Geen BSN.",
    "inventory_answer": "Naam en geboortedatum, en de vorderingen hieronder. Geen BSN.",
    "status": "Het nummer van de inwoner bij de hub, en dat de pauze voorbij is.",
    "ended": "Het nummer van de inwoner bij de hub, en dat de hulp is geëindigd. Niet waarom.",
    "register": "BSN, naam, de fase van de hulp en de begindatum.",
    "deregister": "Het nummer in VISH, de begindatum en de einddatum.",
}

#: What a person does when the hub cannot do a step, or a register refused it.
BY_HAND = {
    "set_hold": "Bel deze schuldeiser. Vraag om de incasso stil te zetten en noem de einddatum.",
    "lift_hold": "Bel deze schuldeiser. Zeg dat de incassopauze voorbij is.",
    "notice": "Schrijf of bel deze schuldeiser: er is schuldhulp, zet de incasso stil.",
    "balance_request": "Schrijf deze schuldeiser en vraag hoeveel er openstaat.",
    "balance_answer": "Geef het saldo zelf op in het webportaal van het Schuldenknooppunt.",
    "inventory_answer": "Geef het saldo zelf op in het webportaal van het Schuldenknooppunt.",
    "status": "Schrijf of bel deze schuldeiser: de incassopauze is voorbij.",
    "ended": "Schrijf of bel deze schuldeiser: de schuldhulp is geëindigd.",
    "register": "Meld de inwoner zelf aan op de website van VISH.",
    "deregister": "Meld de inwoner zelf af op de website van VISH.",
}

#: What each letter or act of a creditor does during a hold: whether it stops. Letters that claim
#: no payment go on: they tell what is owed, or what was decided.
LETTERS = {
    "herinnering om te betalen": True,
    "aanmaning": True,
    "dwangbevel": True,
    "vooraankondiging van een vordering of beslag": True,
    "vordering op loon, uitkering of bank": True,
    "beslag": True,
    "aanslag en andere beschikkingen": False,
    "antwoord op kwijtschelding of bezwaar": False,
    "opgave van het saldo": False,
    "uitnodiging voor hulp en andere informatie": False,
}

STOPS = tuple(name for name, stops in LETTERS.items() if stops)
GOES_ON = tuple(name for name, stops in LETTERS.items() if not stops)
