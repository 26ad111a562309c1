"""A crawler of the pages: what a role can reach, and every form that stands there.

It asks no more than a browser would: it follows links within the hub and reads the forms, so a
page that is added is attacked by the tests without anybody thinking of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from book import BSNS
from flask import Flask
from lxml import html
from werkzeug.test import TestResponse

#: Who to be, so that every page is seen by somebody.
PEOPLE = (
    "hulpverlener",
    "invorderaar",
    "kwijtschelder",
    "signaleerder",
    "terugvorderaar",
    "beheerder",
    "privacy",
)


#: Pages that no other page leads to here.
UNLINKED = ("/beheer/bronnen/nieuw?koppeling=book",)

#: One of each kind of role, for what does not depend on whose data it is.
KINDS = ("hulpverlener", "beheerder", "privacy")


@dataclass
class Form:
    """One form of a page: where it goes, and what it would send untouched."""

    page: str
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


def without_ids(path: str) -> str:
    """Return an address with its ids taken out."""
    return re.sub(r"[0-9a-f]{32}|(?<=/)[0-9]+(?=/|$)", "…", path)


def forms_of(page: str, response: TestResponse) -> Iterator[Form]:
    """Yield the forms of a page; a button with an action of its own is a form of its own."""
    for found in html.fromstring(response.text).iter("form"):
        fields, actions = _fields(found)
        method = found.get("method", "get").lower()
        for action in {found.get("action") or page, *actions}:
            yield Form(page, action, method, dict(fields))


def _fields(found: Any) -> tuple[dict[str, str], list[str]]:
    fields: dict[str, str] = {}
    actions: list[str] = []
    for one in found.iter("input", "select", "textarea", "button"):
        if one.get("formaction"):
            actions.append(one.get("formaction"))
        name = one.get("name")
        if not name or (one.get("type") == "radio" and name in fields):
            continue
        if one.tag == "select":
            chosen = one.xpath(".//option[@selected]") or one.xpath(".//option")
            value = (chosen[0].get("value") or chosen[0].text or "") if chosen else ""
        elif one.tag == "textarea":
            value = one.text or ""
        else:
            value = one.get("value", "on" if one.get("type") == "checkbox" else "")
        fields[name] = value
    return fields, actions


class Crawler:
    """Somebody who is signed in and opens whatever can be reached from the first page."""

    def __init__(self, person: Any, most: int = 60) -> None:
        self.person = person
        self.pages: dict[str, TestResponse] = {}
        self.forms: dict[tuple[str, str, tuple[str, ...]], Form] = {}
        self._walk(most)

    def _walk(self, most: int) -> None:
        waiting = ["/", *self._found(), *UNLINKED]
        seen: set[str] = set()
        while waiting and len(self.pages) < most:
            path = waiting.pop(0)
            if without_ids(path) in seen:
                continue
            seen.add(without_ids(path))
            response = self.person.get(path)
            self.pages[path] = response
            if "html" not in response.content_type:
                continue
            for form in forms_of(path, response):
                self.forms.setdefault(self._shape(form), form)
            waiting += links(response)

    def _shape(self, form: Form) -> tuple[str, str, tuple[str, ...]]:
        """Return what tells forms apart: two rows of a list, or two rules, have the same form."""
        adapter = self.person.client.application.url_map.bind("")
        endpoint, _ = adapter.match(urlsplit(form.action).path, method=form.method.upper())
        return (endpoint, form.method, tuple(sorted(form.fields)))

    def _found(self) -> list[str]:
        """Return what a search finds, for whoever may search."""
        first = self.person.get("/")
        if 'name="bsn"' not in first.text:
            return []
        ground = re.search(r'name="ground" value="([^"]+)"', first.text)
        asked = {"bsn": BSNS[0], **({"ground": ground[1]} if ground else {})}
        return links(self.person.post("/inwoners/zoeken", page="/", **asked))


def links(response: TestResponse) -> list[str]:
    """Return the addresses within the hub that a page leads to."""
    found = html.fromstring(response.text).xpath("//a/@href")
    return [one.partition("#")[0] for one in found if _is_ours(one)]


def _is_ours(address: str) -> bool:
    parts = urlsplit(address)
    return not parts.netloc and not parts.scheme and parts.path.startswith("/")


def token(response: TestResponse) -> str:
    """Return the token of the forms of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', response.text)
    assert found is not None, response.text[:500]
    return found[1]


def paths(app: Flask) -> Iterator[tuple[str, set[str]]]:
    """Yield an address for every route, with its methods; ids are made up."""
    with app.test_request_context():
        adapter = app.url_map.bind("")
        for rule in app.url_map.iter_rules():
            names = rule.arguments - set(rule.defaults or ())
            values = {name: _made_up(rule, name) for name in names}
            yield adapter.build(rule.endpoint, values), set(rule.methods or ())


def _made_up(rule: Any, name: str) -> Any:
    kind = type(rule._converters[name]).__name__
    if "Integer" in kind or "Row" in kind:
        return 1
    return {"filename": "hub.css", "name": "book"}.get(name, "0" * 32)
