"""Bring statements together in claims: by number, by likeness, as a total, or as a person said.

Statements are looked at in an order that they have of themselves, the surest first, record by
record: what stands in one record is about different debts. So the outcome is a function of what
stands, whatever came first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from hub.reconcile.linking import likeness, numbers
from hub.reconcile.linking.likeness import Weights
from hub.reconcile.linking.said import AUTHORITY, Said
from hub.reconcile.linking.totals import find_total

#: From which chance a person is asked, and from which the hub links by itself.
LOWER, UPPER = 0.25, 0.95

#: The method of a statement over several claims.
TOTAL = "total"

#: Claims asked about at most: who has to choose between more has nothing to choose by.
MOST_ASKED = 3

#: What a number of another creditor must be like to be more than chance: so many signs.
_LONG = 6


@dataclass
class Group:
    """The statements of one claim, known by the natural key of the first of them."""

    key: str
    first: Said
    said: list[Said] = field(default_factory=list)

    def add(self, one: Said) -> None:
        """Let a statement be of this claim."""
        self.said.append(one)

    @property
    def parties(self) -> set[str]:
        """Return the creditors, of before and of now."""
        return {name for s in self.said for name in (s.creditor, s.holder, s.former) if name}

    @property
    def records(self) -> set[int]:
        """Return the records that tell of it."""
        return {s.record_id for s in self.said}

    @property
    def tellers(self) -> set[int]:
        """Return the sources of creditors that tell of it: none tells of a claim twice."""
        return {s.source_id for s in self.said if s.role == "creditor"}

    def balance(self, one: Said) -> int:
        """Return what was open on the day of a statement, by whoever knows best."""
        told = [s for s in self.said if not s.imposed_on or s.imposed_on <= one.as_of]
        here = [s for s in told if not s.holder] or told
        return min(here, key=lambda s: s.rank).balance(one.as_of) if here else 0


@dataclass(frozen=True)
class Asked:
    """A claim that a statement may be of: the chance, and what it rests on."""

    key: str
    score: float
    weights: Weights


@dataclass(frozen=True)
class Outcome:
    """What becomes of a statement: the key of its claim, and how that came about.

    `method` is own, number, transfer, likeness, total or person; `covers` are the keys of the
    claims of a total; `asked` are claims that it may be of.
    """

    key: str
    method: str
    score: float = 1.0
    by: str = "hub"
    covers: tuple[str, ...] = ()
    asked: tuple[Asked, ...] = ()


@dataclass(frozen=True)
class Verdicts:
    """What people said of a statement and claims, by their natural keys."""

    linked: tuple[str, ...] = ()
    refused: frozenset[str] = frozenset()


Said_by_people = Mapping[tuple[int, str], Verdicts]


def group(statements: Iterable[Said], verdicts: Said_by_people) -> dict[int, Outcome]:
    """Return what becomes of each statement, by its id."""
    return _Grouping(sorted(statements, key=lambda s: s.rank), verdicts).run()


class _Grouping:
    """One pass over statements in order; the indexes say where a group may be found."""

    def __init__(self, ordered: Sequence[Said], verdicts: Said_by_people) -> None:
        self.ordered = ordered
        self.verdicts = verdicts
        self.outcomes: dict[int, Outcome] = {}
        self.groups: dict[str, Group] = {}
        self.by_debtor: dict[str, dict[str, Group]] = {}
        self.told_by: dict[int, set[str]] = {}
        self.tell_of: dict[str, set[int]] = {}
        for one in ordered:
            self.told_by.setdefault(one.source_id, set()).add(numbers.strict(one.reference))
            if one.role == "creditor":
                self.tell_of.setdefault(one.base_key, set()).add(one.source_id)
        self.connected = {s.creditor for s in ordered if s.role == "creditor"}
        self.places: dict[str, Said] = {}
        for one in ordered:
            for key in (one.base_key, one.own_key, one.plain_key):
                self.places.setdefault(key, one)
        self.follows = self._follows()

    def run(self) -> dict[int, Outcome]:
        """Place every statement."""
        first: dict[int, tuple[object, ...]] = {}
        for one in self.ordered:
            first.setdefault(one.record_id, one.rank)
        by_authority = groupby(self.ordered, key=lambda s: AUTHORITY.index(s.role))
        for _, some in by_authority:
            blocks = sorted(some, key=lambda s: (first[s.record_id], s.rank))
            waiting: list[Said] = []
            for _, block in groupby(blocks, key=lambda s: s.record_id):
                waiting += self._block(list(block))
            for one in waiting:
                self._follow(one)
        return self.outcomes

    def _block(self, block: list[Said]) -> list[Said]:
        """Place the statements of one record: those that people or numbers placed come first.

        Returns those that a person linked to what has no place yet.
        """
        waiting = [one for one in block if one.id in self.follows and not self._follow_placed(one)]
        left = [one for one in block if one.id not in self.follows]
        left = [one for one in left if not self._by_number(one)]
        for one, found in self._by_likeness(left):
            self._settle(one, found)
        return waiting

    # By people

    def _follows(self) -> dict[int, tuple[str, ...]]:
        """Return to which claims people linked statements, by the id of the one that moves.

        People link either of two: the one whose word counts least joins the other.
        """
        found: dict[int, tuple[str, ...]] = {}
        for one in self.ordered:
            said = self.verdicts.get(one.identity)
            if not said or not said.linked:
                continue
            other = self.places.get(said.linked[0])
            lesser = other and AUTHORITY.index(other.role) > AUTHORITY.index(one.role)
            if other and lesser and len(said.linked) == 1:
                found[other.id] = (one.base_key,)
            else:
                found.setdefault(one.id, said.linked)
        return found

    def _follow_placed(self, one: Said) -> bool:
        """Place a statement that a person linked to claims that all have their place."""
        keys = [self._found_at(key) for key in self.follows[one.id]]
        if not all(key in self.groups for key in keys):
            return False
        self._follow(one)
        return True

    def _follow(self, one: Said) -> None:
        keys = tuple(dict.fromkeys(self._found_at(key) for key in self.follows[one.id]))
        if len(keys) > 1:
            self.outcomes[one.id] = Outcome(one.own_key, TOTAL, by="person", covers=keys)
        else:
            self._place(one, keys[0], "person", by="person")

    def _found_at(self, key: str) -> str:
        """Return where a claim is now: what it was about may have joined another since."""
        if key in self.groups or key not in self.places:
            return key
        moved = self.outcomes.get(self.places[key].id)
        return moved.key if moved else key

    def _refused(self, one: Said) -> frozenset[str]:
        said = self.verdicts.get(one.identity)
        return frozenset(self._found_at(key) for key in said.refused) if said else _NONE

    # By number

    def _by_number(self, one: Said) -> bool:
        """Place a statement whose number says of which claim it is, and nothing contradicts it."""
        refused = self._refused(one)
        base = one.base_key
        if one.role == "creditor" and one.reference and base in self.groups and base not in refused:
            self._place(one, base, "number")
            return True
        found = [g for g in self._same_number(one) if g.key not in refused]
        if one.collective or len(found) != 1 or self._mistyped(one, found[0]):
            return False
        moved = bool(one.former_number) or one.creditor != found[0].first.creditor
        self._place(one, found[0].key, "transfer" if moved else "number")
        return True

    def _same_number(self, one: Said) -> list[Group]:
        """Return the claims of the creditor with this number, as exactly as any has it."""
        mine = self._near(one, numbered=True)
        for form in (_strict, _parted, _tight):
            found = [g for g in mine if self._shared(form, one, g)]
            if found:
                return found
        return []

    def _shared(self, write: Form, one: Said, found: Group) -> bool:
        """Tell whether a statement and a claim have a number in common, written in one form."""
        others = found.said
        mine = write(one.reference, "") | write(one.former_number, "")
        if one.role == "creditor" and one.former_number:
            mine = write(one.former_number, "")
        elif one.role == "creditor":
            # Its own numbers it tells apart itself, and those of others are none of its own.
            others = [s for s in others if s.creditor == one.creditor]
            shared = numbers.strict(one.reference) if write is _strict else ""
            if self._tells(one.source_id, found, shared):
                return False
        theirs = {
            number
            for s in others
            for told, payment in ((s.reference, s.payment_reference), (s.former_number, ""))
            for number in write(told, payment)
        }
        return bool(mine & theirs)

    def _tells(self, source_id: int, found: Group, shared: str = "") -> bool:
        """Tell whether a source speaks of a claim, or will, by another number than a shared one.

        It tells of each debt once.
        """
        told = {numbers.strict(s.reference) for s in found.said if s.role == "creditor"}
        elsewhere = (told - {"", shared}) & self.told_by[source_id]
        return source_id in found.tellers or bool(elsewhere)

    def _told_apart(self, one: Said, found: Group) -> bool:
        """Tell whether a creditor speaks of both a statement's claim and another."""
        return any(self._tells(source, found) for source in self.tell_of.get(one.base_key, ()))

    def _mistyped(self, one: Said, found: Group) -> bool:
        """Tell whether the number may be a slip for that of a claim that fits in all else.

        The number of another creditor says nothing unless the amount goes with it.
        """
        if one.role == "creditor":
            return False
        amount = self._weights(one, found, same_number=True)["amount"][0]
        if one.creditor not in found.parties:
            with_costs = amount in likeness.WITH_COSTS and _moved(found)
            return not (amount in likeness.FITTING or with_costs)
        if amount not in ("differs", "settled"):
            return False
        return any(
            likeness.amount_of(one, s)[0] == "exact"
            for other in self._near(one)
            if other is not found and one.record_id not in other.records
            for s in other.said
            if numbers.slip(one.reference, s.reference)
        )

    # By likeness

    def _by_likeness(self, block: list[Said]) -> list[tuple[Said, list[Asked]]]:
        """Return for each statement the claims that it may be of, likeliest first."""
        table = {
            one.id: {
                g.key: self._weights(one, g, same_number=g in same)
                for same in [self._same_number(one)]
                for g in self._candidates(one)
            }
            for one in block
        }
        rivals: dict[str, float] = {}
        for found in table.values():
            for key, weights in found.items():
                rivals[key] = rivals.get(key, 0.0) + likeness.odds(weights)
        return [(one, _shares(table[one.id], rivals)) for one in block]

    def _candidates(self, one: Said) -> list[Group]:
        refused = self._refused(one)
        return [
            g
            for g in self._near(one)
            if g.key not in refused
            and one.record_id not in g.records
            and not (one.role == "creditor" and self._told_apart(one, g))
            and (not one.reference or one.role != "creditor" or _handed_over(one, g))
            and any(not s.imposed_on or s.imposed_on <= one.as_of for s in g.said)
        ]

    def _near(self, one: Said, *, numbered: bool = False) -> list[Group]:
        """Return the claims of the same debtors and creditor; with a long number, of any."""
        parties = {name for name in (one.creditor, one.former) if name}
        long = len(numbers.tight(one.reference)) >= _LONG
        any_party = numbered and long and one.role != "creditor"
        found = {
            key: g
            for who in one.debtors
            for key, g in self.by_debtor.get(who, {}).items()
            if any_party or parties & g.parties
        }
        return [found[key] for key in sorted(found)]

    def _weights(self, one: Said, g: Group, *, same_number: bool) -> Weights:
        connected = bool(g.parties & self.connected)
        found = likeness.weigh(one, g.said, same_number=same_number, connected=connected)
        if one.creditor not in {s.creditor for s in g.said}:
            found["handed"] = ("same", 3.0) if _moved(g) else ("silent", -3.0)
        return found

    def _settle(self, one: Said, found: list[Asked]) -> None:
        """Link, ask, or leave a statement as a debt of its own."""
        if found and not one.collective and _is_sure(found):
            best = found[0]
            moved = one.creditor != self.groups[best.key].first.creditor
            self._place(one, best.key, "transfer" if moved else "likeness", best.score)
        elif not self._is_total(one, found):
            asked = tuple(a for a in found if a.score >= LOWER)[:MOST_ASKED]
            self._stand_alone(one, () if one.collective else asked)

    def _is_total(self, one: Said, found: list[Asked]) -> bool:
        """Place a statement over several claims; one that fits a single claim may be of that."""
        single = any(asked.weights["amount"][0] in likeness.FITTING for asked in found)
        if not one.collective and (one.reference or one.role == "creditor" or single):
            return False
        open_claims = {g.key: g.balance(one) for g in self._candidates(one)}
        total = find_total(one, open_claims, UPPER)
        if total:
            outcome = Outcome(one.own_key, TOTAL, total.score, covers=total.covers)
            self.outcomes[one.id] = outcome
        return bool(total)

    def _stand_alone(self, one: Said, asked: tuple[Asked, ...]) -> None:
        key = one.base_key
        # Who does not know of which claim it is keeps to itself until a person has said it.
        if key in self._refused(one) or (key in self.groups and asked):
            key = one.own_key
        self._place(one, key, "own", asked=asked)

    def _place(
        self,
        one: Said,
        key: str,
        method: str,
        score: float = 1.0,
        *,
        by: str = "hub",
        asked: tuple[Asked, ...] = (),
    ) -> None:
        found = self.groups.setdefault(key, Group(key, one))
        found.add(one)
        for who in one.debtors:
            self.by_debtor.setdefault(who, {})[key] = found
        self.outcomes[one.id] = Outcome(key, method, score, by, asked=asked)


