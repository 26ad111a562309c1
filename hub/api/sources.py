"""Sources and their settings, for the administrator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Response, url_for
from marshmallow import ValidationError
from sqlalchemy import Connection

from hub.api.access import actor, not_there
from hub.api.paging import Paging, cut
from hub.api.problems import Problem, faults
from hub.api.reading import Blueprint
from hub.api.shapes.sources import SettingsRequest, Sources, SourceSet, SourceSettings
from hub.api.writing import IF_MATCH, KEY, Answer, etag, once, seen_number
from hub.errors import ConfigError
from hub.front.access import only, the_hub
from hub.front.references import allowed_reference, is_reference
from hub.overview.sources import source_health
from hub.sync.changes import LABELS
from hub.sync.sources import Source, all_sources, validate_config, write_source

#: What a source can be called; see the page where one is made.
SOURCE = {
    "in": "path",
    "name": "name",
    "required": True,
    "schema": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{1,58}$"},
}

blueprint = Blueprint("sources", __name__, description="Sources and their settings.")


@blueprint.route("/sources")
@only("administrator")
@blueprint.arguments(Paging, location="query")
@blueprint.response(200, Sources)
def of_hub(asked: dict[str, Any]) -> dict[str, Any]:
    """List the sources that are on, and how they are doing."""
    with the_hub().reader.connect() as connection:
        found = source_health(connection, the_hub())
    return cut(found, asked)


@blueprint.route("/sources/<name>", parameters=[SOURCE])
@only("administrator")
@blueprint.response(200, SourceSettings)
def one(name: str) -> Any:
    """Show the settings of a source, without its secrets; the ETag is their version."""
    found = find(name)
    told = {name: getattr(found, name) for name in (*LABELS, "name", "role", "version")}
    config = {key: None if _secret(found, key) else value for key, value in found.config.items()}
    return told | {"connector": found.connector.name, "config": config}, 200, etag(found.version)


@blueprint.route("/sources/<name>", methods=["PATCH"], parameters=[SOURCE])
@only("administrator")
@blueprint.arguments(SettingsRequest)
@blueprint.doc(parameters=[KEY, IF_MATCH])
@blueprint.response(200, SourceSet)
def change(asked: dict[str, Any], name: str) -> Response:
    """Change settings of a source; what is left out stays as it is."""
    found, seen = find(name), seen_number()
    config = _merged(found, asked.pop("config", {}))
    values = {name: getattr(found, name) for name in LABELS} | asked
    values |= {"name": name, "connector": found.connector.name, "config": config}

    def act(connection: Connection) -> Answer:
        version = write_source(connection, the_hub(), values, seen, actor())
        links = {"self": {"href": url_for("sources.one", name=name)}}
        return Answer({"name": name, "version": version, "_links": links}, headers=etag(version))

    answer, _ = once(act)
    return answer


def find(name: str) -> Source:
    """Return the source of this name. Raises Problem when there is none."""
    return next((one for one in all_sources(the_hub()) if one.name == name), None) or not_there(
        "Deze bron"
    )


def _secret(found: Source, key: str) -> bool:
    field = found.connector.config().fields.get(key)
    # What no field describes any more is not shown either.
    return field is None or bool(field.metadata.get("secret"))


def _merged(found: Source, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the connector with what was asked. Raises Problem, every fault."""
    folder = Path(the_hub().settings.secret_folder)
    try:
        for value in asked.values():
            if is_reference(value):
                allowed_reference(value, folder)
        merged = {**found.config, **asked}
        merged = {
            key: found.config.get(key) if value is None and _secret(found, key) else value
            for key, value in merged.items()
        }
        merged = {key: value for key, value in merged.items() if value not in ("", None)}
        validate_config(found.connector, merged)
    except ConfigError as error:
        cause = error.__cause__
        wrong = cause.messages_dict if isinstance(cause, ValidationError) else {"": [error.user]}
        told = faults({"json": {"config": wrong}})
        raise Problem(400, "De instellingen kloppen niet.", errors=told) from error
    return merged
