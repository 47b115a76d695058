import redis

from .service import Service


class Redis(Service):
    """Redis with an append-only file that is synced every second, as Confab requires. `client()` connects without a proxy."""

    name = "redis"
    role = "redis"  # of confab's options

    def command(self):
        return ["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--dir", self.data, "--save", "",
                "--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction", *self.options]

    def url_at(self, port):
        return f"redis://127.0.0.1:{port}"

    @property
    def url(self):
        return self.url_at(self.port)

    def client(self, **more):
        return redis.Redis(port=self.port, **more)

    def answers(self):
        try:
            with self.client(socket_timeout=5) as client:
                return client.ping()
        except redis.RedisError:  # not started yet, or still loading its file
            return False
