"""What to do after each fault of the StUF standard (3.01, the table of foutcodes).

Which action belongs to a code is the hub's choice; the codes and their meaning are the standard's.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.connector import Action, ConfigError, HubError, PermanentError, TransientError, action_for
from plugins.stuf_fin.envelope import Fault
from schemas.fields import shown


def _codes(action: Action, *numbers: int) -> dict[int | str, Action]:
    return {f"StUF{number:03}": action for number in numbers}


#: By code: versions, parties and functions that do not fit are a setting; what cannot be stored or
#: answered now may work later; a question that is wrong stays wrong.
OUTCOMES: Mapping[int | str, Action] = {
    **_codes("config", 1, 4, 7, 10, 13, *range(22, 41), 133),
    **_codes("retry", 19, 43, 46, 49, 58, 960),
    **_codes("access", 52, 127),
    **_codes("stop", 16, 55, 64, 67, *range(76, 107)),
}

#: The object that was asked for is not there, or more than one is: about that object alone.
NOT_FOUND, DOUBLE = "StUF064", "StUF067"

#: What an administrator hears of some codes, before the other side's own words.
_MEANING = {
    "StUF001": "kent deze versie van StUF niet",
    "StUF004": "kent dit sectormodel (StUF-FIN) niet",
    "StUF007": "kent deze versie van StUF-FIN niet",
    "StUF010": "kent de ontvanger niet; controleer de naam van het inningensysteem",
    "StUF013": "kent ons niet als afzender; controleer de naam van onze applicatie",
    "StUF016": "kreeg dit referentienummer al met een ander bericht",
    "StUF049": "kan nu niet verwerken",
    "StUF052": "geeft ons geen toegang tot deze vraag",
    "StUF055": "vindt dat het bericht niet volgens het schema is",
    "StUF058": "kon het bericht niet verwerken",
    "StUF127": "kent de gebruiker niet",
    "StUF960": "kon niet op tijd antwoorden",
}


def meaning(fault: Fault) -> str:
    """Return a Dutch clause about a fault: the code and what it means, or the other side's words.

    Those words are only quoted for codes that the table does not explain, and never with a number
    that could be a BSN.
    """
    told = _MEANING.get(fault.code) or f"meldt {shown(fault.text)}"
    return f"{told} ({fault.code or 'zonder code'})"


def error_of(fault: Fault, *, arrived: bool = False) -> HubError:
    """Return the error of a fault; `arrived` when the request may have had an effect."""
    action, log = action_for(fault.code, OUTCOMES), f"StUF fault {shown(fault.code)}"
    text = f"Het inningensysteem {meaning(fault)}."
    if action in ("config", "access"):
        return ConfigError(
            f"{text} Pas de instellingen aan, of vraag de leverancier om toegang.",
            log,
            access_denied=action == "access",
        )
    if action in ("retry", "wait"):
        return TransientError(
            f"{text} De hub probeert het later opnieuw.", log, may_have_arrived=arrived
        )
    return PermanentError(f"{text} Er is niets gewijzigd.", log)
