"""LangChain on pgrecall."""
