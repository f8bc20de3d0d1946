"""A suite that any LlamaIndex vector store can run: subclass ``VectorStoreConformance``.

It needs pytest and llama-index-core, and nothing of the rest of this package.
"""

import pkgutil

from pgrecall._extras import needs

try:
    import pytest
except ImportError as error:
    raise ImportError(needs("pgrecall.llama_index.testing", "pytest", "pytest")) from error

# before their import: a failing assert shows its values
pytest.register_assert_rewrite(
    *(f"{__name__}.{part.name}" for part in pkgutil.iter_modules(__path__))
)

from pgrecall.llama_index.testing._adding import Adding  # noqa: E402
from pgrecall.llama_index.testing._deleting import Deleting  # noqa: E402
from pgrecall.llama_index.testing._filtering import Filtering  # noqa: E402
from pgrecall.llama_index.testing._living import Living  # noqa: E402
from pgrecall.llama_index.testing._modes import Modes  # noqa: E402
from pgrecall.llama_index.testing._querying import Querying  # noqa: E402
from pgrecall.llama_index.testing._reading import Reading  # noqa: E402

__all__ = ["VectorStoreConformance"]


class VectorStoreConformance(Adding, Querying, Modes, Filtering, Deleting, Reading, Living):
    """The contract of a ``BasePydanticVectorStore`` as tests; subclass it to run them.

    Two fixtures say what to test. Both are sync; each gives a new store for every test::

        import pytest
        from llama_index.core.vector_stores.types import VectorStoreQueryMode as Mode
        from pgrecall.llama_index.testing import VectorStoreConformance


        class TestMyVectorStore(VectorStoreConformance):
            modes = frozenset({Mode.DEFAULT, Mode.MMR})

            @pytest.fixture
            def vector_store(self):
                store = MyVectorStore(table=new_name(), dimensions=self.dimensions)
                yield store
                store.clear()

            @pytest.fixture
            def another_vector_store(self):
                return MyVectorStore(table=new_name(), dimensions=self.dimensions)

    ``vector_store`` is fresh and empty. ``another_vector_store`` is one more beside it, that
    shares the server but no node: another table, collection or tenant.

    Most tests run twice, with the sync and with the async verbs. The async ones run in an event
    loop of the test's own, so that no pytest plugin is needed, and none disturbs. Where a store
    holds connections in a loop, override ``async def release(self, vector_store)``: it runs in
    the loop just before its end. Where a driver needs a loop of some kind, override
    ``new_event_loop``.

    What the framework leaves to the store is told by attributes of the class:

    - ``dimensions``: the length of every embedding; 8, and at least 2.
    - ``modes``: the query modes that the store has; DEFAULT alone. Another mode must be an
      error that names it. Learner modes (SVM and its like) are not tested where listed.
    - ``operators``, ``conditions``: the filters that it has; all. Another one must be an error.
    - ``nested_filters``: whether filters nest; True. Where not, nesting must be an error.
    - ``has_get_nodes``, ``has_delete_nodes``, ``has_clear``: whether it has these verbs, which
      the base class leaves unimplemented; True.

    ``stores_text`` and ``flat_metadata`` are read from the store itself. Filters are held equal
    to llama-index-core's ``build_metadata_filter_fn`` where that gives an answer; where it
    raises, and for values that stores tell apart but Python does not (True and 1), nothing is
    asked. All texts are plain English, all embeddings have length 1, so that cosine, inner
    product and Euclidean distance agree on every order.
    """
