"""The requests of many clients while I/O calls fail, and the answers that each may get.

Each operation is a generator. It yields its request and gets the answer, or None if the connection ended within the
answer. A message has at most one operation at a time. So it has one possible content, or two after `outcome_unknown`.
"""

from client import as_json, assert_problem
from expected_state import Keyed

LARGE = "x" * 60_000  # fills fifteen pages of the database
WORDS = ["plain", "Übung", "語", "🎈", "x" * 700]
REFUSED = {"unavailable", "writes_closed"}
UNKNOWN = "outcome_unknown"


def code_of(answer):
    """Why the server refused a request. Fails on an answer that is not documented."""
    code = answer.expect(503).json["code"]
    assert_problem(answer, 503, code)
    assert int(answer.headers["Retry-After"]) > 0, answer
    return code


def outcome(answer, status):
    """Whether a write was 'done', was 'refused' without effect, or has an 'unknown' outcome."""
    if answer.status == status:
        return "done"
    code = code_of(answer)
    assert code in REFUSED | {UNKNOWN}, answer
    return "unknown" if code == UNKNOWN else "refused"


def is_read(answer, status=200):
    """False if the server could not read. That is allowed while the disk fails."""
    if answer is None or answer.status == status:
        return answer is not None
    assert code_of(answer) in {"unavailable", "too_slow"}, answer
    return False


def get(path):
    return "GET", path, None, None


