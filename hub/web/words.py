"""Codes as a person reads them, and the sentences of the error pages."""

from __future__ import annotations

from typing import Any

from hub.reconcile.findings import STATES as FINDING_STATES
from hub.security.roles import ROLES
from hub.sync.incidents import CONCERNS

STAGES = {
    "aanslag": "aanslag",
    "herinnering": "herinnering gestuurd",
    "aanmaning": "aanmaning gestuurd",
    "dwangbevel": "dwangbevel",
    "vooraankondiging": "vordering aangekondigd",
    "vordering": "vordering op inkomen",
    "beslag": "beslag gelegd",
    "oninbaar": "oninbaar verklaard",
    "voldaan": "voldaan",
    "overgedragen": "overgedragen aan deurwaarder",
    "onbekend": "fase onbekend",
}

TYPES = {
    "ozb": "OZB",
    "afvalstoffenheffing": "Afvalstoffenheffing",
    "rioolheffing": "Rioolheffing",
    "hondenbelasting": "Hondenbelasting",
    "parkeerbelasting": "Naheffing parkeren",
    "precariobelasting": "Precariobelasting",
    "toeristenbelasting": "Toeristenbelasting",
    "leges": "Leges",
    "watersysteemheffing": "Watersysteemheffing",
    "zuiveringsheffing": "Zuiveringsheffing",
    "zorg": "Zorg",
    "publiek": "Publieke schuld",
    "nuts": "Energie, water, gemeente of telecom",
    "overig": "Overig",
}

PHASES = {
    "aanmelding": "aanmelding",
    "intake": "intake",
    "plan_van_aanpak": "plan van aanpak",
    "stabilisatie": "stabilisatie",
    "schuldregeling": "schuldregeling",
    "nazorg": "nazorg",
    "uitstroom": "beëindigd",
}

COMMANDS = {
    "set_hold": "Incassopauze aanvragen",
    "lift_hold": "Incassopauze opheffen",
    "register": "Aanmelden bij VISH",
    "change": "Wijzigen in VISH",
    "deregister": "Afmelden bij VISH",
    "notice": "Kennisgeving",
    "notice_plain": "Kennisgeving zonder BSN",
    "balance_request": "Saldoverzoek",
    "inventory_request": "Saldoverzoek voor een inventarisatie",
    "arrangement_request": "Saldoverzoek voor een betalingsregeling",
    "payment_proposal": "Betaalvoorstel",
    "reconsideration": "Verzoek om heroverweging",
    "agreed": "Schuldregeling akkoord",
    "ended": "Schuldregeling beëindigd",
    "status": "Statusbericht",
    "administration_notice": "Melding bewindvoering",
    "guarantee_assessment": "Waarborgfonds: voorbeoordeling",
    "guarantee_request": "Waarborgfonds: aanvraag borgstelling",
    "guarantee_takeover": "Waarborgfonds: aanvraag overname",
    "guarantee_end": "Waarborgfonds: borgstelling beëindigen",
    "guarantee_payout": "Waarborgfonds: borgstelling uitbetalen",
    "guarantee_report": "Waarborgfonds: stand van een krediet",
    "notice_answer": "Antwoord op een kennisgeving",
    "no_cooperation": "Geen medewerking",
    "balance_answer": "Antwoord op een saldoverzoek",
    "consent_answer": "Saldo met akkoord vooraf",
    "inventory_answer": "Antwoord op een inventarisatie",
    "proposal_answer": "Antwoord op een betaalvoorstel",
    "creditor_status": "Statusbericht van de schuldeiser",
    "status_request": "Statusverzoek",
    "send_message": "Bericht aan de inwoner",
    "contact_moment": "Contactmoment vastleggen",
    "publish_event": "Gebeurtenis melden",
}

