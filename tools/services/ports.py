"""Reserved ports: a killed server can listen on its port again after a restart."""

import socket


class Port:
    """Reserves a free loopback port with a socket that is bound and never listens.

    The kernel does not assign such a port to a process that requests any free one, but a server that sets SO_REUSEADDR (all of ours
    do) may listen on it. While no server listens, connections are refused, as with a server that is down.
    """

    def __init__(self):
        self.holder = socket.socket()
        self.holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.holder.bind(("127.0.0.1", 0))
        self.number = self.holder.getsockname()[1]

    def release(self):
        self.holder.close()
