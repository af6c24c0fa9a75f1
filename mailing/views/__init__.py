"""Pages of the outbox, and the door for reports."""
