import http.client
import json
import os
import shutil
import subprocess
from pathlib import Path

from .ports import Port
from .server_cache import server_folder
from .service import Service

RELEASE = "elasticsearch-7.13.3"

CONFIG = """\
cluster.name: confab
node.name: alone
discovery.type: single-node
network.host: 127.0.0.1
http.port: {port}
transport.port: {transport_port}
path.data: {data}
path.logs: {folder}
"""

LOGGING = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %-5p %c{1.} %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
"""

# The options of the start script, adapted to short runs: one collector thread, fast compilation, no heap dumps.
JAVA_OPTIONS = ("-Xms512m", "-Xmx512m", "-Xss1m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto",
                "-Dfile.encoding=UTF-8", "-Djava.awt.headless=true", "-Djava.locale.providers=SPI,COMPAT", "-Djna.nosys=true",
                "-Dio.netty.noUnsafe=true", "-Dio.netty.noKeySetOptimization=true", "-Dio.netty.recycler.maxCapacityPerThread=0",
                "-Dio.netty.allocator.numDirectArenas=0", "-Dlog4j.shutdownHookEnabled=false", "-Dlog4j2.disable.jmx=true",
                "--add-opens=java.base/java.io=ALL-UNNAMED")


class Elasticsearch(Service):
    """A cluster of one node, without X-Pack. `options` are Java's, such as -Xmx2g; the last one counts."""

    name = "elasticsearch"
    role = "elasticsearch"  # of confab's options

    def __init__(self, folder, **more):
        super().__init__(folder, **more)
        self.reserved_transport_port = Port()

    def prepare(self):
        config = self.folder / "config"
        for each in (self.data, config, self.folder / "tmp"):
            each.mkdir()
        (config / "log4j2.properties").write_text(LOGGING)

    def configure(self):
        (self.folder / "config" / "elasticsearch.yml").write_text(CONFIG.format(
            port=self.port, transport_port=self.reserved_transport_port.number, data=self.data, folder=self.folder))
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", "nobody:", self.folder], check=True)

    def privileges(self):
        """Elasticsearch refuses to run as root. So it runs as the user nobody with a capability to read root's folders, which also
        holds for access(2)."""
        if os.geteuid() != 0:
            return []
        return ["--reuid=nobody", "--regid=nogroup", "--clear-groups", "--securebits=+no_setuid_fixup",
                "--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override", "--bounding-set=-all,+dac_override"]

    def command(self):
        home = server_folder(RELEASE) / "server"
        return [java(), *JAVA_OPTIONS, *self.options, f"-Djava.io.tmpdir={self.folder}/tmp", f"-Des.path.home={home}",
                f"-Des.path.conf={self.folder}/config", "-Des.distribution.flavor=oss", "-Des.distribution.type=zip",
                "-Des.bundled_jdk=false", "-cp", f"{home}/lib/*", "org.elasticsearch.bootstrap.Elasticsearch"]

    def url_at(self, port):
        return f"http://127.0.0.1:{port}"

    @property
    def url(self):
        return self.url_at(self.port)

    def request(self, method, path, body=None, timeout=60):
        """Status and decoded answer. A list is sent line by line, as a bulk request needs it."""
        lines = body if isinstance(body, list) else [] if body is None else [body]
        content = "".join(json.dumps(line) + "\n" for line in lines).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, content, {"Content-Type": "application/json"} if content else {})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except http.client.HTTPException as error:
            raise ConnectionError(f"{method} {path}: {error!r}") from error
        finally:
            connection.close()

    def answers(self):
        """Waits for the shards too, because after a restart an index exists before it can be searched."""
        status, health = self.request("GET", "/_cluster/health?wait_for_status=yellow&timeout=5s")
        return status == 200 and not health["timed_out"]

    def close(self):
        super().close()
        self.reserved_transport_port.release()


def java():
    """The Java of Debian's package. Another one in the path may be too new for this Elasticsearch."""
    found = sorted(Path("/usr/lib/jvm").glob("java-17-openjdk-*/bin/java"))
    return found[0] if found else shutil.which("java")
