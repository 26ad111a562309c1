"""The published schemas of StUF-FIN, for the tests that hold our messages to them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from lxml import etree

_DRIVER = Path("shared", "specs", "stuf-fin", "own-drivers", "fin.xsd")


@cache
def _schema() -> etree.XMLSchema:
    found = [one / _DRIVER for one in Path(__file__).parents if (one / _DRIVER).is_file()]
    if not found:
        pytest.skip("the published schemas of StUF-FIN are not here")
    return etree.XMLSchema(etree.parse(str(found[0])))


def faults(message: etree._Element) -> list[str]:
    """Return what the published schema finds wrong with a message."""
    # A message inside an envelope is validated by itself, as the schema knows no envelope.
    alone = etree.fromstring(etree.tostring(message))
    schema = _schema()
    schema.validate(alone)
    return [one.message for one in schema.error_log]
