"""Pages of purchases: lists, the viewer, acts, policy."""
