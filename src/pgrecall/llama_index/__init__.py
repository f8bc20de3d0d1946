"""LlamaIndex on pgrecall."""
