"""Keys: what is sealed can be read back in its own column only, and hashes say nothing."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import ConfigError
from hub.security.keys import Keys, load_keys


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return load_keys(tmp_path_factory.mktemp("keys"))


def test_keys_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    first = load_keys(tmp_path)
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600
    assert load_keys(tmp_path).fingerprint("x") == first.fingerprint("x")


@given(text=st.text(max_size=50))
def test_what_is_sealed_is_read_back_and_never_twice_the_same(keys: Keys, text: str) -> None:
    sealed = keys.seal(text, "resident.bsn")
    assert keys.open(sealed, "resident.bsn") == text
    assert keys.seal(text, "resident.bsn") != sealed
    assert sealed.startswith("v1.k1.")


def test_a_value_cannot_be_moved_to_another_column(keys: Keys) -> None:
    sealed = keys.seal("999990019", "resident.bsn")
    with pytest.raises(ConfigError, match="cannot open"):
        keys.open(sealed, "subject.bsn")


@pytest.mark.parametrize("value", ["", "plain", "v1.k9.AAAA", "v1.k1.!!!!"])
def test_what_was_not_sealed_by_us_is_refused(keys: Keys, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        keys.open(value, "resident.bsn")
    assert "cannot open a sealed value of resident.bsn" in caught.value.log


def test_a_damaged_key_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("{}")
    with pytest.raises(ConfigError, match="beschadigd"):
        load_keys(tmp_path)