_NONE: frozenset[str] = frozenset()

Form = Callable[[str, str], frozenset[str]]


def _shares(found: Mapping[str, Weights], rivals: Mapping[str, float]) -> list[Asked]:
    """Return the chance of each claim: it excludes the others, and so do others that want it."""
    odds = {key: likeness.odds(weights) for key, weights in found.items()}
    whole = sum(odds.values())
    made = [
        Asked(
            key,
            likeness.share(mine, (whole - mine, max(0.0, rivals[key] - mine))),
            found[key],
        )
        for key, mine in odds.items()
    ]
    return sorted(made, key=lambda one: (-one.score, one.key))


def _is_sure(found: Sequence[Asked]) -> bool:
    """Tell whether the hub may link to the first: no other claim has the number that is told."""
    best, others = found[0], found[1:]
    elsewhere = any(asked.weights["number"][0] == "same" for asked in others)
    return best.score >= UPPER and likeness.sure(best.weights) and not elsewhere


def _handed_over(one: Said, found: Group) -> bool:
    """Tell whether the claim went to whoever tells of it, by its own word or the other's."""
    held = {s.holder for s in found.said if s.holder}
    creditors = {s.creditor for s in found.said}
    return one.creditor not in creditors and (
        one.creditor in held or (bool(one.former) and one.former in creditors)
    )


def _moved(found: Group) -> bool:
    return any(s.holder or s.stage == "overgedragen" for s in found.said)


def _strict(reference: str, payment: str) -> frozenset[str]:
    return frozenset({numbers.strict(reference)} - {""})


def _parted(reference: str, payment: str) -> frozenset[str]:
    return frozenset({numbers.parted(reference)} - {""})


def _tight(reference: str, payment: str) -> frozenset[str]:
    forms = {numbers.tight(reference)} | numbers.payment_forms(payment)
    return frozenset(forms | numbers.payment_forms(reference)) - {""}
