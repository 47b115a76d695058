import shutil
import subprocess
from pathlib import Path

from .service import ServiceFailure
from .sql_server import GRANTS, SqlServer

SCRIPTS = Path("/usr/share/mysql")
SYSTEM_TABLES = ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql", "mysql_sys_schema.sql")


class MariaDb(SqlServer):
    """Debian's MariaDB."""

    name = "mariadb"
    settings = (*SqlServer.settings, "--innodb-log-file-size=48M")

    def program(self):
        # Debian installs it in sbin, which is not on every user's path.
        return [shutil.which("mariadbd") or "/usr/sbin/mariadbd", "--no-defaults"]

    def version(self):
        return subprocess.run([*self.program(), "--version"], check=True, capture_output=True, text=True).stdout

    def initialise(self, folder):
        statements = ["create database mysql;", "use mysql;", "set @auth_root_socket = null;"]
        statements += [(SCRIPTS / name).read_text() for name in SYSTEM_TABLES]
        statements += ["flush privileges;", GRANTS]
        command = [*self.program(), *self.as_user(), *self.settings, f"--datadir={folder}", "--bootstrap"]
        done = subprocess.run(command, input="\n".join(statements), text=True, capture_output=True)
        if done.returncode != 0:
            raise ServiceFailure(f"mariadb could not set up {folder}: {done.stderr[-2000:]}")
