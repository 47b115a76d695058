"""Messages that were read are cached. A later read is never older than the last acknowledged write."""

import threading

import pytest
from client import Client
from load import fill

QUERIES = ["", "?limit=50&order=desc", "?limit=2", "?after=1&limit=3"]


def pages_of(client, chat):
    return {query: client.get(chat.messages_path + query).expect(200).json for query in QUERIES}


def expected_pages(messages):
    return {"": messages, "?limit=50&order=desc": messages[::-1][:50], "?limit=2": messages[:2], "?after=1&limit=3": messages[1:4]}


def test_lists_and_messages_follow_every_change(client, chat, rng):
    fill(chat, [f"message {number}" for number in range(1, 9)])
    known = {message["number"]: message for message in client.get(chat.messages_path).expect(200).json}
    for step in range(200):
        number = rng.choice(list(known))
        path = f"{chat.messages_path}/{number}"
        what = rng.choice(["edit", "edit", "delete", "create"])
        if what == "create":
            created = client.post(chat.messages_path, {"content": f"step {step}"}).expect(201).json
            known[created["number"]] = created
        elif "deleted_at" not in known[number]:
            if what == "edit":
                known[number] = client.put(path, {"content": f"step {step}"}).expect(200).json
            else:
                client.delete(path).expect(204)
                known[number] = next(m for m in client.get(chat.messages_path).expect(200).json if m["number"] == number)
                assert known[number]["content"] is None
        read = client.get(path)
        assert (read.status == 410) if "deleted_at" in known[number] else (read.json == known[number])
        assert pages_of(client, chat) == expected_pages([known[n] for n in sorted(known)])


@pytest.mark.parametrize("of", ["message", "page"])
def test_readers_beside_a_writer_never_go_back(port, client, chat, of):
    fill(chat, ["version 1"])
    path = f"{chat.messages_path}/1" if of == "message" else f"{chat.messages_path}?limit=5"
    acknowledged, wrong, done = [1], [], threading.Event()

    def read():
        with Client(port) as reader:
            last = 1
            while not done.is_set():
                at_least = max(acknowledged[0], last)
                body = reader.get(path).expect(200).json
                last = (body if of == "message" else body[0])["version"]
                if last < at_least:
                    wrong.append((last, at_least))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for each in readers:
        each.start()
    for version in range(2, 400):
        edited = client.put(f"{chat.messages_path}/1", {"content": f"version {version}"}).expect(200).json
        acknowledged[0] = edited["version"]
    done.set()
    for each in readers:
        each.join()
    assert not wrong
