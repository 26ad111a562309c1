"""What a message tells the hub: the message itself, and what it means where the hub has a word.

Every message is told as a `message`, with all its elements, so that a conversation can be followed
from its first line; a notice, a question, a balance or a proposal is told as such beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hub.clock import add_working_days
from hub.connector import Fact, RecordError
from plugins.schuldenknooppunt.elements import ATTRIBUTES, INSIDE, REST, SPACE, Tree
from plugins.schuldenknooppunt.kinds import ANSWER_WORKING_DAYS
from plugins.schuldenknooppunt.messages import Message
from plugins.schuldenknooppunt.tables import TRANSFERRED, UNKNOWN
from schemas.fields import MOST_DETAILS, shown

#: The reason by which a creditor says that it does not know the client.
NOT_KNOWN = "klant onbekend"

#: Where the details of a long message tell what was left out of them, and how many there were.
LEFT_OUT = "_weggelaten"


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
    if not out and message.header.receiver not in ("", us):
        told = shown(message.header.receiver)
        raise RecordError(f"{message.kind.root}.Ontvanger is {told}; dat zijn wij niet")
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


def _key(message: Message) -> str:
    """Return the key of what a message tells; its number is only unique at who wrote it."""
    return f"{message.header.conversation}:{message.header.reference}"


def _details(tree: Tree) -> Tree:
    """Return what is kept of a message beside its facts: all, unless that is more than fits.

    Then the longest parts are left out; the claims among them are told one by one anyway.
    """
    kept, left_out = dict(tree), dict[str, int]()
    while kept and len(json.dumps({**kept, LEFT_OUT: left_out})) > MOST_DETAILS:
        name = max(kept, key=lambda one: len(json.dumps(kept[one])))
        value = kept.pop(name)
        left_out[name] = len(value) if isinstance(value, list | dict) else 1
    return {**kept, LEFT_OUT: left_out} if left_out else kept


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
        "details": _details(message.tree),
    }
    return Fact("message", _key(message), data)


def _nothing(message: Message, about: Tree, problems: list[str]) -> Iterator[Fact]:
    yield from ()


def _question(message: Message, about: Tree, problems: list[str]) -> Iterator[Fact]:
    if not message.person:
        problems.append("Klant ontbreekt")
        return
    data = {**about, "sent_on": message.header.on.isoformat()}
    yield Fact(message.kind.tells, _key(message), data)


def _balance(message: Message, about: Tree, problems: list[str]) -> Iterator[Fact]:
    told, total, marks = message.told, 0, set[str]()
    named = (("claims", "Vorderingen"), ("unmatched", "OngematchteSchulden"))
    for group, path in named:
        for number, claim in enumerate(told.get(group, ()), start=1):
            if "open" not in claim:
                # Of what it does not have (any more) a creditor need not know the balance.
                if claim.get("sort") not in (UNKNOWN, TRANSFERRED):
                    problems.append(f"{path}[{number}].Saldo ontbreekt")
                continue
            if claim.get("sort") == UNKNOWN:
                continue
            total += claim["open"]
            mark = claim.get("reference") or (number if group == "claims" else f"los-{number}")
            key = _another(f"{about['conversation']}:{mark}", marks)
            yield Fact("claim_statement", key, _claim(message, about, claim))
    if told.get("total") and not told.get("unmatched"):
        yield Fact("claim_statement", f"{about['conversation']}:totaal", _total(message, about))
    answer = {
        **_without_person(about),
        "answered_on": message.header.on.isoformat(),
        "outcome": "saldo",
        "total": told.get("total", total if _tells_claims(told) else None),
    }
    yield Fact("balance_answer", _key(message), answer)
    if message.kind.status:
        yield _arrangement(message, about, message.kind.status, answer["total"])


def _tells_claims(told: Tree) -> bool:
    """Tell whether an answer says what is open, if only that there is nothing.

    Claims under a name that we do not know must not look like no claims.
    """
    return "claims" in told or "unmatched" in told


def _another(key: str, taken: set[str]) -> str:
    """Return a key that is free: a creditor may tell an invoice in more than one line."""
    number, free = 1, key
    while free in taken:
        number += 1
        free = f"{key}#{number}"
    taken.add(free)
    return free


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
        "type": str(claim.get("debt", "overig")).lower(),
        **{name: claim.get(name) for name in ("principal", "interest", "costs", "paid")},
        "open": claim.get("open"),
        "stage": "overgedragen" if transferred else "onbekend",
        "imposed_on": claim.get("imposed_on"),
        "as_of": message.header.on.isoformat(),
        "transferred_to": claim.get("transferred_to", "")[:200],
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
    known = not is_not_known(reason)
    data = {
        **_without_person(about),
        "answered_on": message.header.on.isoformat(),
        "outcome": "geen_medewerking" if known else "klant_onbekend",
        "reason": reason[:500],
    }
    yield Fact("balance_answer", _key(message), data)


def is_not_known(reason: str) -> bool:
    """Tell whether a reason is that the client is not known; how it is written is not public."""
    return re.sub(r"[^a-z]", "", reason.lower()) in ("klantonbekend", "klantisonbekend")


#: What only serves to write a message again as it came.
_AS_IT_CAME = (REST, INSIDE, ATTRIBUTES, SPACE)


def _deal(message: Message, about: Tree, problems: list[str]) -> Iterator[Fact]:
    status = message.kind.status
    if status == "antwoord":
        status = "akkoord" if message.told["accepted"] else "geweigerd"
    yield _arrangement(message, about, status, None)


def _arrangement(message: Message, about: Tree, status: str, total: int | None) -> Fact:
    told, beforehand = message.told, message.kind.tells == "balance_answer"
    claims = [one for one in told.get("claims", ()) if "percentage" in one or "amount" in one]
    percentages = {_hundredths(one["percentage"]) for one in claims if "percentage" in one}
    data = {
        **about,
        "kind": told.get("kind", ""),
        "status": status,
        "on": told.get("on") or message.header.on.isoformat(),
        "percentage": percentages.pop() if len(percentages) == 1 else None,
        "amount": _sum(claims, "amount"),
        "claim_amount": total if beforehand else _sum(claims, "claim_amount"),
        "months": told.get("months"),
        "reason": (told.get("reason") or ("vooraf akkoord" if beforehand else ""))[:500],
        "details": _details(
            {name: one for name, one in message.tree.items() if name not in _AS_IT_CAME}
        ),
    }
    return Fact("arrangement", _key(message), data)


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
