"""Backup and restore of an installation: the database, with proof of which keys open it.

Without its keys a backup tells no BSN and no password of a source, so they stay out of it unless
asked for. A restore changes nothing until everything about the file has been checked, and what
was destroyed since the backup was made is destroyed again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine

from hub.clock import Clock
from hub.core import Hub
from hub.errors import ConfigError
from hub.plugins import load_plugins
from hub.rights.again import destroy_again
from hub.security.keys import Keys, load_keys
from hub.settings import load_settings
from hub.store import schema
from hub.store.archive import Manifest, digest, pack, read_manifest, unpack
from hub.store.dump import holds_rows, load, save
from hub.store.engine import migrate, open_store

WORD, PLACE = "schuldenhub", "backup.word"


def backup(hub: Hub, file: Path, *, with_keys: bool = False) -> Manifest:
    """Write a backup of the hub to `file` while it works; return what is in it.

    Raises ConfigError when that cannot be done.
    """
    _folder(file).mkdir(parents=True, exist_ok=True)
    # Beside the file, and not in /tmp: there is the room, and nobody else looks there.
    with TemporaryDirectory(prefix=".hub-backup-", dir=_folder(file)) as folder:
        dump = Path(folder) / "dump"
        revision, rows = save(hub.engine, dump)
        manifest = Manifest(
            revision=revision,
            kind=hub.engine.dialect.name,
            moment=hub.clock.now().isoformat(timespec="seconds"),
            municipality=hub.municipality,
            rows=rows,
            digest=digest(dump),
            seals=_seals(hub.keys),
            fingerprint=hub.keys.fingerprint(WORD),
        )
        pack(file, manifest, dump, hub.settings.instance / "keys" if with_keys else None)
    return manifest


def _folder(file: Path) -> Path:
    return file.resolve().parent


def _seals(keys: Keys) -> dict[str, str]:
    return {name: replace(keys, current=name).seal(WORD, PLACE) for name in keys.ciphers}


def prune(hub: Hub, folder: Path) -> list[Path]:
    """Remove the backups of this municipality in `folder` that are older than `backup_days`.

    A file that is no backup, or somebody else's, is left alone. Returns what was removed.
    """
    oldest = hub.clock.now() - timedelta(days=hub.settings.backup_days)
    removed = []
    for file in sorted(one for one in folder.iterdir() if one.is_file()):
        manifest = read_manifest(file)
        if (
            manifest is not None
            and manifest.municipality == hub.municipality
            and datetime.fromisoformat(manifest.moment) < oldest
        ):
            file.unlink()
            removed.append(file)
    return removed


@dataclass(frozen=True)
class Restored:
    """What was put back, and how many rows of it were destroyed again, by table."""

    manifest: Manifest
    destroyed: dict[str, int]


def restore(
    instance: Path,
    file: Path,
    *,
    force: bool = False,
    overrides: Mapping[str, Any] | None = None,
) -> Restored:
    """Put the backup `file` in the place of the database of `instance`, at the newest schema.

    With `force` also over a database that holds rows; `overrides` are settings. Raises
    ConfigError, having changed nothing, when the file or the keys are not right or the hub
    still runs.
    """
    settings = load_settings(instance, overrides)
    target = open_store(settings.database_url)
    instance.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".hub-restore-", dir=instance) as folder:
        manifest, dump, keys = unpack(file, Path(folder))
        _require_fit(manifest, target)
        _require_keys(manifest, instance, keys)
        if not force and holds_rows(target):
            raise ConfigError(
                "In deze database staan al gegevens. Met --force vervangt u ze door de "
                "reservekopie; ze zijn dan weg."
            )
        _put_back(target, dump, manifest, instance, keys)
    migrate(target)
    hub = Hub(target, load_keys(instance), load_plugins(discover=False), settings, Clock())
    destroyed = destroy_again(hub, datetime.fromisoformat(manifest.moment))
    target.dispose()
    return Restored(manifest, destroyed)


def _require_fit(manifest: Manifest, target: Engine) -> None:
    if manifest.kind != target.dialect.name:
        raise ConfigError(
            f"Dit is een reservekopie van {manifest.kind}; deze hub gebruikt "
            f"{target.dialect.name}. Pas database_url aan of neem een andere reservekopie."
        )
    if manifest.revision not in [one.revision for one in schema.steps()]:
        raise ConfigError(
            f"De reservekopie is van een nieuwere versie van de hub (schema {manifest.revision}) "
            f"dan deze (schema {schema.newest()}). Installeer eerst de nieuwere versie."
        )


def _require_keys(manifest: Manifest, instance: Path, stored: Path | None) -> None:
    """Check the keys of the installation, or where it has none those in the backup."""
    own = (instance / "keys").exists()
    if not own and stored is None:
        raise ConfigError(
            "De sleutels ontbreken: zonder sleutels zijn de gegevens niet te openen. Zet eerst "
            "het bestand keys van die installatie terug in de map instance."
        )
    if not _opens(load_keys(instance if own or stored is None else stored.parent), manifest):
        raise ConfigError(
            "De sleutels openen deze reservekopie niet. Zet eerst het bestand keys terug dat bij "
            "de reservekopie hoort. Bewaar het bestand dat er nu staat op een andere plek.",
            "the keys do not open the backup",
        )


def _opens(keys: Keys, manifest: Manifest) -> bool:
    try:
        opened = {keys.open(sealed, PLACE) for sealed in manifest.seals.values()}
    except ConfigError:
        return False
    return opened == {WORD} and keys.fingerprint(WORD) == manifest.fingerprint


def _put_back(
    target: Engine, dump: Path, manifest: Manifest, instance: Path, stored: Path | None
) -> None:
    # Keys first: a hub that starts between the two would make itself new ones.
    placed = stored is not None and _place_keys(instance / "keys", stored)
    try:
        load(target, dump, manifest.rows)
    except BaseException:
        if placed:
            (instance / "keys").unlink()
        raise


def _place_keys(path: Path, stored: Path) -> bool:
    """Put keys where there are none, readable by the owner only; tell whether that was done."""
    if path.exists():
        return False
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(json.loads(stored.read_text()), file)
    return True
