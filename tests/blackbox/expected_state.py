"""What the clients of the tests of crashes and I/O failures were told, and what they are in doubt about.

Every created message begins with a name of its own, which its edits keep: so a message stored twice shows. Each message
is edited and deleted only by the thread that made it: so there is one right content, and after a crash during an edit
or a deletion two. A deleted one has the content None; its name is known from its creation.
"""

import threading
from dataclasses import dataclass, field


@dataclass
class Keyed:
    """A creation with an Idempotency-Key. `number` is None as long as nobody was told it."""
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
    shown: dict = field(default_factory=dict)  # (chat path, number) -> name, of doubtful messages that were listed
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
            assert (path, number) not in self.messages, f"number {number} of {path} was told twice"
            self.messages[path, number] = {(content, 1)}
            self.names[path, number] = content.split(" ", 1)[0]

    def message_refused(self, name):
        """Nothing was done: nobody may find it."""
        with self.lock:
            del self.sent[name]

    def editing(self, path, number, content):
        """From now until edited() or deleted() both are possible: the content as it was and as it will be."""
        with self.lock:
            (_, version), = self.messages[path, number]
            self.messages[path, number].add((content, version + 1))

    def edited(self, path, number, content, version):
        with self.lock:
            possible = self.messages[path, number]
            assert (content, version) in possible, f"{path}/{number} became {version}, not of {[*map(brief, possible)]}"
            self.messages[path, number] = {(content, version)}

    def deleted(self, path, number):
        """After editing() to None; a deletion is answered without the version it made."""
        with self.lock:
            (_, version), = (found for found in self.messages[path, number] if found[0] is None)
            self.messages[path, number] = {(None, version)}

    def change_refused(self, path, number, content):
        """The edit to this content, or the deletion, was not done."""
        with self.lock:
            self.messages[path, number] = {found for found in self.messages[path, number] if found[0] != content}

    def sending_chat(self):
        with self.lock:
            self.doubtful_chats += 1

    def chat_created(self, number):
        with self.lock:
            assert number not in self.chats, f"chat {number} was told twice"
            self.doubtful_chats -= 1
            self.chats.add(number)

    def chat_refused(self):
        with self.lock:
            self.doubtful_chats -= 1

    def sending_keyed(self, request):
        with self.lock:
            self.keyed.append(request)

    def verify_chats(self, listed, app):
        """Chats are 1..n, all that were told among them, and no more of the others than were asked for."""
        numbers = [chat["number"] for chat in listed]
        assert numbers == list(range(1, len(numbers) + 1))
        assert app["chats_count"] == len(numbers)
        assert self.chats <= set(numbers)
        assert len(numbers) - len(self.chats) <= self.doubtful_chats
        assert len(numbers) >= self.chats_shown, "a chat that was listed is gone"
        self.chats_shown = len(numbers)

    def name_of(self, path, message):
        """Nobody deletes what was not told to him: the name of a tombstone is always known."""
        assert ("deleted_at" in message) == (message["content"] is None), message
        if message["content"] is None:
            return self.names[path, message["number"]]
        return message["content"].split(" ", 1)[0]

    def verify_messages(self, path, listed, is_final=True):
        """Messages are 1..n, each one that was told is there, none is there twice, and nobody sent another.

        A doubtful write that shows stays done. One that does not show is settled only by a restart (`is_final`)."""
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