STATES = {
    "ready": "staat klaar om te versturen",
    "sending": "wordt nu verstuurd",
    "delivered": "aangekomen en bevestigd",
    "refused": "geweigerd",
    "unknown": "uitkomst onbekend; de hub vraagt het na",
    "cancelled": "ingetrokken",
    "paused": "staat stil op verzoek",
    "exhausted": "niet gelukt na vele pogingen",
}

RUNS = {
    "planned": "gepland",
    "running": "bezig",
    "succeeded": "gelukt",
    "partly": "deels gelukt",
    "held": "wacht op uw besluit",
    "released": "vrijgegeven",
    "refused": "geweigerd",
    "overtaken": "ingehaald door een nieuwere levering",
    "cancelled": "gestopt op verzoek",
    "failed": "mislukt",
    None: "nog niet gelezen",
}

KINDS = {
    "person": "persoon",
    "claim_statement": "opgave van een vordering",
    "claim_event": "gebeurtenis",
    "payment": "betaling",
    "payment_plan": "betalingsregeling",
    "remission": "kwijtschelding",
    "debt_case": "schuldhulptraject",
    "register_entry": "registervermelding",
    "hold": "incassopauze",
    "participant": "convenantpartij",
    "notice": "kennisgeving",
    "balance_request": "saldoverzoek",
    "balance_answer": "antwoord op saldoverzoek",
    "message": "bericht",
    "arrangement": "afspraak over betalen",
}

SEVERITY = {1: "Bekijken", 2: "Actie nodig", 3: "Vandaag actie nodig"}

#: What a person asked of a command that is under way.
ASKED = {
    "pause": "Stopzetten gevraagd: de hub vraagt eerst of het register de opdracht al heeft.",
    "cancel": "Intrekken gevraagd: de hub vraagt eerst of het register de opdracht al heeft.",
}

#: What a person can do with a command, by its state; a refusal is first dealt with.
ACTS = {
    "ready": (("pause", "Zet stil"), ("cancel", "Trek in")),
    "sending": (("pause", "Zet stil"), ("cancel", "Trek in")),
    "unknown": (("pause", "Zet stil"), ("cancel", "Trek in")),
    "paused": (("resume", "Ga verder"), ("cancel", "Trek in")),
    "exhausted": (("resume", "Probeer opnieuw"), ("cancel", "Trek in"), ("note", "Afgehandeld")),
    "refused": (("note", "Afgehandeld"),),
}


def acts(command: Any) -> tuple[tuple[str, str], ...]:
    """Return what a person can do with a command: codes and the words on the buttons."""
    if command.asked:
        return (("resume", "Toch doorgaan"),) if command.asked == "pause" else ()
    found = ACTS.get(command.state, ())
    return tuple(one for one in found if not (one[0] == "note" and command.handled_at))


#: What a person can do with a finding, on the button; and what was done, in its history.
FINDING_STEPS = {
    "take": "Ik pak dit op",
    "assign": "Ik geef dit aan een collega",
    "release": "Ik geef dit terug aan het team",
    "postpone": "Uitstellen tot een dag",
    "settle": "Afgehandeld",
    "reopen": "Terug op de werklijst",
}
FINDING_DONE = {
    "take": "opgepakt",
    "assign": "gegeven aan een collega",
    "release": "teruggegeven aan het team",
    "postpone": "uitgesteld",
    "settle": "afgehandeld",
    "reopen": "teruggezet op de werklijst",
    "closed": "gesloten, omdat de feiten veranderden",
    "returned": "opnieuw gezien",
    "merged": "meegegaan bij het samenvoegen van twee inwoners",
    "split": "teruggegaan bij het splitsen",
    "changed": "terug op de werklijst, omdat de feiten veranderden",
}
WORKLIST_PARTS = {
    "team": "Van het team",
    "mine": "Van mij",
    "postponed": "Uitgesteld",
    "settled": "Afgehandeld",
}

