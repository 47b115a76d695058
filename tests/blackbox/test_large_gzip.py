"""A long list with gzip: memory stays bounded, and other clients are served meanwhile."""

import zlib

from client import Client
from load import fill
from memory import GROWTH_MAX, MIB, idle_memory, memory
from wire import Wire, request_bytes


def test_long_list_is_compressed_in_bounded_memory_while_others_are_served(start):
    server = start()
    with Client(server.port) as client:
        chat = client.new_chat()
        contents = fill(chat, [f"message {i} " + f"{i} " * 9000 for i in range(3000)])
        idle = idle_memory(server)
        with Wire(server.port) as wire:
            wire.send(request_bytes("GET", chat.messages_path, headers=["Accept-Encoding: gzip"]))
            status, headers = wire.read_status()
            assert (status, headers["Content-Encoding"]) == (200, "gzip")
            inflater, length = zlib.decompressobj(16 + zlib.MAX_WBITS), 0
            for number, chunk in enumerate(wire.read_chunks()):
                length += len(inflater.decompress(chunk))
                if number % 20 == 0:
                    client.get(chat.path).expect(200)
            assert inflater.eof and length > sum(map(len, contents)) > 100 * MIB
        assert memory(server, "VmHWM") - idle <= GROWTH_MAX
