"""Keys: what is sealed opens with the right key for the right column, and not otherwise."""

from __future__ import annotations

import base64
import json
import os
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from hub import logs
from hub.errors import ConfigError
from hub.security import keyfile
from hub.security.keys import Keys, load_keys
from hub.security.ring import dump_ring, fresh_ring, read_ring

RELEASED = Path(__file__).parents[1] / "store" / "released"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return load_keys(tmp_path_factory.mktemp("keys"))


def test_keys_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    first = load_keys(tmp_path)
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o600
    assert load_keys(tmp_path).fingerprint("x") == first.fingerprint("x")
    assert [one.name for one in tmp_path.iterdir()] == ["keys"]


def test_who_starts_at_once_gets_the_same_keys(tmp_path: Path) -> None:
    start, made = threading.Barrier(8), []

    def go() -> None:
        start.wait()
        made.append(load_keys(tmp_path).ring)

    threads = [threading.Thread(target=go) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(made) == 8
    assert all(one == made[0] for one in made)


@given(st.text())
def test_what_is_sealed_is_read_back_and_never_twice_the_same(keys: Keys, text: str) -> None:
    sealed = keys.seal(text, "resident.bsn")
    assert keys.open(sealed, "resident.bsn") == text
    assert keys.seal(text, "resident.bsn") != sealed
    assert sealed.startswith(f"v2.{keys.ring.current}.")


@given(st.text(), st.data())
def test_any_other_byte_is_noticed(keys: Keys, text: str, data: Any) -> None:
    sealed = keys.seal(text, "resident.bsn")
    at = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda one: one != sealed[at]))
    changed = sealed[:at] + other + sealed[at + 1 :]
    try:
        found = keys.open(changed, "resident.bsn")
    except ConfigError:
        return
    # The last sign of base64 may hold bits that mean nothing.
    assert found == text


def test_a_value_opens_in_no_other_column_and_under_no_other_key(keys: Keys) -> None:
    sealed = keys.seal("999990019", "resident.bsn")
    with pytest.raises(ConfigError):
        keys.open(sealed, "subject.bsn")
    # Even for who gave two keys the same content, a value is that of the key it names.
    ring = keys.ring
    twin = replace(ring.keys[ring.current], id="ktwin")
    with pytest.raises(ValueError, match="not sealed by this key"):
        ring.with_keys({"ktwin": twin}).open(sealed.replace(ring.current, "ktwin"), "resident.bsn")


