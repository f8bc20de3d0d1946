"""LangGraph on pgrecall."""
