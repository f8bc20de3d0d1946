"""The verbs by subject: those in ``async_store`` are written by hand, the others made from them."""
