"""Lists in pages, with links to the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request, url_for
from marshmallow import Schema, fields

from hub.api.shapes.fields import LinkTo, Shape, Whole
from hub.front.inputs import MOST_PAGES

#: How many items a page may have.
MOST = 100


class Paging(Schema):
    """Which page of a list is asked for."""

    page = Whole(least=1, most=MOST_PAGES, load_default=1)
    page_size = Whole(least=1, most=MOST, data_key="pageSize", load_default=50)


class PageLinks(Shape):
    """Links to this page and the others."""

    self = fields.Nested(LinkTo, required=True)
    first = fields.Nested(LinkTo, required=True)
    prev = fields.Nested(LinkTo, metadata={"optional": True})
    next = fields.Nested(LinkTo, metadata={"optional": True})
    last = fields.Nested(LinkTo, required=True)


class Page(Shape):
    """One page of a list; a subclass names what `items` are."""

    page = fields.Integer(required=True)
    page_size = fields.Integer(required=True)
    total = fields.Integer(required=True)
    links = fields.Nested(PageLinks, data_key="_links", required=True)


def page_of(items: Sequence[Any], asked: dict[str, Any], total: int) -> dict[str, Any]:
    """Return a page with its links; `items` are those of the page alone."""
    number, size = asked["page"], asked["page_size"]
    last = max(1, -(-total // size))
    places = {"self": number, "first": 1, "last": last}
    places |= {"prev": min(number - 1, last)} if number > 1 else {}
    places |= {"next": number + 1} if number < last else {}
    links = {name: {"href": _at(place)} for name, place in places.items()}
    told = {"page": number, "page_size": size, "total": total, "links": links}
    return {"items": items, **told}


def cut(everything: Sequence[Any], asked: dict[str, Any]) -> dict[str, Any]:
    """Return one page of a list that is known as a whole."""
    start = (asked["page"] - 1) * asked["page_size"]
    return page_of(everything[start : start + asked["page_size"]], asked, len(everything))


def _at(page: int) -> str:
    others: dict[str, Any] = {one: told for one, told in request.args.items() if one != "page"}
    return url_for(str(request.endpoint), page=page, **others, **(request.view_args or {}))
