"""HTTP/1.1 and 1.0 at the level of bytes, as clients, proxies and attackers send it."""

import http.client
import json
import os
import random
import resource
import select
from functools import partial

import pytest
from client import Client
from load import fill, wait_for
from wire import Wire, post_json, request_bytes

CHUNKED_JSON = ["Transfer-Encoding: chunked", "Content-Type: application/json"]


def content_json(text):
    return json.dumps({"content": text}).encode()


@pytest.fixture
def wire(port):
    with Wire(port) as wire:
        yield wire


def test_one_connection_serves_many_requests(wire, chat):
    for number in range(1, 201):
        answer = wire.send(post_json(chat.messages_path, content_json(f"m{number}"))).read_answer()
        assert answer.expect(201).json["number"] == number


def test_errors_leave_the_connection_usable(wire, app, chat):
    for request, status in ((request_bytes("GET", "/nowhere"), 404), (request_bytes("DELETE", "/apps"), 405),
                            (post_json(chat.messages_path, b"{"), 400), (post_json(chat.messages_path, b"{}"), 422),
                            (request_bytes("POST", "/apps", b"x", ["Content-Type: text/plain"]), 415)):
        wire.send(request).read_answer().expect(status)
        wire.send(request_bytes("GET", app)).read_answer().expect(200)


def test_head_and_options_do_not_shift_the_next_answer(wire, app, chat):
    for path in (app, chat.messages_path, "/nowhere"):
        assert wire.send(request_bytes("HEAD", path)).read_answer(with_body=False).status in (200, 404)
        wire.send(request_bytes("OPTIONS", app)).read_answer().expect(204)
        assert wire.send(request_bytes("GET", app)).read_answer().expect(200).json["chats_count"] == 1


def test_chunked_request_body(wire, chat):
    body = content_json("chunked 🎈 text")
    one_byte_chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    extended = b"%X;name=value\r\n%s\r\n0;last\r\nTrailer: ignored\r\n\r\n" % (len(body), body)
    for sent in (one_byte_chunks, extended):
        wire.send(request_bytes("POST", chat.messages_path, headers=CHUNKED_JSON) + sent).read_answer().expect(201)
    assert chat.contents() == ["chunked 🎈 text"] * 2


@pytest.mark.parametrize("chunks", [b"xyz\r\n", b"-5\r\nhello\r\n", b"5\r\nhello!!\r\n0\r\n\r\n",
                                    b"ffffffffffffffffff\r\nx"])
def test_broken_chunks_are_malformed(wire, chat, chunks):
    answer = wire.send(request_bytes("POST", chat.messages_path, headers=CHUNKED_JSON) + chunks).read_answer()
    assert answer.status in (400, 413), answer
    assert wire.is_closed_by_server()
    assert chat.contents() == []


def test_expect_continue_is_answered_before_the_body(wire, chat):
    body = content_json("after the hundred")
    head = ["Content-Type: application/json", "Expect: 100-continue", f"Content-Length: {len(body)}"]
    assert wire.send(request_bytes("POST", chat.messages_path, headers=head)).read_status()[0] == 100
    wire.send(body).read_answer().expect(201)
    wire.send(request_bytes("GET", chat.path)).read_answer().expect(200)
    assert chat.contents() == ["after the hundred"]


def test_request_in_single_bytes(wire, chat):
    for byte in post_json(chat.messages_path, content_json("slow")):
        wire.send(bytes([byte]))
    wire.read_answer().expect(201)
    assert chat.contents() == ["slow"]


def test_pipelined_requests_are_answered_in_order(wire, chat):
    posts = [post_json(chat.messages_path, content_json(f"m{number}")) for number in range(1, 51)]
    wire.send(b"".join([*posts, request_bytes("GET", chat.messages_path), request_bytes("GET", "/nowhere")]))
    assert [wire.read_answer().expect(201).json["number"] for _ in posts] == list(range(1, 51))
    assert [message["content"] for message in wire.read_answer().expect(200).json] == [f"m{n}" for n in range(1, 51)]
    wire.read_answer().expect(404)


READS_BEFORE = {
    "half a request": b"GET /apps HT",
    "a request that is refused": b"GET /apps HTTP/9.9\r\n\r\n",
    "an empty line": b"\r\n",
    "a write that waits for its body": request_bytes("POST", "/apps", headers=["Content-Type: application/json", "Content-Length: 99"]),
    "a write that asks to go on": request_bytes("POST", "/apps", headers=["Content-Length: 9", "Expect: 100-continue"]),
}


@pytest.mark.wire
@pytest.mark.parametrize("behind", READS_BEFORE)
def test_pipelined_reads_are_answered_whatever_comes_behind_them(wire, chat, behind):
    fill(chat, ["one", "two"])
    reads = [request_bytes("GET", f"{chat.messages_path}/{number}") for number in (1, 2, 1)]
    wire.send(b"".join(reads) + READS_BEFORE[behind])
    assert [wire.read_answer().expect(200).json["number"] for _ in reads] == [1, 2, 1]


