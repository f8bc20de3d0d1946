"""Reports that were kept, and two of them compared."""
