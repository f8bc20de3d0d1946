"""A vector store on PostgreSQL and pgvector: sync and async, tenants, filters, bulk writes."""

from importlib.metadata import version as _version

try:
    import psycopg as _psycopg  # noqa: F401  # asked for first, to say what is missing
except ImportError as _error:
    # psycopg without libpq lists what it tried: its own words stay
    _msg = (
        'pgrecall needs libpq, PostgreSQL\'s client library: pip install "pgrecall[binary]" brings'
        " it, or install it on the system (Debian: libpq5; Fedora and Homebrew: libpq)"
        f" ({' '.join(str(_error).split())})"
    )
    raise ImportError(_msg) from _error

from pgrecall.async_bound import AsyncBoundCollection
from pgrecall.async_store import AsyncStore
from pgrecall.boosts import Boost, Decay
from pgrecall.bound import BoundCollection
from pgrecall.errors import (
    CollectionConflictError,
    CollectionNotFoundError,
    ConnectionFailedError,
    DatabaseError,
    DimensionMismatchError,
    FilterError,
    InvalidArgumentError,
    OutcomeUnknownError,
    PgRecallError,
)
from pgrecall.events import SearchEvent
from pgrecall.filters import And, Condition, Filter, FilterLike, Not, Or
from pgrecall.fusion import Fusion, Rrf, WeightedSum
from pgrecall.indexes import Bm25, Hnsw, Hot, IvfFlat
from pgrecall.languages import ByField
from pgrecall.mmr import maximal_marginal_relevance
from pgrecall.models import (
    KEEP,
    Change,
    Collection,
    CollectionMap,
    Explanation,
    Facet,
    Field,
    Forgotten,
    IndexProgress,
    Item,
    MaintenanceFinding,
    MaintenanceReport,
    Match,
    Matches,
    Metric,
    PoolStatistics,
    PrewarmReport,
    Questions,
    RecallPromise,
    RecallReport,
    ReembedReport,
    Rows,
    Table,
    Token,
)
from pgrecall.store import Store
from pgrecall.watching import SearchLog, search_log

__version__ = _version("pgrecall")

__all__ = [
    "KEEP",
    "And",
    "AsyncBoundCollection",
    "AsyncStore",
    "Bm25",
    "Boost",
    "BoundCollection",
    "ByField",
    "Change",
    "Collection",
    "CollectionConflictError",
    "CollectionMap",
    "CollectionNotFoundError",
    "Condition",
    "ConnectionFailedError",
    "DatabaseError",
    "Decay",
    "DimensionMismatchError",
    "Explanation",
    "Facet",
    "Field",
    "Filter",
    "FilterError",
    "FilterLike",
    "Forgotten",
    "Fusion",
    "Hnsw",
    "Hot",
    "IndexProgress",
    "InvalidArgumentError",
    "Item",
    "IvfFlat",
    "MaintenanceFinding",
    "MaintenanceReport",
    "Match",
    "Matches",
    "Metric",
    "Not",
    "Or",
    "OutcomeUnknownError",
    "PgRecallError",
    "PoolStatistics",
    "PrewarmReport",
    "Questions",
    "RecallPromise",
    "RecallReport",
    "ReembedReport",
    "Rows",
    "Rrf",
    "SearchEvent",
    "SearchLog",
    "Store",
    "Table",
    "Token",
    "WeightedSum",
    "__version__",
    "maximal_marginal_relevance",
    "search_log",
]
