"""Every write of dunning."""
