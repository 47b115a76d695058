"""A model of Confab's messages in plain lists and dicts. The property test compares the server with it.

The server chooses the times. The model takes each time from the first answer that has it, and expects it from then on.
"""

from dataclasses import dataclass, field

from fold import fold
from pages import LIMIT_DEFAULT, page_of


@dataclass
class Message:
    number: int
    content: str | None
    sender: str | None
    metadata: dict | None
    history: list = field(default_factory=list)  # the contents of all versions, the current one last
    times: dict = field(default_factory=dict)
    version_times: list = field(default_factory=list)
    folded: str = ""

    def __post_init__(self):
        self.add_version(self.content)

    def add_version(self, content):
        """Adds a version. Of the known times only `created_at` stays."""
        self.content, self.folded = content, fold(content or "")
        self.history.append(content)
        self.times = {name: answered for name, answered in self.times.items() if name == "created_at"}

    @property
    def version(self):
        return len(self.history)

    @property
    def deleted(self):
        return self.content is None

    @property
    def tag(self):
        return f'"{self.version}"'

    def assert_is(self, found):
        names = {"created_at", "updated_at"} | ({"deleted_at"} if self.deleted else set())
        answered = {name: found.get(name) for name in names}
        assert found == {"number": self.number, "content": self.content, "sender": self.sender,
                         "metadata": self.metadata, "version": self.version, **answered}, (self, found)
        for name, time in answered.items():
            assert time and self.times.setdefault(name, time) == time, (self, found)
        if not self.deleted and len(self.version_times) < self.version:
            self.version_times.append(answered["updated_at"])

    def assert_versions_are(self, found):
        assert found == [{"version": version, "content": content, "created_at": time} for version, (content, time)
                         in enumerate(zip(self.history, self.version_times, strict=True), 1)], (self, found)


def accepts(condition, message):
    """If-Match (RFC 9110, 13.1.1): strong comparison with any of the tags."""
    return condition is None or condition == "*" or message.tag in condition.split(", ")


def is_known(condition, message):
    """If-None-Match (RFC 9110, 13.1.2): weak comparison."""
    return condition == "*" or message.tag in [tag.removeprefix("W/") for tag in condition.split(", ")]


class Chat:
    """Each method changes the model and returns the expected status, and the message if there is one."""

    def __init__(self):
        self.messages, self.changes, self.keys = [], 0, {}

    def find(self, number):
        return self.messages[number - 1] if 1 <= number <= len(self.messages) else None

    def create(self, parameters, key):
        if key in self.keys:
            sent, number = self.keys[key]
            return ("replay", self.find(number)) if sent == parameters else ("key_reused", None)
        if not parameters["content"].strip():
            return "blank", None
        message = Message(len(self.messages) + 1, parameters["content"], parameters.get("sender"),
                          parameters.get("metadata"))
        self.messages.append(message)
        if key is not None:
            self.keys[key] = parameters, message.number
        return "created", message

    def edit(self, number, parameters, condition):
        message = self.find(number)
        if message is None or message.deleted:
            return "deleted" if message else "not_found", message
        if not accepts(condition, message):
            return "version_mismatch", message
        message.add_version(parameters["content"])
        message.metadata = parameters.get("metadata", message.metadata)
        self.changes += 1
        return "edited", message

    def delete(self, number, condition):
        message = self.find(number)
        if message is None:
            return "not_found", None
        if not message.deleted:
            if not accepts(condition, message):
                return "version_mismatch", message
            message.add_version(None)
            message.metadata = None
            self.changes += 1
        return "gone", message

    def read(self, number, condition):
        message = self.find(number)
        if message is None or message.deleted:
            return "deleted" if message else "not_found", message
        return "not_modified" if condition and is_known(condition, message) else "read", message

    def page(self, paging):
        return page_of(self.messages, **paging) if paging else self.messages

    def search(self, query, limit=None, before=None):
        needle = fold(query)
        hits = [message for message in reversed(self.messages) if needle in message.folded and not message.deleted
                and (before is None or message.number < before)]
        return hits if limit is None and before is None else hits[:limit or LIMIT_DEFAULT]
