from pathlib import Path

from .mariadb import MariaDb
from .ports import Port

PROVIDER = Path("/usr/lib/galera/libgalera_smm.so")


class Galera(MariaDb):
    """MariaDB as the only node of a Galera cluster, with Debian's library. It certifies writes and replicates them to no other node."""

    name = "galera"

    def __init__(self, folder, **more):
        super().__init__(folder, **more)
        self.group_port, self.transfer_port = Port(), Port()

    def command(self):
        provider = {"base_port": self.group_port.number, "gmcast.listen_addr": f"tcp://127.0.0.1:{self.group_port.number}",
                    "ist.recv_addr": f"127.0.0.1:{self.transfer_port.number}", "gcache.size": "32M", "pc.recovery": "false"}
        return [*super().command(), "--wsrep-on=ON", f"--wsrep-provider={PROVIDER}", "--wsrep-cluster-address=gcomm://",
                "--wsrep-cluster-name=confab", "--wsrep-node-address=127.0.0.1", "--wsrep-sst-method=skip", "--binlog-format=ROW",
                "--log-bin-trust-function-creators=ON", "--innodb-autoinc-lock-mode=2",
                "--wsrep-provider-options=" + ";".join(f"{name}={value}" for name, value in provider.items())]

    def answers(self):
        return super().answers() and self.query("show status like 'wsrep_ready'") == (("wsrep_ready", "ON"),)

    def close(self):
        super().close()
        for port in (self.group_port, self.transfer_port):
            port.release()
