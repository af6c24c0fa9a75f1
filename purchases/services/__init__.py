"""Every write to purchases, one module a use case."""
