"""Verifies a server over HTTP against the expected state."""

from client import assert_problem
from feed import position_of_list

TOMBSTONES_PER_CHAT = 5


def send(client, request):
    return client.post(request.path, request.parameters, {"Idempotency-Key": request.key}).expect(201)


def verify(client, expected, is_final=True):
    """Every acknowledged write is stored, and nothing that was not sent."""
    listed = client.get(expected.app + "/chats").expect(200).json
    expected.verify_chats(listed, client.get(expected.app).expect(200).json)
    for chat in listed:
        path = expected.chat_path(chat["number"])
        answer = client.get(path + "/messages").expect(200)
        messages = answer.json
        assert chat["messages_count"] == len(messages), path
        expected.verify_messages(path, messages, is_final)
        changes = sum(message["version"] - 1 for message in messages)
        assert position_of_list(answer) == (chat["number"], len(messages), changes)
        verify_tombstones(client, path, messages)


def verify_tombstones(client, path, messages):
    deleted = [message for message in messages if message["content"] is None]
    assert all(message["metadata"] is None for message in deleted)
    for message in deleted[-TOMBSTONES_PER_CHAT:]:
        assert_problem(client.get(f"{path}/messages/{message['number']}"), 410, "deleted")


def retry(client, expected, request):
    """A retry gets the first answer. A request without an answer is done now, unless it was done before."""
    answer = send(client, request)
    number = answer.json["number"]
    assert answer.headers["Location"].endswith(f"{request.path}/{number}")
    if request.number is not None:
        assert answer.headers["Idempotent-Replayed"] == "true", (request, answer)
        assert number == request.number, (request, answer)
        return
    request.number = number
    if request.parameters:
        assert answer.json["content"] == request.parameters["content"]
        expected.message_created(request.path.removesuffix("/messages"), number, request.parameters["content"])
    else:
        expected.chat_created(number)
