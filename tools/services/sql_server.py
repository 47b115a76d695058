"""The common part of MariaDB and MySQL: a database `confab` with its own user, and durable commits."""

import os

import pymysql

from .server_cache import copy, prepared
from .service import Service

DATABASE, USER, PASSWORD = "confab", "confab", "secret"
ADMIN = "admin"

# Both users may connect from any host. The server is temporary and listens only on loopback.
GRANTS = f"""\
create database {DATABASE} character set utf8mb4 collate utf8mb4_bin;
create user {USER}@'%' identified by '{PASSWORD}';
grant all on {DATABASE}.* to {USER}@'%';
create user {ADMIN}@'%' identified by '{PASSWORD}';
grant all on *.* to {ADMIN}@'%' with grant option;
"""


class SqlServer(Service):
    """Flushes at every commit, without a binary log, with a small buffer pool.

    The data folder is a copy of a cached one. Setting one up takes seconds, copying it a tenth of a second.
    """

    role = "mysql"  # of confab's options
    settings = ("--bind-address=127.0.0.1", "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=1", "--sync-binlog=1",
                "--innodb-buffer-pool-size=128M", "--max-connections=500")

    def program(self):
        """The command that runs the server, without options."""
        raise NotImplementedError

    def version(self):
        raise NotImplementedError

    def initialise(self, folder):
        """Sets up the folder with system tables and GRANTS."""
        raise NotImplementedError

    def prepare(self):
        recipe = "\n".join([self.version(), GRANTS, *self.settings])
        copy(prepared(self.name, recipe, self.initialise), self.data)

    def as_user(self):
        return ["--user=root"] if os.geteuid() == 0 else []

    def command(self):
        return [*self.program(), *self.as_user(), *self.settings, f"--datadir={self.data}", f"--port={self.port}",
                f"--socket={self.socket()}", f"--pid-file={self.data}/pid", *self.options]

    def socket(self):
        # Relative to the data folder, because the path of a socket must be short and that of a test's folder is long.
        return "socket"

    def url_at(self, port):
        return f"mysql://{USER}:{PASSWORD}@127.0.0.1:{port}/{DATABASE}"

    @property
    def url(self):
        return self.url_at(self.port)

    def connect(self, user=USER, database=DATABASE, **more):
        """A connection without a proxy, with autocommit by default, over TLS if the server offers it."""
        settings = {"autocommit": True, "connect_timeout": 5, **more}
        return pymysql.connect(host="127.0.0.1", port=self.port, user=user, password=PASSWORD, database=database,
                               ssl={"check_hostname": False}, **settings)

    def query(self, statement, values=None, user=USER):
        """The rows of a statement on a new connection."""
        with self.connect(user) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()

    def answers(self):
        try:
            return self.query("select 1") == ((1,),)
        except pymysql.MySQLError:
            return False
