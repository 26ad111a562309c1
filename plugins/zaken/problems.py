"""What is wrong with a call, told as problem+json (RFC 9457) with every fault at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

#: Titles in plain Dutch, by status.
_TITLES = {
    400: "De melding klopt niet",
    403: "Geen toegang",
    405: "Deze methode kan hier niet",
    415: "Deze vorm van melding kent de hub niet",
    503: "De hub kan de melding nu niet verwerken",
}


class Problem(NamedTuple):
    """One fault: where it is, a code for machines and a sentence for people."""

    name: str
    code: str
    reason: str


class Refused(Exception):
    """A call that is not accepted. Its texts repeat nothing of what was received."""

    def __init__(
        self,
        status: int,
        detail: str,
        problems: Sequence[Problem] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.problems = tuple(problems)
        self.headers = headers or {}

    def body(self) -> bytes:
        """Return the problem as JSON; the faults stand in `invalidParams`, as ZGW names them."""
        told = {
            "type": "about:blank",
            "title": _TITLES.get(self.status, "De melding is niet verwerkt"),
            "status": self.status,
            "detail": self.detail,
        }
        faults = [one._asdict() for one in self.problems]
        return json.dumps(told | ({"invalidParams": faults} if faults else {})).encode()
