"""A node for nginx. It records every request and answers, closes the connection or sends slowly, as the test sets it."""

import socketserver
import threading

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Upstream:
    def __init__(self, answer=ANSWER, address=("127.0.0.1", 0)):
        self.requests = []  # (connection, header lines)
        self.answer = answer
        upstream = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                while head := self.read_head():
                    upstream.requests.append((self.client_address, head))
                    if upstream.answer is None:
                        return
                    if callable(upstream.answer):
                        upstream.answer(self.wfile)
                        return
                    self.wfile.write(upstream.answer)

            def read_head(self):
                head = []
                while (line := self.rfile.readline().decode().strip()):
                    head.append(line)
                length = [int(line.split(":")[1]) for line in head if line.lower().startswith("content-length:")]
                self.rfile.read(sum(length))
                return head

        self.server = socketserver.ThreadingTCPServer(address, Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