@pytest.mark.wire
def test_pipelined_reads_and_writes_see_each_other_in_order(wire, chat):
    steps = [post_json(chat.messages_path, content_json("one")), request_bytes("GET", f"{chat.messages_path}/1"),
             request_bytes("GET", f"{chat.messages_path}/2"), post_json(chat.messages_path, content_json("two")),
             request_bytes("HEAD", f"{chat.messages_path}/2"), request_bytes("GET", f"{chat.messages_path}/2")]
    wire.send(b"".join(steps))
    methods = ("POST", "GET", "GET", "POST", "HEAD", "GET")
    assert [wire.read_answer(with_body=method != "HEAD").status for method in methods] == [201, 200, 404, 201, 200, 200]


@pytest.mark.wire
def test_pipelined_then_closed_for_sending_is_still_answered(wire, chat):
    wire.send(b"".join(post_json(chat.messages_path, content_json(f"m{n}")) for n in range(5))).finish_sending()
    assert [wire.read_answer().expect(201).json["number"] for _ in range(5)] == [1, 2, 3, 4, 5]
    assert wire.is_closed_by_server()


def test_connection_close_is_honoured(wire, app):
    answer = wire.send(request_bytes("GET", app, headers=["Connection: close"])).read_answer().expect(200)
    assert answer.headers["Connection"].lower() == "close"
    assert wire.is_closed_by_server()


def test_http_1_0_gets_whole_answers_without_chunks(port, chat):
    contents = fill(chat, [f"message {i} " + "x" * 200 for i in range(1200)])
    with Wire(port) as wire:
        answer = wire.send(request_bytes("GET", chat.messages_path, version="1.0")).read_answer().expect(200)
        assert "Transfer-Encoding" not in answer.headers
        assert [message["content"] for message in answer.json] == contents
        assert wire.is_closed_by_server()
    with Wire(port) as wire:
        body = content_json("from 1.0")
        post = request_bytes("POST", chat.messages_path, body, ["Content-Type: application/json"], version="1.0")
        assert wire.send(post).read_answer().expect(201).json["number"] == 1201
        assert wire.is_closed_by_server()


@pytest.mark.parametrize("lines", [b"\r\n", b"\r\n\r\n\r\n"])
def test_empty_lines_before_a_request_are_ignored(wire, app, lines):
    wire.send(lines + request_bytes("GET", app) + lines + request_bytes("GET", app))
    for _ in range(2):
        wire.read_answer().expect(200)
    for byte in lines + request_bytes("GET", app):
        wire.send(bytes([byte]))
    wire.read_answer().expect(200)


GARBAGE = [b"\x00\x01\x02\x03\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x5a" * 64 + b"\r\n\r\n",
           b"hello\r\n\r\n", b"GET\r\n\r\n", b"GET /apps\r\n\r\n", b"GET /apps HTTP/1.1\r\nno colon here\r\n\r\n",
           b"GET /apps HTTP/1.1\r\nHost: a\r\nBad\x01Name: x\r\n\r\n", b"GET /apps NOTHTTP/1.1\r\n\r\n",
           b"POST /apps HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
           b"POST /apps HTTP/1.1\r\nHost: a\r\nContent-Length: 1x\r\n\r\n",
           b"POST /apps HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
           b"POST /apps HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n123456"]


@pytest.mark.wire
@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_answered_400_and_closed(wire, client, garbage):
    answer = wire.send(garbage).read_answer()
    assert answer.status == 400 or (b"9999" in garbage and answer.status == 413), answer
    assert wire.is_closed_by_server()
    client.get("/apps").expect(200)


def test_second_length_smuggles_no_request(wire, chat):
    smuggled = post_json(chat.messages_path, content_json("smuggled"))
    head = ["Content-Type: application/json", "Transfer-Encoding: chunked", f"Content-Length: {5 + len(smuggled)}"]
    wire.send(request_bytes("POST", chat.path, headers=head) + b"0\r\n\r\n" + smuggled)
    assert wire.read_answer().status in (400, 405)
    assert wire.is_closed_by_server()
    assert chat.contents() == []


@pytest.mark.parametrize("encoding", ["foo", "identity", "xchunked", "chunked, foo"])
def test_transfer_encoding_not_understood_smuggles_no_request(wire, chat, encoding):
    smuggled = post_json(chat.messages_path, content_json("smuggled"))
    head = ["Content-Type: application/json", f"Transfer-Encoding: {encoding}"]
    answer = wire.send(request_bytes("POST", chat.path, headers=head) + smuggled).read_answer()
    assert answer.status in (400, 501), answer
    assert wire.is_closed_by_server()
    assert chat.contents() == []


def test_whole_url_as_target_is_the_path_in_it(wire, app):
    answer = wire.send(request_bytes("GET", f"http://localhost{app}")).read_answer()
    assert answer.expect(200).json["chats_count"] == 0


