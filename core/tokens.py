"""Secrets that people carry in links: only their fingerprint is kept."""

from __future__ import annotations

import hashlib


def hash_of(secret: str) -> str:
    """Return what the database keeps of a secret: enough to know it again, of no use to who reads the database."""
    return hashlib.sha256(secret.encode()).hexdigest()
