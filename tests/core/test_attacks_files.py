"""Names of files that others chose lead nowhere: backups, plugins, folders of deliveries."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from hub.backup import backup, restore
from hub.core import Hub, open_hub
from hub.errors import HubError
from hub.scaffold import write_plugin
from hub.store.archive import unpack

OUTSIDE = ("../../uit.txt", "/tmp/uit-de-kopie.txt", "..\\..\\uit.txt", "dump/../../../uit.txt")


@pytest.fixture
def copy(make_hub: Any, tmp_path: Path) -> Path:
    """A backup of an empty hub."""
    hub: Hub = make_hub()
    file = tmp_path / "kopie.zip"
    backup(hub, file)
    return file


def everything(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_member_of_a_backup_lands_nowhere_but_in_the_folder(
    copy: Path, tmp_path: Path, name: str
) -> None:
    with zipfile.ZipFile(copy, "a") as file:
        file.writestr(name, "kwaad")
    folder = tmp_path / "diep" / "map"
    folder.mkdir(parents=True)
    before = everything(tmp_path)
    unpack(copy, folder)
    assert everything(tmp_path) - before <= {folder / "dump", folder / "keys"}
    assert not Path("/tmp/uit-de-kopie.txt").exists()


def test_a_link_in_a_backup_is_only_bytes(copy: Path, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("keys")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(copy, "a") as file:
        file.writestr(link, "/etc/passwd")
    folder = tmp_path / "map"
    folder.mkdir()
    *_, keys = unpack(copy, folder)
    assert keys is not None
    assert not keys.is_symlink()
    assert keys.read_text() == "/etc/passwd"
    with pytest.raises(HubError):
        restore(tmp_path / "nieuw", copy)


@pytest.mark.parametrize(
    "name", ["../kwaad", "/tmp/kwaad", "a/b", "a\\b", "a\x00b", "a\nb", "__init__", "..", "a-b;ls"]
)
def test_the_name_of_a_plugin_is_a_word(name: str, tmp_path: Path) -> None:
    home = tmp_path / "diep" / "plugins"
    home.mkdir(parents=True)
    with pytest.raises((HubError, ValueError)):
        write_plugin(name, "Titel", home)
    assert everything(tmp_path) == set()


def test_a_delivery_whose_name_is_odd_is_only_a_file(tmp_path: Path) -> None:
    from plugins.tax.transport import FolderTransport

    folder = tmp_path / "leveringen"
    folder.mkdir()
    secret = tmp_path / "geheim.xml"
    secret.write_text("<geheim>stond hier</geheim>")
    (folder / "a\n<b>.xml").write_text("<x/>")
    (folder / "..xml").write_text("<x/>")
    (folder / "wijst-weg.xml").symlink_to(secret)
    with pytest.raises(HubError) as caught:
        FolderTransport({"folder": str(folder)}).claims(None)
    assert "stond hier" not in caught.value.user + caught.value.log


def test_the_instance_is_closed_to_others(tmp_path: Path) -> None:
    hub = open_hub(tmp_path / "instance")
    try:
        assert (tmp_path / "instance" / "keys").stat().st_mode & 0o077 == 0
    finally:
        hub.engine.dispose()
