"""Redis servers and users for the tests of this folder."""

from services import Redis


class OtherAddress(Redis):
    """The first address of the name two-servers (see faults/two_addresses.c)."""

    def command(self):
        return [*super().command(), "--bind", "127.0.0.2"]

    def client(self, **more):
        return super().client(host="127.0.0.2", **more)


def add_user(server, *rules):
    """Adds a user who may do everything but for these rules. Returns the server's URL for it."""
    server.client().execute_command("ACL", "SETUSER", "somebody", "reset", "on", ">right", "~*", "&*", "+@all", *rules)
    return server.url.replace("redis://", "redis://somebody:right@")
