"""The servers of a cluster on loopback, for tests and for `make cluster`. tools/setup installs their packages."""

from .cluster import Cluster
from .confab import Node, Worker
from .elasticsearch import Elasticsearch
from .engines import Engines
from .galera import Galera
from .mariadb import MariaDb
from .mysql import MySql
from .nginx import Nginx, ResolverNginx, StreamNginx
from .redis_server import Redis
from .service import Service, ServiceFailure
from .toxiproxy import Proxy, Toxiproxy

__all__ = ["Cluster", "Elasticsearch", "Engines", "Galera", "MariaDb", "MySql", "Nginx", "Node", "Proxy", "Redis", "ResolverNginx",
           "Service", "ServiceFailure", "StreamNginx", "Toxiproxy", "Worker"]
