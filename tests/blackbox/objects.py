"""The JSON of an app, a chat and a message."""

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
TIMES = {"created_at", "updated_at"}
APP = {"token", "name", "chats_count"} | TIMES
CHAT = {"number", "messages_count"} | TIMES
MESSAGE = {"number", "content", "sender", "metadata", "version"} | TIMES
TOMBSTONE = MESSAGE | {"deleted_at"}


def assert_object(found, members, **expected):
    assert found.keys() == members
    assert {name: found[name] for name in expected} == expected
    for name in TIMES:
        assert TIME.fullmatch(found[name]), found[name]
    assert found["created_at"] <= found["updated_at"]


def assert_tombstone(found, before):
    """Asserts that `found` is the tombstone of the message `before`."""
    assert_object(found, TOMBSTONE, number=before["number"], content=None, sender=before["sender"], metadata=None,
                  version=before["version"] + 1, created_at=before["created_at"])
    assert TIME.fullmatch(found["deleted_at"]), found
    assert before["updated_at"] <= found["updated_at"] <= found["deleted_at"]


def assert_created(answer, location):
    """Asserts a 201 with this Location. Compares only the path, so the Location may have a host."""
    answer.expect(201)
    assert answer.headers.get_content_type() == "application/json"
    assert urlsplit(answer.headers["Location"]).path == location, answer


def parse_time(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).timestamp()
