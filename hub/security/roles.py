"""Roles, and the purpose for which each looks at people (Wgs, Invorderingswet, Participatiewet).

A person may hold several roles and works in one at a time, so that nobody sees what two of them
together would show (domain rules, 2.6, rule 1).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Role:
    """One role: its Dutch name, and the purpose and ground of its looks at people.

    `purpose` is the short name of the ground in a form; empty for roles that look at nobody.
    """

    name: str
    title: str
    purpose: str = ""
    ground: str = ""


ROLES = {
    one.name: one
    for one in (
        Role(
            "debt_counsellor",
            "schuldhulpverlener",
            "wgs",
            "Schuldhulpverlening (Wgs artikel 3 en 8a)",
        ),
        Role(
            "collector",
            "invorderaar",
            "invordering",
            "Invordering gemeentelijke belastingen (Invorderingswet)",
        ),
        Role(
            "remission_officer",
            "kwijtscheldingsmedewerker",
            "kwijtschelding",
            "Kwijtschelding gemeentelijke belastingen (Invorderingswet artikel 26)",
        ),
        Role(
            "signal_worker",
            "vroegsignaleerder",
            "vroegsignaal",
            "Vroegsignalering (Wgs artikel 3, lid 1, onder b, en 8b)",
        ),
        Role(
            "benefit_collector",
            "medewerker terugvordering",
            "terugvordering",
            "Terugvordering bijstand (Participatiewet artikel 58)",
        ),
        Role("administrator", "functioneel beheerder"),
        Role("privacy_officer", "privacy officer"),
    )
}

#: The roles that look at residents.
CASEWORKERS = tuple(name for name, one in ROLES.items() if one.purpose)

#: On what ground and for what purpose a person may be looked up, by its short name.
GROUNDS = {one.purpose: one.ground for one in ROLES.values() if one.purpose}


def role_for(purpose: str) -> str:
    """Return the role that looks for this purpose, empty when there is none."""
    return next((name for name, one in ROLES.items() if one.purpose == purpose), "")


def family(role: str) -> str:
    """Return who works a finding: caseworker, administrator or privacy_officer."""
    return "caseworker" if role in CASEWORKERS else role
