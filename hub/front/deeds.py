"""What is logged of a look or an act, whether a person at a page or a program did it."""

from __future__ import annotations

from collections.abc import Iterable

from hub.overview.findings import FindingView
from hub.security.audit import Deed
from hub.security.permits import Permit
from hub.security.roles import ROLES


def search(role: str, seen: list[str], asked: list[str]) -> Deed:
    """Return the deed of a search that showed the residents `seen`.

    `asked` are those of whom only was told that the hub knows them: a look as well, at nothing.
    """
    groups = ("identity",) if seen else ()
    return Deed("search", "search", seen + asked, groups=groups, ground=ROLES[role].ground)


def look(action: str, activity: str, allowed: Permit, thing: str = "") -> Deed:
    """Return the deed of a look at one resident, or of an act for one, under a permit."""
    return Deed(
        action,
        activity,
        [allowed.resident_id],
        object=thing,
        groups=sorted(allowed.reads),
        ground=allowed.ground,
        case=allowed.case,
    )


def refused(role: str, resident_id: str) -> Deed:
    """Return the deed of somebody who may not see this resident."""
    ground = ROLES[role].ground
    return Deed("overview", "overview", [resident_id], ground=ground, result="refused")


def worklist(found: Iterable[FindingView], role: str) -> Deed:
    """Return the deed of a look at findings: everybody in them was seen, by name and finding."""
    shown = list(found)
    seen = list(dict.fromkeys(one.resident_id for one in shown if one.resident_id))
    if not seen:
        return Deed("worklist")
    groups = {group for one in shown for group in one.groups} | {"identity"}
    ground = ROLES[role].ground
    return Deed("worklist", "worklist", seen, groups=sorted(groups), ground=ground)


def step(name: str, role: str, finding_id: int, resident_id: str) -> Deed:
    """Return the deed of a step with a finding, about a resident or (empty) about a source."""
    about = [resident_id] if resident_id else []
    activity, ground = ("worklist", ROLES[role].ground) if about else ("", "")
    return Deed(f"finding_{name}", activity, about, object=f"finding:{finding_id}", ground=ground)
