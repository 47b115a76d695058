"""Creates apps, chats and messages over HTTP, and counts messages."""
import itertools
import time

from client import call, create_messages
from content import Contents, chats, messages
from failure import Failure

STABLE_TIMEOUT_S = 20


class DataLoader:
    def __init__(self, port, note):
        self.port, self.note, self.contents = port, note, Contents(64)

    def app(self, name, chats_count):
        token = call(self.port, "POST", "/apps", {"name": name}, expect=201)["token"]
        for _ in range(chats_count):
            call(self.port, "POST", chats(token), expect=201)
        return token

    def load(self, app, into, count):
        """Creates `count` messages in the chats `into` in turn. Returns the row of the result."""
        before = self.messages_in(app)
        paths = itertools.cycle([messages(app, chat) for chat in into])
        seconds = create_messages(self.port, ((next(paths), self.contents.next()) for _ in range(count)))
        growth = self.messages_in(app) - before
        if growth != count:
            raise Failure(f"{count} creations were answered 201, but messages_count grew by {growth}")
        self.note(f"loaded {count:,} messages in {seconds:.1f} s")
        return {"chats": len(into), "messages": count, "seconds": seconds, "rate": count / seconds}

    def messages_in(self, app):
        return sum(chat["messages_count"] for chat in call(self.port, "GET", chats(app)))

    def stable_message_count(self, app):
        """Waits until the count is stable. Requests in flight at the end of a client are still committed."""
        deadline = time.monotonic() + STABLE_TIMEOUT_S
        count = self.messages_in(app)
        while time.monotonic() < deadline:
            time.sleep(0.1)
            before, count = count, self.messages_in(app)
            if count == before:
                return count
        raise Failure(f"messages still appear {STABLE_TIMEOUT_S} s after the last request")
