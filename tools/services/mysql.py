import subprocess
import tempfile
from pathlib import Path

from .server_cache import server_folder
from .service import ServiceFailure
from .sql_server import GRANTS, SqlServer


class MySql(SqlServer):
    """The newest MySQL, of Debian's unstable suite. It offers TLS, and requires TLS or a key exchange before a password."""

    name = "mysql"
    settings = (*SqlServer.settings, "--innodb-redo-log-capacity=64M", "--disable-log-bin", "--performance-schema=OFF")

    def program(self):
        return [server_folder("mysql-unstable") / "mysqld"]

    def version(self):
        return (server_folder("mysql-unstable") / "version").read_text()

    def initialise(self, folder):
        with tempfile.TemporaryDirectory() as scratch:
            grants = Path(scratch) / "grants.sql"
            grants.write_text(GRANTS)
            command = [*self.program(), *self.as_user(), *self.settings, f"--datadir={folder}", "--initialize-insecure",
                       f"--init-file={grants}"]
            done = subprocess.run(command, text=True, capture_output=True)
        if done.returncode != 0:
            raise ServiceFailure(f"mysql could not set up {folder}: {done.stderr[-2000:]}")
        # The server's UUID. The server creates a new one if it is missing, so that no two copies share it.
        (folder / "auto.cnf").unlink()
