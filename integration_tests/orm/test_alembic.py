"""Alembic's autogenerate leaves what pgrecall owns alone, by the given filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pgvector.sqlalchemy import VECTOR
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pgrecall import Collection, Hnsw, Store
from pgrecall.alembic import include_name, leave_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OTHER = "vectors of 'ours'"


class Base(DeclarativeBase):
    pass


class Article(Base):
    __tablename__ = "articles"

    id: Mapped[int] = mapped_column(primary_key=True)
    embedding: Mapped[Any] = mapped_column(VECTOR(2))


@pytest.fixture(scope="module")
def engine(make_database: Callable[..., str]) -> Iterator[Engine]:
    """A database with the model's table and two schemas of pgrecall's."""
    dsn = make_database()
    for schema in ("pgrecall", OTHER):
        with Store(dsn, schema=schema, min_connections=0) as store:
            store.ensure_collection("acme", Collection("docs", dimensions=2, index=Hnsw()))
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn))
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def differences(engine: Engine, **options: Any) -> list[Any]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        return compare_metadata(context, Base.metadata)


def test_autogenerate_would_drop_the_registry_without_the_filter(engine) -> None:
    found = differences(engine, include_schemas=True)

    dropped = {str(one[1]) for one in found if one[0] == "remove_table"}
    assert "pgrecall.collections" in dropped


def test_autogenerate_finds_no_difference_with_it(engine) -> None:
    hook = leave_out("pgrecall", OTHER)

    assert differences(engine, include_schemas=True, include_name=hook) == []


def test_the_ready_filter_is_about_the_schema_that_a_store_has_by_itself(engine) -> None:
    found = differences(engine, include_schemas=True, include_name=include_name)

    schemas = {one[1].schema for one in found if one[0] == "remove_table"}
    assert schemas == {OTHER}
