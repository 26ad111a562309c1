"""Logs: readable by machines, and nothing in them that is a person's or a secret."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from book import BSNS
from hypothesis import given
from hypothesis import strategies as st

from hub import logs
from hub.errors import ConfigError
from schemas.fields import elfproef


def _with_check(number: int) -> str:
    eight = f"{number:08d}"
    total = sum(int(digit) * weight for digit, weight in zip(eight, range(9, 1, -1), strict=True))
    return f"{eight}{total % 11}"


BSN = st.integers(1, 99_999_999).map(_with_check).filter(lambda bsn: len(bsn) == 9)
#: A secret that is not made of the mask itself.
SECRET = st.text(st.characters(exclude_characters="*", codec="utf-8"), min_size=6, max_size=40)


def written(message: str, *args: Any, error: BaseException | None = None, **extra: Any) -> str:
    """The line that the JSON formatter writes."""
    info = (type(error), error, error.__traceback__) if error else None
    made = logging.getLogger("hub.test").makeRecord(
        "hub.test", logging.INFO, __file__, 1, message, args, info, extra=extra
    )
    return logs.Json().format(made)


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause
    except BaseException as caught:
        return caught


def test_a_line_is_one_object_with_its_extras() -> None:
    told = json.loads(written("run %s: %s", 7, "failed", run=7, source="book", stream="claims"))
    assert told["at"].endswith("+00:00")
    del told["at"]
    assert told == {
        "level": "INFO",
        "logger": "hub.test",
        "message": "run 7: failed",
        "run": 7,
        "source": "book",
        "stream": "claims",
    }


@given(st.text(), BSN, st.text())
def test_a_bsn_never_comes_out(before: str, bsn: str, after: str) -> None:
    assert elfproef(bsn)
    text = f"{before}{bsn}{after}"
    for line in (
        written("%s", text),
        written("{}", extra_text=text, key={text: [text, int(bsn)]}),
        written("it broke", error=raised(ValueError(text), ConfigError(text, text))),
        written("%d %d", text),  # arguments that do not fit
        written("%s", ConfigError(text, text), error_object=ValueError(text)),
    ):
        assert bsn not in line


@given(st.text(), SECRET, st.text())
def test_a_configured_secret_never_comes_out(before: str, secret: str, after: str) -> None:
    logs.hide(secret)
    try:
        told = json.loads(written("%s and %r", f"{before}{secret}{after}", {"a": secret}))
        assert secret not in told["message"]
        assert repr(secret)[1:-1] not in told["message"]
    finally:
        logs._secrets.clear()


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"bsn {BSNS[0]}.", "bsn ***."),
        ("bsn 9999.90.007", "bsn ***"),
        ("bsn 999 990 007", "bsn ***"),
        ("claim 123456780 of 2026-11-23", "claim 123456780 of 2026-11-23"),
        ("password=hunter2, user=piet", "password=***, user=piet"),
        ('{"api_key": "a b\\"c", "n": 1}', '{"api_key": ***, "n": 1}'),
        ("{'client_secret': 'x y'}", "{'client_secret': ***}"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("Cookie: a=1; session=abc", "Cookie: ***"),
        ("sent Bearer abcdefgh12345", "sent Bearer ***"),
        ("GET https://bron.nl/p?bsn=1&x=2 failed", "GET https://bron.nl/p?*** failed"),
        ("postgresql://hub:geheim@db/hub", "postgresql://***@db/hub"),
    ],
)
def test_what_is_masked(text: str, masked: str) -> None:
    assert logs.mask(text) == masked


def test_an_exception_tells_type_and_frames_and_not_what_it_held() -> None:
    error = raised(ConfigError("Zet het recht.", "setting x is wrong"), KeyError("mevrouw Jansen"))
    line = written("it broke", error=error)
    first, second = json.loads(line)["error"]
    assert (first["type"], first["text"]) == ("hub.errors.ConfigError", "setting x is wrong")
    assert first["frames"][0].endswith(" raised")
    assert (second["type"], second["text"]) == ("builtins.KeyError", "***")
    assert "Jansen" not in line


def test_an_extra_called_secret_is_masked() -> None:
    told = json.loads(written("x", password="a", config={"token": "b", "host": "c"}, bsn=1))
    assert (told["password"], told["bsn"]) == ("***", "***")
    assert told["config"] == {"token": "***", "host": "c"}


@pytest.mark.parametrize("as_json", [True, False])
def test_records_of_every_logger_pass_the_mask(
    capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    try:
        logs.configure(logging.INFO, as_json=as_json)
        logs.configure(logging.INFO, as_json=as_json)
        logging.getLogger("hub.connector.tax").info("read %s", BSNS[1], extra={"source": "tax"})
    finally:
        root.setLevel(before[0])
        root.handlers[:] = before[1]
    (line,) = capsys.readouterr().err.splitlines()
    assert "read ***" in line
    assert "tax" in line
    assert BSNS[1] not in line


def test_what_a_setting_refers_to_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    from hub.settings import resolve

    monkeypatch.setenv("TAX_PASSWORD", "een-geheim-uit-de-kluis")
    assert resolve({"$env": "TAX_PASSWORD"}) == "een-geheim-uit-de-kluis"
    assert logs.mask("login een-geheim-uit-de-kluis") == "login ***"
