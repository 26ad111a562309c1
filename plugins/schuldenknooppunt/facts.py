"""What a message tells the hub: the message itself, and what it means where the hub has a word.

Every message is told as a `message`, with all its elements, so that a conversation can be followed
from its first line; a notice, a question, a balance or a proposal is told as such beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hub.clock import add_working_days
from hub.connector import Fact, RecordError
from plugins.schuldenknooppunt.elements import REST, Tree
from plugins.schuldenknooppunt.kinds import ANSWER_WORKING_DAYS
from plugins.schuldenknooppunt.messages import Message
from plugins.schuldenknooppunt.tables import TRANSFERRED, UNKNOWN

#: The reason by which a creditor says that it does not know the client.
NOT_KNOWN = "klant onbekend"


def facts_of(
    message: Message, us: str, *, party: str = "", person: Mapping[str, Any] | None = None
) -> list[Fact]:
    """Return the facts of a message. Raises RecordError with every problem in it.

    `us` is our own number: what it sent goes out. `party` and `person` are the other side and whom
    it is about, where the hub knows them better than the message. Claims are only told of others:
    what we answer ourselves, our own register tells.
    """
    out = message.header.sender == us
    other = message.header.receiver if out else message.header.sender
    about: Tree = {
        "conversation": message.header.conversation,
        "direction": "out" if out else "in",
        "party": party or other,
    }
    if person or message.person:
        about["person"] = dict(person or message.person)
    problems: list[str] = []
    tell = _TELL.get(message.kind.tells, _nothing)
    facts = [_message(message, about), *tell(message, about, problems)]
    if problems:
        raise RecordError([f"{message.kind.root}.{problem}" for problem in problems])
    return [one for one in facts if not out or one.kind != "claim_statement"]


def _message(message: Message, about: Tree) -> Fact:
    kind, told, header = message.kind, message.told, message.header
    due = add_working_days(header.on, ANSWER_WORKING_DAYS) if kind.answered else None
    text = told.get("text") or told.get("reason") or "; ".join(told.get("problems", ()))
    data = {
        **about,
        "type": kind.title,
        "reference": header.reference,
        "answers": told.get("answers", ""),
        "sent_on": header.on.isoformat(),
        "due_on": due.isoformat() if due else None,
        "status": str(told.get("status", ""))[:40],
        "text": text[:2000],
        "details": message.tree,
    }
    return Fact("message", header.reference, data)


def _nothing(message: Message, about: Tree, problems: list[str]) -> Iterator[Fact]:
    yield from ()


def _question(message: Message, about: Tree, problems: list[str]) -> Iterator[Fact]:
    if not message.person:
        problems.append("Klant ontbreekt")
        return
    data = {**about, "sent_on": message.header.on.isoformat()}
    yield Fact(message.kind.tells, message.header.reference, data)


def _balance(message: Message, about: Tree, problems: list[str]) -> Iterator[Fact]:
    told, total = message.told, 0
    named = (("claims", "Vorderingen"), ("unmatched", "OngematchteSchulden"))
    for group, path in named:
        for number, claim in enumerate(told.get(group, ()), start=1):
            if claim.get("sort") == UNKNOWN:
                continue
            if "open" not in claim:
                problems.append(f"{path}[{number}].Saldo ontbreekt")
            total += claim.get("open", 0)
            mark = claim.get("reference") or (number if group == "claims" else f"los-{number}")
            key = f"{about['conversation']}:{mark}"
            yield Fact("claim_statement", key, _claim(message, about, claim))
    if told.get("total") and not told.get("unmatched"):
        yield Fact("claim_statement", f"{about['conversation']}:totaal", _total(message, about))
    answer = {
        **_without_person(about),
        "answered_on": message.header.on.isoformat(),
        "outcome": "saldo",
        "total": told.get("total", total),
    }
    yield Fact("balance_answer", message.header.reference, answer)
    if message.kind.status:
        yield _arrangement(message, about, message.kind.status, answer["total"])


def _claim(message: Message, about: Tree, claim: Tree) -> Tree:
    transferred = claim.get("sort") == TRANSFERRED
    more = {
        name: claim[ours]
        for name, ours in (("VorderingsType", "claim_type"), ("Beslag", "attached"))
        if ours in claim
    }
    return {
        "conversation": about["conversation"],
        "person": about.get("person"),
        "creditor": about["party"],
        "reference": claim.get("reference", ""),
        "type": "overig",
        **{name: claim.get(name) for name in ("principal", "interest", "costs", "paid")},
        "open": claim.get("open"),
        "stage": "overgedragen" if transferred else "onbekend",
        "imposed_on": claim.get("imposed_on"),
        "as_of": message.header.on.isoformat(),
        "transferred_to": claim.get("transferred_to", ""),
        "details": more,
    }


def _total(message: Message, about: Tree) -> Tree:
    """Return the total that a creditor tells without its claims one by one (registers.md 1.6.6)."""
    return {
        "conversation": about["conversation"],
        "person": about.get("person"),
        "creditor": about["party"],
        "type": "overig",
        "open": message.told["total"],
        "as_of": message.header.on.isoformat(),
        "collective": True,
    }


def _refusal(message: Message, about: Tree, problems: list[str]) -> Iterator[Fact]:
    reason = message.told.get("reason", "")
    known = reason.lower() != NOT_KNOWN
    data = {
        **_without_person(about),
        "answered_on": message.header.on.isoformat(),
        "outcome": "geen_medewerking" if known else "klant_onbekend",
        "reason": reason,
    }
    yield Fact("balance_answer", message.header.reference, data)


def _deal(message: Message, about: Tree, problems: list[str]) -> Iterator[Fact]:
    status = message.kind.status
    if status == "antwoord":
        status = "akkoord" if message.told["accepted"] else "geweigerd"
    yield _arrangement(message, about, status, None)


def _arrangement(message: Message, about: Tree, status: str, total: int | None) -> Fact:
    told = message.told
    claims = [one for one in told.get("claims", ()) if "percentage" in one or "amount" in one]
    percentages = {_hundredths(one["percentage"]) for one in claims if "percentage" in one}
    data = {
        **about,
        "kind": told.get("kind", ""),
        "status": status,
        "on": told.get("on") or message.header.on.isoformat(),
        "percentage": percentages.pop() if len(percentages) == 1 else None,
        "amount": _sum(claims, "amount"),
        "claim_amount": total if total is not None else _sum(claims, "claim_amount"),
        "months": told.get("months"),
        "reason": (told.get("reason") or ("vooraf akkoord" if total is not None else ""))[:500],
        "details": {name: value for name, value in message.tree.items() if name != REST},
    }
    return Fact("arrangement", message.header.reference, data)


def _sum(claims: list[Tree], name: str) -> int | None:
    told = [one[name] for one in claims if name in one]
    return sum(told) if told else None


def _hundredths(text: str) -> int:
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int((part + "00")[:2])


def _without_person(about: Tree) -> Tree:
    return {name: value for name, value in about.items() if name != "person"}


_TELL: dict[str, Callable[[Message, Tree, list[str]], Iterator[Fact]]] = {
    "notice": _question,
    "balance_request": _question,
    "balance_answer": _balance,
    "refusal": _refusal,
    "arrangement": _deal,
}