#: How far a flow and each of its steps came.
RUN_STATES = {
    "asked": "wacht op goedkeuring",
    "started": "loopt",
    "refused": "geweigerd",
    "withdrawn": "ingetrokken",
    "stopped": "gestopt",
}
STEP_STATES = {
    "none": "Niets nodig",
    "cancel": "Ingetrokken voor het weg was",
    "hand": "Dit doet u zelf",
    "handled": "Met de hand gedaan",
    "gone": "De opdracht is opgeruimd",
    "told": "Verstuurd, maar de pauze is nog niet bevestigd",
    "ready": "Staat klaar om te versturen",
    "sending": "Wordt nu verstuurd",
    "delivered": "Bevestigd",
    "refused": "Geweigerd",
    "unknown": "Uitkomst onbekend; de hub vraagt het na",
    "cancelled": "Niet verstuurd",
    "paused": "Staat stil op verzoek",
    "exhausted": "Niet gelukt na vele pogingen",
}


def run_state(run: Any) -> str:
    """Return how far a run of a flow came, in words."""
    if run.state == "started" and not run.open:
        return "klaar"
    return "wacht op u" if run.waits_for_us else RUN_STATES[run.state]


METHODS = {"oidc": "gemeenteaccount", "demo": "demo-account", "emergency": "noodaccount"}

#: What somebody did, as the log tells it.
ACTIONS = {
    "search": "zocht een inwoner",
    "overview": "bekeek het overzicht",
    "worklist": "bekeek de werklijst",
    "command": "gaf een opdracht",
    "order_forms": "bekeek een formulier voor een opdracht",
    "command_pause": "zette een opdracht stil",
    "command_cancel": "trok een opdracht in",
    "command_resume": "ging verder met een opdracht",
    "command_note": "handelde een opdracht af",
    "case_link": "legde een dossier vast",
    "case_end": "beëindigde een dossier",
    "permission_give": "legde toestemming vast",
    "permission_withdraw": "trok toestemming in",
    "break_glass": "gebruikte noodtoegang",
    "emergency_review": "beoordeelde noodtoegang",
    "concern_end": "zag een melding",
    "ground_record": "legde een grondslag vast",
    "ground_end": "beëindigde een grondslag",
    "rule_set": "stelde een regel in",
    "log_read": "las het logboek",
    "sign_in": "logde in",
    "sign_out": "logde uit",
    "session_end": "beëindigde een sessie",
    "work_as": "koos een andere rol",
    "emergency_account_make": "maakte een noodaccount",
    "emergency_account_end": "beëindigde een noodaccount",
    "finding_take": "pakte een bevinding op",
    "finding_assign": "gaf een bevinding aan een collega",
    "finding_release": "gaf een bevinding terug",
    "finding_postpone": "stelde een bevinding uit",
    "finding_settle": "handelde een bevinding af",
    "finding_reopen": "zette een bevinding terug",
    "statement_link": "koppelde een opgave",
    "statement_unlink": "maakte een opgave los",
    "statement_undo": "draaide een koppeling terug",
    "flow_plan": "bekeek wat een werkstroom zou versturen",
    "flow_start": "startte een werkstroom",
    "flow_stop": "stopte een werkstroom",
    "flow_step": "deed een stap met de hand",
    "flow_approvals": "bekeek wat op goedkeuring wacht",
    "flow_goedkeuren": "keurde een werkstroom goed",
    "flow_weigeren": "weigerde een werkstroom",
    "flow_intrekken": "trok een werkstroom in",
    "flow_set": "stelde een werkstroom in",
    "match_look": "vergeleek een melding zonder BSN met inwoners",
    "match_list": "bekeek meldingen zonder BSN",
    "match_link": "koppelde een melding aan een inwoner",
    "match_refuse": "zei dat een melding niet over een inwoner gaat",
    "match_undo": "nam een besluit over een melding terug",
    "match_limits": "stelde de grenzen van het herkennen in",
    "match_train": "liet de hub opnieuw leren herkennen",
    "merge_look": "vergeleek twee inwoners",
    "merge": "voegde twee inwoners samen",
    "split": "splitste twee inwoners weer",
    "update": "werkte het overzicht bij",
    "delivery": "bezorgde een opdracht",
}

