"""The real servers of a cluster on loopback, for tests and for `make cluster`; tools/setup brings what they need."""

from .elasticsearch import Elasticsearch
from .mariadb import MariaDb
from .mysql import MySql
from .nginx import Nginx
from .redis_server import Redis
from .service import Service, ServiceFailure
from .toxiproxy import Gate, Toxiproxy

__all__ = ["Elasticsearch", "Gate", "MariaDb", "MySql", "Nginx", "Redis", "Service", "ServiceFailure", "Toxiproxy"]
