"""The schemas that the CCBR publishes beside its service, for the tests that hold us to them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from lxml import etree

_SCHEMA = Path("shared", "specs", "ccbr", "xsd0.xsd")


@cache
def _schema() -> etree.XMLSchema:
    found = [one / _SCHEMA for one in Path(__file__).parents if (one / _SCHEMA).is_file()]
    if not found:
        pytest.skip("the published schemas of the CCBR are not here")
    return etree.XMLSchema(etree.parse(str(found[0])))


def faults(message: etree._Element) -> list[str]:
    """Return what the published schema finds wrong with a question or answer."""
    alone = etree.fromstring(etree.tostring(message))
    schema = _schema()
    schema.validate(alone)
    return [one.message for one in schema.error_log]