#: How a statement came to its claim (hub.reconcile.linking.groups).
LINKED = {
    "number": "gekoppeld op nummer",
    "transfer": "gekoppeld: overgedragen vordering",
    "likeness": "gekoppeld op gelijkenis",
    "person": "gekoppeld door een medewerker",
}

#: Why nobody was found, at the head of a column.
DROPOUTS = {
    "moved": "Woont elders",
    "deceased": "Overleden",
    "name": "Heet anders",
    "address": "Geen adres",
    "unknown": "Niemand lijkt erop",
}


def chance(percent: float) -> str:
    """Return a chance in words; never as certain as a number that was rounded."""
    if percent < 1:
        return "minder dan 1 procent"
    return "meer dan 99 procent" if percent > 99 else f"{percent:.0f} procent"


def signed(number: float) -> str:
    """Return a weight with its sign and a decimal comma."""
    return f"{number:+.1f}".replace(".", ",").replace("-", "\u2212")


def percent(share: float) -> str:
    """Return a share (0 to 1) in per cent as a person types it: 99,5."""
    return f"{share * 100:.2f}".rstrip("0").rstrip(".").replace(".", ",")


RESULTS = {"allowed": "gedaan", "refused": "geweigerd", "failed": "mislukt"}

FILTERS = {
    "sign_in_method": lambda code: METHODS.get(code, code),
    "action": lambda code: ACTIONS.get(code, code),
    "linked": lambda code: LINKED.get(code, ""),
    "chance": chance,
    "percent": percent,
    "signed": signed,
    "dropout": lambda code: DROPOUTS.get(code, code),
    "result": lambda code: RESULTS.get(code, code),
    "concern_name": lambda code: CONCERNS.get(code, code),
    "stage": lambda code: STAGES.get(code, code),
    "claim_type": lambda code: TYPES.get(code, code),
    "phase": lambda code: PHASES.get(code, code),
    "command": lambda code: COMMANDS.get(code, code),
    "state": lambda code: STATES.get(code, code),
    "run_state": lambda code: RUNS.get(code, code),
    "kind_name": lambda code: KINDS.get(code, code),
    "asked": lambda code: ASKED.get(code, code),
    "acts": acts,
    "finding_state": lambda code: FINDING_STATES.get(code, code),
    "finding_step": lambda code: FINDING_STEPS.get(code, code),
    "finding_done": lambda code: FINDING_DONE.get(code, code),
    "worklist_part": lambda code: WORKLIST_PARTS.get(code, code),
    "flow_state": run_state,
    "step_state": lambda code: STEP_STATES.get(code, code),
    "severity": lambda code: SEVERITY.get(code, code),
    "role_name": lambda code: ROLES[code].title if code in ROLES else code,
}

ERRORS = {
    400: (
        "Dit kan de hub niet lezen",
        "Wat uw browser stuurde klopt niet. Er is niets gewijzigd. Ga terug, ververs de pagina en "
        "probeer het opnieuw.",
    ),
    403: (
        "Geen toegang",
        "Uw account mag deze pagina niet zien. Denkt u dat dit niet klopt? Vraag uw beheerder.",
    ),
    404: (
        "Niet gevonden",
        "Deze pagina of inwoner bestaat niet. Ga terug naar het begin en zoek opnieuw.",
    ),
    405: ("Dit kan hier niet", "Ga terug naar de vorige pagina en gebruik de knop die daar staat."),
    413: ("Te groot", "Wat u stuurde is te groot. Stuur hoogstens 1 MB."),
    500: (
        "Er ging iets mis in de hub",
        "Er is niets gewijzigd. Probeer het opnieuw; blijft het misgaan, meld het uw beheerder.",
    ),
}
