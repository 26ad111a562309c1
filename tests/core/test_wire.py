"""What comes over the wire is read, or refused in words that repeat nothing of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.connector import PermanentError, read_json, read_xml
from hub.wire import DEPTH

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.text('a"\\[]{}\n é', max_size=6),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=3), inside),
    max_leaves=20,
)


def nested(depth: int) -> bytes:
    return b'{"a":[' * (depth // 2) + b"[" * (depth % 2) + b"]" * (depth % 2) + b"]}" * (depth // 2)


@given(_JSON, st.booleans())
def test_json_is_read_as_it_was_written(value: Any, ascii_only: bool) -> None:
    assert read_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize("depth", [DEPTH - 1, DEPTH])
def test_nesting_within_the_bound_is_read(depth: int) -> None:
    read_json(nested(depth))


@pytest.mark.parametrize("depth", [DEPTH + 1, DEPTH + 2, 10**6])
def test_nesting_beyond_the_bound_is_refused(depth: int) -> None:
    with pytest.raises(PermanentError, match="nested too deeply"):
        read_json(nested(depth))


def test_brackets_within_a_text_are_no_nesting() -> None:
    value = ["[" * 1000, '\\"[' * 1000, "\\", '"']
    assert read_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "geen geldige JSON"),
        (b'{"bsn": "999990019"', "geen geldige JSON"),
        (b"[" * 10**6, "niveaus diep"),
        (b"[NaN]", "JSON met NaN"),
        (b"[-Infinity]", "JSON met -Infinity"),
        (b"[1e999]", "een oneindig groot getal"),
        (b"[" + b"9" * 10**6 + b"]", "een getal van 1000000 cijfers"),
        (b'["\\udc00 999990019"]', "halve tekens"),
        (b'["\xed\xa0\x80"]', "geen leesbare tekst (UTF-8)"),
        ("{}".encode("utf-16"), "geen leesbare tekst (UTF-8)"),
    ],
    ids=lambda value: str(value)[:16],
)
def test_json_that_is_none_is_refused_in_words(content: bytes, says: str) -> None:
    with pytest.raises(PermanentError) as caught:
        read_json(content, "Het antwoord van de bron")
    assert caught.value.user.startswith("Het antwoord van de bron is ")
    assert says in caught.value.user
    assert "999990019" not in f"{caught.value.user} {caught.value.log}"


def test_whole_characters_written_in_halves_are_read() -> None:
    assert read_json(b'["\\ud83d\\ude00"]') == ["\U0001f600"]


def test_half_characters_pass_where_each_record_is_judged_by_itself() -> None:
    assert read_json(b'["\\ud800"]', half_characters=True) == ["\ud800"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_xml_is_read_in_the_encoding_that_it_declares(encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{declared}"?><a>één</a>'
    assert read_xml(text.encode(encoding)).text == "één"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "geen geldige XML"),
        (b"<a><b></a>", "geen geldige XML (regel 1)"),
        (b"<a>" * 10**6, "geen geldige XML"),
        (b"<!DOCTYPE a><a/>", "een DTD"),
        (b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>', "een DTD"),
        ('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><a/>'.encode("utf-16"), "een DTD"),
    ],
    ids=lambda value: str(value)[:16],
)
def test_xml_that_is_none_or_unsafe_is_refused_in_words(content: bytes, says: str) -> None:
    with pytest.raises(PermanentError) as caught:
        read_xml(content)
    assert says in caught.value.user
