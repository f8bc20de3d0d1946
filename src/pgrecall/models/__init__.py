"""Frozen values that cross the public API; none of them raises when made."""

from pgrecall.models.collections import (
    K1,
    TARGET_RECALL,
    B,
    Collection,
    Field,
    FieldPath,
    Metric,
    RecallPromise,
)
from pgrecall.models.items import (
    KEEP,
    Change,
    Item,
)
from pgrecall.models.maps import CollectionMap
from pgrecall.models.matches import (
    Explanation,
    Facet,
    Match,
    Matches,
    Token,
)
from pgrecall.models.memory import (
    Blob,
    Entry,
)
from pgrecall.models.recall import RecallReport
from pgrecall.models.reports import (
    Forgotten,
    IndexProgress,
    MaintenanceFinding,
    MaintenanceReport,
    PoolStatistics,
    PrewarmReport,
    Questions,
    ReembedReport,
)
from pgrecall.models.rows import Rows
from pgrecall.models.tables import Table

__all__ = [
    "K1",
    "KEEP",
    "TARGET_RECALL",
    "B",
    "Blob",
    "Change",
    "Collection",
    "CollectionMap",
    "Entry",
    "Explanation",
    "Facet",
    "Field",
    "FieldPath",
    "Forgotten",
    "IndexProgress",
    "Item",
    "MaintenanceFinding",
    "MaintenanceReport",
    "Match",
    "Matches",
    "Metric",
    "PoolStatistics",
    "PrewarmReport",
    "Questions",
    "RecallPromise",
    "RecallReport",
    "ReembedReport",
    "Rows",
    "Table",
    "Token",
]
