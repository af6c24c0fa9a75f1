"""Reads of the ladder: facts, days, reasons, figures; one module each."""
