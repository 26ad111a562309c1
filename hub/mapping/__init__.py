"""The mapping engine: files of other systems become canonical records by a table of fields.

An administrator writes the table as JSON (plan.py) and sees on a sample what comes of it
(apply.py). The rows come out of CSV, XLSX, XML or JSON (rows.py); a converter turns each text
into a value (convert.py). source.py holds what every connector over a mapping has in common.
"""

from hub.mapping.plan import Plan, read_plan
from hub.mapping.source import MappedConfig, MappedConnector
from hub.mapping.transport import Files, Folder, Found, Rest

__all__ = [
    "Files",
    "Folder",
    "Found",
    "MappedConfig",
    "MappedConnector",
    "Plan",
    "Rest",
    "read_plan",
]
