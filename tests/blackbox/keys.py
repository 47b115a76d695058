"""Idempotency keys in the database of a stopped server."""

import hashlib
import os
import sqlite3
import struct
from contextlib import closing

LONG_AGO = 1  # microseconds after 1970


def add_expired_keys(data, count):
    """Inserts rows as the server writes them, in the scope of an existing key."""
    with closing(sqlite3.connect(data / "confab.db")) as database, database:
        scope, expires_at = database.execute("SELECT scope, expires_at FROM idempotency").fetchone()
        assert expires_at > LONG_AGO
        rows = ((scope, os.urandom(32), os.urandom(32), 1, LONG_AGO) for _ in range(count))
        database.executemany("INSERT INTO idempotency(scope, key_hash, fingerprint, number, expires_at) "
                             "VALUES (?, ?, ?, ?, ?)", rows)


def set_fingerprint(data, *fields):
    """Sets the fingerprint of the only key: a digest of these fields, each after its length, as every version computes it."""
    digest = hashlib.sha256(b"".join(struct.pack("<Q", len(field.encode())) + field.encode() for field in fields)).digest()
    with closing(sqlite3.connect(data / "confab.db")) as database, database:
        assert database.execute("UPDATE idempotency SET fingerprint = ?", (digest,)).rowcount == 1


def count_keys(data):
    with closing(sqlite3.connect(data / "confab.db")) as database:
        return database.execute("SELECT count(*) FROM idempotency").fetchone()[0]
