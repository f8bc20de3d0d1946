"""What `pgrecall demo` and the notebooks search with: a small embedding model, and a corpus.

``from pgrecall.demo import Embedder, corpus``. The model needs ``pip install "pgrecall[demo]"``.
The corpus is a module of its own, so that the model alone can be imported.
"""

from pgrecall.demo.embedding import DIMENSIONS, MODEL, Embedder

__all__ = ["DIMENSIONS", "MODEL", "Embedder"]
