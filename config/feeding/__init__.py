"""Feeding: how facts get in from files (worlds, events, the demo) and out again (the ledger)."""
