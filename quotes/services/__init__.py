"""Writing orders from outside."""