class Operations:
    """The writes and reads of one app. Holds the messages whose state is certain."""

    def __init__(self, expected, rng):
        self.expected, self.rng = expected, rng
        self.paths = []  # of the chats with small messages
        self.large_path = None
        # (path, number, name) of each message. A long history has many large contents.
        self.small, self.large, self.long_history, self.deleted = [], [], [], []
        self.refused_keys = []
        self.names = 0
        self.codes = set()  # of the refused writes

    def new_name(self):
        self.names += 1
        return f"m{self.names:07}"

    def write(self, request, status):
        """Yields a write. Returns its outcome and its answer."""
        answer = yield request
        assert answer is not None, f"the answer to {request[:2]} ended early"
        result = outcome(answer, status)
        if result != "done":
            self.codes.add(answer.json["code"])
        return result, answer

    def create_chat(self):
        self.expected.sending_chat()
        result, answer = yield from self.write(("POST", self.expected.app + "/chats", None, None), 201)
        if result == "done":
            self.expected.chat_created(answer.json["number"])
            self.paths.append(self.expected.chat_path(answer.json["number"]))
        elif result == "refused":
            self.expected.chat_refused()

    def create_message(self):
        path, name = self.rng.choice(self.paths), self.new_name()
        content = " ".join([name, *self.rng.choices(WORDS, k=self.rng.randint(0, 4))])
        yield from self.create(path, name, content, self.small)

    def create_large(self):
        name = self.new_name()
        yield from self.create(self.large_path, name, f"{name} {LARGE}", self.large)

    def create_with_history(self):
        name = self.new_name()
        yield from self.create(self.large_path, name, f"{name} {LARGE}", self.long_history)

    def create(self, path, name, content, pool):
        self.expected.sending_message(path, name)
        request = "POST", path + "/messages", *as_json({"content": content})
        result, answer = yield from self.write(request, 201)
        if result == "done":
            self.expected.message_created(path, answer.json["number"], content)
            pool.append((path, answer.json["number"], name))
        elif result == "refused":
            self.expected.message_refused(name)

    def create_with_key(self):
        """A new creation, or the retry of a refused one."""
        if self.refused_keys and self.rng.random() < 0.5:
            keyed = self.refused_keys.pop(0)
        else:
            name = self.new_name()
            keyed = Keyed(self.rng.choice(self.paths) + "/messages", name, {"content": f"{name} with a key"})
        path, content = keyed.path.removesuffix("/messages"), keyed.parameters["content"]
        self.expected.sending_message(path, keyed.key)
        result, answer = yield from self.write(keyed_request(keyed), 201)
        if result == "refused":
            self.expected.message_refused(keyed.key)
            self.refused_keys.append(keyed)
            return
        self.expected.sending_keyed(keyed)
        if result == "done":
            assert "Idempotent-Replayed" not in answer.headers, answer
            keyed.number = answer.json["number"]
            self.expected.message_created(path, keyed.number, content)

    def repeat_key(self):
        """A retry of an acknowledged creation gets the same answer and creates no message."""
        known = [keyed for keyed in self.expected.keyed[-200:] if keyed.number is not None]
        if not known:
            return
        keyed = self.rng.choice(known)
        result, answer = yield from self.write(keyed_request(keyed), 201)
        if result == "done":
            assert answer.json["number"] == keyed.number and answer.headers["Idempotent-Replayed"] == "true", answer

    def edit_large(self):
        """The edit writes fifteen pages into the history."""
        yield from self.edit(self.large, "small now", self.small)

    def lengthen_history(self):
        yield from self.edit(self.long_history, LARGE, self.long_history, at=0)

    def edit_small(self):
        yield from self.edit(self.small, "edited", self.small)

    def delete_small(self):
        yield from self.delete(self.small)

    def delete_with_history(self):
        """The deletion overwrites every page of the history."""
        yield from self.delete(self.long_history)

    def edit(self, pool, text, target_pool, at=None):
        if not pool:
            return
        path, number, name = pool.pop(self.rng.randrange(len(pool)) if at is None else at)
        self.names += 1
        content = f"{name} {self.names} {text}"
        self.expected.editing(path, number, content)
        request = "PUT", f"{path}/messages/{number}", *as_json({"content": content})
        result, answer = yield from self.write(request, 200)
        if result == "done":
            self.expected.edited(path, number, content, answer.json["version"])
            target_pool.append((path, number, name))
        elif result == "refused":
            self.expected.change_refused(path, number, content)
            pool.append((path, number, name))

    def delete(self, pool):
        if not pool:
            return
        path, number, name = pool.pop(self.rng.randrange(len(pool)))
        self.expected.editing(path, number, None)
        result, _ = yield from self.write(("DELETE", f"{path}/messages/{number}", None, None), 204)
        if result == "done":
            self.expected.deleted(path, number)
            self.deleted.append((path, number, name))
        elif result == "refused":
            self.expected.change_refused(path, number, None)
            pool.append((path, number, name))

    def read_message(self):
        yield from self.read(lambda path, number, _: get(f"{path}/messages/{number}"), lambda answer: answer.json)

    def read_page(self):
        yield from self.read(lambda path, number, _: get(f"{path}/messages?after={number - 1}&limit=20"),
                             lambda answer: answer.json[0])

    def search(self):
        def hit(answer):
            (found,) = answer.json
            return found

        yield from self.read(lambda path, _, name: ("POST", f"{path}/messages/search", *as_json({"query": name})), hit)

    def read(self, request, message_in):
        """Every kind of read returns the last acknowledged state of a message."""
        if not self.small:
            return
        path, number, name = self.small.pop(self.rng.randrange(len(self.small)))
        answer = yield request(path, number, name)
        if is_read(answer):
            found = message_in(answer)
            state = found["content"], found["version"]
            assert found["number"] == number and {state} == self.expected.messages[path, number], (path, number, answer)
        self.small.append((path, number, name))

    def read_deleted(self):
        if not self.deleted:
            return
        path, number, _ = self.rng.choice(self.deleted)
        answer = yield get(f"{path}/messages/{number}")
        if is_read(answer, 410):
            assert_problem(answer, 410, "deleted")

    def list_chats(self):
        known = set(self.expected.chats)
        answer = yield get(self.expected.app + "/chats")
        if is_read(answer):
            assert known <= {chat["number"] for chat in answer.json}


def keyed_request(keyed):
    return "POST", keyed.path, *as_json(keyed.parameters, {"Idempotency-Key": keyed.key})
