"""A DNS server on loopback for the given names. Each name has one IPv4 address, which the test may change."""

import socketserver
import struct
import threading

NO_SUCH_NAME = 3
TTL_S = 600  # as Docker's; nginx must query again before


class NameServer:
    def __init__(self, addresses):
        self.addresses = addresses
        names = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                query, connection = self.request
                connection.sendto(names.answer(query), self.client_address)

        self.server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, query):
        """RFC 1035, 4.1: the response repeats the question, and an answer refers to its name."""
        name, end = self.name_in(query)
        kind, = struct.unpack(">H", query[end:end + 2])
        address = self.addresses.get(name)
        records = b""
        if address and kind == 1:  # A
            records = struct.pack(">HHHIH4B", 0xC00C, 1, 1, TTL_S, 4, *map(int, address.split(".")))
        flags = 0x8180 | (0 if address else NO_SUCH_NAME)
        return query[:2] + struct.pack(">5H", flags, 1, 1 if records else 0, 0, 0) + query[12:end + 4] + records

    @staticmethod
    def name_in(query):
        labels, at = [], 12
        while length := query[at]:
            labels.append(query[at + 1:at + 1 + length].decode())
            at += 1 + length
        return ".".join(labels), at + 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
