"""Ports that stay ours: a server that was killed finds its own free when it starts again."""

import socket


class Port:
    """Holds a free loopback port by a socket that is bound and never listens.

    The kernel gives such a port to nobody who asks for any free one, while a server that sets SO_REUSEADDR (all of ours do) may listen on
    it. Nobody listening means that a connection is refused, as with a server that is down.
    """

    def __init__(self):
        self.holder = socket.socket()
        self.holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.holder.bind(("127.0.0.1", 0))
        self.number = self.holder.getsockname()[1]

    def release(self):
        self.holder.close()
