"""The expected state after crashes and I/O failures: acknowledged writes, and writes with an unknown outcome ("doubtful").

Every message begins with a unique name, and its edits keep that name. So a message that is stored twice is detected.
Only the thread that created a message edits and deletes it. So there is one possible content, or two after a crash
during an edit or a deletion. A deleted message has the content None. Its name is known from its creation.
"""

import threading
from dataclasses import dataclass, field


@dataclass
class Keyed:
    """A creation with an Idempotency-Key. `number` is None until the creation is acknowledged."""
    path: str
    key: str
    parameters: dict
    number: int | None = None


@dataclass
class ExpectedState:
    app: str
    chats: set = field(default_factory=set)
    doubtful_chats: int = 0
    messages: dict = field(default_factory=dict)  # (chat path, number) -> the possible (content, version) pairs
    names: dict = field(default_factory=dict)  # (chat path, number) -> the name it was created with
    sent: dict = field(default_factory=dict)  # name -> chat path it was sent to
    shown: dict = field(default_factory=dict)  # (chat path, number) -> name; doubtful messages that were listed
    chats_shown: int = 0
    keyed: list = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __len__(self):
        return len(self.messages) + len(self.chats)

    def chat_path(self, number):
        return f"{self.app}/chats/{number}"

    def sending_message(self, path, name):
        with self.lock:
            self.sent[name] = path

    def message_created(self, path, number, content):
        with self.lock:
            assert (path, number) not in self.messages, f"number {number} of {path} was returned twice"
            self.messages[path, number] = {(content, 1)}
            self.names[path, number] = content.split(" ", 1)[0]

    def message_refused(self, name):
        """The message was not created. No read may return it."""
        with self.lock:
            del self.sent[name]

    def editing(self, path, number, content):
        """Until edited() or deleted(), both the old and the new content are possible."""
        with self.lock:
            (_, version), = self.messages[path, number]
            self.messages[path, number].add((content, version + 1))

    def edited(self, path, number, content, version):
        with self.lock:
            possible = self.messages[path, number]
            assert (content, version) in possible, f"{path}/{number} became {version}, not of {[*map(brief, possible)]}"
            self.messages[path, number] = {(content, version)}

    def deleted(self, path, number):
        """REQUIRES: editing() to None. The answer to a deletion does not name the new version."""
        with self.lock:
            (_, version), = (found for found in self.messages[path, number] if found[0] is None)
            self.messages[path, number] = {(None, version)}

    def change_refused(self, path, number, content):
        """The edit to this content, or the deletion, was refused."""
        with self.lock:
            self.messages[path, number] = {found for found in self.messages[path, number] if found[0] != content}

    def sending_chat(self):
        with self.lock:
            self.doubtful_chats += 1

    def chat_created(self, number):
        with self.lock:
            assert number not in self.chats, f"chat {number} was returned twice"
            self.doubtful_chats -= 1
            self.chats.add(number)

    def chat_refused(self):
        with self.lock:
            self.doubtful_chats -= 1

    def sending_keyed(self, request):
        with self.lock:
            self.keyed.append(request)

    def verify_chats(self, listed, app):
        """Chats are 1..n. All acknowledged chats are among them, and at most the doubtful ones besides."""
        numbers = [chat["number"] for chat in listed]
        assert numbers == list(range(1, len(numbers) + 1))
        assert app["chats_count"] == len(numbers)
        assert self.chats <= set(numbers)
        assert len(numbers) - len(self.chats) <= self.doubtful_chats
        assert len(numbers) >= self.chats_shown, "a chat that was listed is gone"
        self.chats_shown = len(numbers)

    def name_of(self, path, message):
        """Clients delete only acknowledged messages, so the name of a tombstone is always known."""
        assert ("deleted_at" in message) == (message["content"] is None), message
        if message["content"] is None:
            return self.names[path, message["number"]]
        return message["content"].split(" ", 1)[0]

    def verify_messages(self, path, listed, is_final=True):
        """Messages are 1..n. Each acknowledged one is listed, none is listed twice, and each was sent.

        A doubtful write that was listed once must stay. One that was not listed is decided only by a restart (`is_final`)."""
        assert [message["number"] for message in listed] == list(range(1, len(listed) + 1)), path
        names = [self.name_of(path, message) for message in listed]
        assert len(set(names)) == len(names), f"stored twice: {sorted(n for n in names if names.count(n) > 1)}"
        assert all(self.sent.get(name) == path for name in names), path
        expected = {number for expected_path, number in self.messages if expected_path == path}
        assert expected <= set(range(1, len(listed) + 1)), f"{path} lost {sorted(expected)[-1]}"
        for number in expected:
            found = (listed[number - 1]["content"], listed[number - 1]["version"])
            possible = self.messages[path, number]
            assert found in possible, f"{path}/{number} is {brief(found)}, not one of {[*map(brief, possible)]}"
            if is_final or found[1] == max(version for _, version in possible):
                self.messages[path, number] = {found}
        for number in set(range(1, len(listed) + 1)) - expected:
            assert self.shown.setdefault((path, number), names[number - 1]) == names[number - 1], f"{path}/{number}"
        last_shown = max((number for shown_path, number in self.shown if shown_path == path), default=0)
        assert last_shown <= len(listed), f"{path} lost {last_shown}, which was listed"


def brief(found):
    content, version = found
    return content and content[:60], version