def mutated(rng, request):
    request = bytearray(request)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(request) + 1)
        what = rng.randrange(4)
        if what == 0:
            request[at:at + 1] = rng.randbytes(1)
        elif what == 1:
            del request[at:at + rng.randint(1, 20)]
        elif what == 2:
            request[at:at] = rng.choice([b"\r\n", b"%", b"\x00", b"%ff", b"\\u", b"{" * 50, b"A" * 3000, b"*", b"//"])
        else:
            request[at:at] = request[at:at + rng.randint(1, 40)]
    return bytes(request) or b"x"


@pytest.mark.wire
def test_mutated_requests_never_break_the_server(port, client, rng, chat):
    multipart = b'--B\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n--B--\r\n'
    chunks = b"12\r\n" + content_json("abc") + b"\r\n0\r\n\r\n"
    originals = [post_json(chat.messages_path + "?sender=me", content_json("text"), "Idempotency-Key: \"abc\""),
                 request_bytes("POST", chat.messages_path + "/search", b"query=te%20xt",
                               ["Content-Type: application/x-www-form-urlencoded; charset=utf-8"]),
                 request_bytes("POST", "/apps", multipart, ["Content-Type: multipart/form-data; boundary=B"]),
                 request_bytes("POST", chat.messages_path, headers=CHUNKED_JSON) + chunks,
                 request_bytes("GET", chat.messages_path + "/1", headers=["Request-Id: a-b"]),
                 request_bytes("OPTIONS", "*")]
    for _ in range(500):
        request = mutated(rng, rng.choice(originals))
        for status in statuses_after(port, request):
            assert status < 500 or status in (501, 505), (request, status)
    client.get("/apps").expect(200)
    chat.contents()  # still 1..n


def statuses_after(port, request):
    """The statuses of all answers to these bytes when no more follow."""
    with Wire(port) as wire:
        try:
            wire.send(request).finish_sending()
            while True:
                yield wire.read_answer(with_body=not request.startswith(b"HEAD")).status
        except (EOFError, ConnectionError):
            return


def test_many_broken_connections_leave_the_server_usable(port, chat):
    request = post_json(chat.messages_path, content_json("never whole"))
    rng = random.Random(1)
    for _ in range(500):
        with Wire(port) as wire:
            wire.send(request[:rng.randrange(len(request))])
    assert chat.contents() == []
    with Wire(port) as wire:
        wire.send(request).read_answer().expect(201)


def test_idle_connection_is_closed(start):
    server = start("--idle-timeout-s", 1)
    with Wire(server.port) as wire, Client(server.port) as client:
        wire.send(request_bytes("GET", "/apps")).read_answer().expect(200)
        assert wire.is_closed_by_server()
        client.get("/apps").expect(200)


def test_silent_connection_is_closed_without_an_answer(start):
    server = start("--idle-timeout-s", 1)
    with Wire(server.port) as silent, Wire(server.port) as empty_lines:
        empty_lines.send(b"\r\n\r\n")
        for wire in (silent, empty_lines):
            assert wire.is_closed_by_server()


def test_connections_above_the_limit_are_accepted_again_later(start):
    server = start("--connections-max", 3)
    held = [Wire(server.port) for _ in range(3)]
    for wire in held:
        wire.send(request_bytes("GET", "/apps")).read_answer().expect(200)
    with Wire(server.port) as beyond:
        try:
            beyond.send(request_bytes("GET", "/apps"))
            for wire in held:
                wire.close()
            assert beyond.read_answer().status in (200, 503)
        except (EOFError, ConnectionError):
            pass  # refused immediately
    wait_for(lambda: is_served(server.port), "a new connection is served once the others are gone")


def is_served(port):
    try:
        with Client(port) as client:
            return client.get("/apps").status == 200
    except (OSError, http.client.HTTPException):
        return False


def open_files(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def is_readable(wire):
    return bool(select.select([wire.socket], [], [], 0)[0])


def test_more_connections_than_file_descriptors_harm_nobody_already_served(start):
    server = start(preexec=partial(resource.setrlimit, resource.RLIMIT_NOFILE, (128, 128)))
    with Client(server.port) as client:
        chat = client.new_chat()
        beyond = [Wire(server.port) for _ in range(200)]
        for wire in beyond:
            wire.send_ignoring_reset(request_bytes("GET", "/apps"))
        wait_for(lambda: open_files(server) == 128 or is_readable(beyond[-1]),
                 "no file is left, or the last was turned away")
        for number in range(1, 21):
            assert chat.create_message(f"message {number}") == number
            assert chat.find(f"message {number}") == [number]
        for wire in beyond:
            wire.close()
        wait_for(lambda: is_served(server.port), "a new connection is served once the others are gone")
        assert chat.contents() == [f"message {number}" for number in range(1, 21)]
    server.stop()
