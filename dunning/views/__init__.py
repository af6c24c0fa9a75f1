"""Pages of dunning: runs, acts on one order, and the client's answer without a login."""
