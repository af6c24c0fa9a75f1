"""Pages of `quotes`."""