@pytest.mark.parametrize(
    "value", ["", "v1", "v1.k9.AAAA", "v1.k1.AAAA", "v3.k1.AAAA", "v1.k1.!!!!", "v2.k1.é"]
)
def test_what_was_not_sealed_by_us_is_refused(keys: Keys, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        keys.open(value, "resident.bsn")
    assert "cannot open a sealed value of resident.bsn" in caught.value.log


@pytest.mark.parametrize("version", ["0001.keys", "0002.keys"])
def test_a_key_file_of_before_and_what_it_sealed_stay_readable(
    tmp_path: Path, version: str
) -> None:
    (tmp_path / "keys").write_text((RELEASED / version).read_text())
    (tmp_path / "keys").chmod(0o600)
    found = load_keys(tmp_path)
    key = found.ring.keys["k1"]
    assert (key.made_at, found.ring.state("k1")) == (None, "current")
    nonce = os.urandom(12)
    data = nonce + AESGCM(key.secret).encrypt(nonce, b"999990019", b"subject.bsn")
    old = f"v1.k1.{base64.b64encode(data).decode()}"
    assert found.open(old, "subject.bsn") == "999990019"
    with pytest.raises(ConfigError):
        found.open(old, "resident.bsn")


def test_a_ring_is_written_and_read_without_loss() -> None:
    ring = fresh_ring(NOW).with_new(NOW)
    assert ring.state(ring.waiting) == "new"
    later = ring.with_waiting_in_use(NOW)
    for one in (ring, later):
        assert read_ring(dump_ring(one)) == one
    assert [later.state(name) for name in later.keys] == ["old", "current"]
    assert later.waiting == ""


def test_keys_are_in_no_repr_and_no_log(keys: Keys) -> None:
    told = json.loads(dump_ring(keys.ring))
    secrets = [*told["aes"].values(), told["lookup"], told["session"]]
    shown = f"{keys.ring!r} {keys.ring.keys!r} {keys!r}"
    assert not [one for one in secrets if one in shown]
    assert repr(keys.ring.lookup) not in shown
    assert all(one not in logs.mask(f"key {one} found") for one in secrets)


@pytest.mark.parametrize(
    "broken",
    [
        "{}",
        "geen json",
        "[]",
        '{"current": "k1", "aes": {}, "lookup": "", "session": ""}',
        '{"current": "k1", "aes": {"k1": "AAAA"}, "lookup": "AAAA", "session": ""}',
    ],
)
def test_a_damaged_key_file_is_told_and_not_quoted(tmp_path: Path, broken: str) -> None:
    (tmp_path / "keys").write_text(broken)
    with pytest.raises(ConfigError) as caught:
        load_keys(tmp_path)
    assert "beschadigd" in caught.value.user
    assert "AAAA" not in caught.value.user + caught.value.log


def test_a_key_file_open_to_others_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    load_keys(tmp_path)
    (tmp_path / "keys").chmod(0o640)
    load_keys(tmp_path)
    assert "open to others" in caplog.text


def test_a_crash_leaves_the_old_keys_or_the_new_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load_keys(tmp_path)
    place, fsync = before.place, os.fsync

    def crash(descriptor: int) -> None:
        raise SystemExit

    monkeypatch.setattr(keyfile.os, "fsync", crash)
    with pytest.raises(SystemExit):
        place.write(before.ring.with_new(NOW))
    assert read_ring(place.file.read_text()) == before.ring
    monkeypatch.setattr(keyfile.os, "fsync", fsync)
    place.write(before.ring.with_new(NOW))
    assert [one.name for one in tmp_path.iterdir()] == ["keys"]
    assert place.file.stat().st_mode & 0o777 == 0o600


# A process that runs while the keys change.


def test_a_running_process_seals_with_the_new_key_within_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.security.keys.LOOK_AGAIN", 0.0)
    found = load_keys(tmp_path)
    ring = found.ring.with_new(NOW)
    found.place.write(ring)
    assert found.ring == ring
    found.place.write(ring.with_waiting_in_use(NOW))
    assert found.seal("x", "y").startswith(f"v2.{ring.waiting}.")


def test_a_value_under_an_unknown_key_makes_it_look_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.security.keys.LOOK_AGAIN", 3600.0)
    running, other = load_keys(tmp_path), load_keys(tmp_path)
    ring = other.ring.with_new(NOW)
    other.place.write(ring.with_waiting_in_use(NOW))
    other.reload()
    assert running.ring.current != ring.waiting
    assert running.open(other.seal("x", "y"), "y") == "x"
    assert running.ring.current == ring.waiting


def test_keys_that_vanish_leave_a_running_process_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("hub.security.keys.LOOK_AGAIN", 0.0)
    found = load_keys(tmp_path)
    sealed = found.seal("x", "y")
    found.place.file.write_text("{")
    assert found.open(sealed, "y") == "x"
    found.place.file.unlink()
    assert found.open(sealed, "y") == "x"
    assert caplog.text.count("the keys cannot be read") == 2


# Keys that a vault keeps.


@pytest.fixture(params=["$file", "$env"])
def outside(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    text = dump_ring(fresh_ring(NOW))
    if request.param == "$env":
        monkeypatch.setenv("FROM_THE_VAULT", text)
        return {"$env": "FROM_THE_VAULT"}
    (tmp_path / "mounted").write_text(text)
    return {"$file": str(tmp_path / "mounted")}


def test_keys_from_outside_make_no_file(tmp_path: Path, outside: dict[str, str]) -> None:
    found = load_keys(tmp_path / "instance", outside)
    assert found.open(found.seal("x", "y"), "y") == "x"
    assert found.fingerprint("x") == load_keys(tmp_path / "elsewhere", outside).fingerprint("x")
    assert not (tmp_path / "instance").exists()


def test_a_reference_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    for reference in ({"$file": str(tmp_path / "absent")}, {"$env": "NOBODY_KNOWS"}):
        with pytest.raises(ConfigError):
            load_keys(tmp_path, reference)
    assert list(tmp_path.iterdir()) == []
