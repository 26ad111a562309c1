"""Backup and restore of an installation: the database, with proof of which keys open it.

Without its keys a backup tells no BSN and no password of a source, so they stay out of it unless
asked for. A restore changes nothing until everything about the file has been checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine

from hub.core import Hub
from hub.errors import ConfigError
from hub.security.keyfile import Place, replace_file
from hub.security.ring import Ring, dump_ring, read_ring
from hub.settings import load_settings
from hub.store import schema
from hub.store.archive import Manifest, digest, pack, unpack
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
        # Read after the dump: a rotation may have brought a key while it was made.
        ring = hub.keys.reload()
        manifest = Manifest(
            revision=revision,
            kind=hub.engine.dialect.name,
            moment=hub.clock.now().isoformat(timespec="seconds"),
            municipality=hub.municipality,
            rows=rows,
            digest=digest(dump),
            seals={name: ring.seal(WORD, PLACE, name) for name in ring.keys},
            fingerprint=ring.fingerprint(WORD),
        )
        pack(file, manifest, dump, dump_ring(ring) if with_keys else None)
    return manifest


def _folder(file: Path) -> Path:
    return file.resolve().parent


def restore(
    instance: Path,
    file: Path,
    *,
    force: bool = False,
    overrides: Mapping[str, Any] | None = None,
) -> Manifest:
    """Put the backup `file` in the place of the database of `instance`, at the newest schema.

    With `force` also over a database that holds rows; `overrides` are settings. Raises
    ConfigError, having changed nothing, when the file or the keys are not right or the hub
    still runs.
    """
    settings = load_settings(instance, overrides)
    target, place = open_store(settings.database_url), Place(instance, settings.keys)
    instance.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".hub-restore-", dir=instance) as folder:
        manifest, dump, stored = unpack(file, Path(folder))
        _require_fit(manifest, target)
        ring = _ring_for(manifest, place, read_ring(stored.read_text()) if stored else None)
        if not force and holds_rows(target):
            raise ConfigError(
                "In deze database staan al gegevens. Met --force vervangt u ze door de "
                "reservekopie; ze zijn dan weg."
            )
        _put_back(target, dump, manifest, place, ring)
    migrate(target)
    target.dispose()
    return manifest


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


def _ring_for(manifest: Manifest, place: Place, stored: Ring | None) -> Ring:
    """Return the keys of the installation, or where it has none those in the backup.

    Keys that went out of use since are added: what they sealed comes back too.
    """
    absent = place.own and not place.file.exists()
    if absent and stored is None:
        raise ConfigError(
            "De sleutels ontbreken: zonder sleutels zijn de gegevens niet te openen. Zet eerst "
            "het bestand keys van die installatie terug in de map instance."
        )
    ring = stored if absent and stored else place.read()
    lacking = set(manifest.seals) - set(ring.keys)
    if lacking and place.own:
        spare = {**(stored.keys if stored else {}), **place.retired()}
        ring = ring.with_keys({name: spare[name] for name in lacking if name in spare})
    if not _opens(ring, manifest):
        raise ConfigError(
            "De sleutels openen deze reservekopie niet. Zet eerst het bestand keys terug dat bij "
            "de reservekopie hoort. Bewaar het bestand dat er nu staat op een andere plek.",
            "the keys do not open the backup",
        )
    return ring


def _opens(ring: Ring, manifest: Manifest) -> bool:
    try:
        opened = {ring.open(sealed, PLACE) for sealed in manifest.seals.values()}
    except (KeyError, ValueError):
        return False
    return opened == {WORD} and ring.fingerprint(WORD) == manifest.fingerprint


def _put_back(target: Engine, dump: Path, manifest: Manifest, place: Place, ring: Ring) -> None:
    before = place.file.read_text() if place.own and place.file.exists() else None
    # Keys first: a hub that starts between the two would make itself new ones.
    changed = place.own and (before is None or read_ring(before) != ring)
    if changed:
        place.write(ring)
    try:
        load(target, dump, manifest.rows)
    except BaseException:
        if changed:
            _undo(place.file, before)
        raise


def _undo(path: Path, before: str | None) -> None:
    if before is None:
        path.unlink()
    else:
        replace_file(path, before)
