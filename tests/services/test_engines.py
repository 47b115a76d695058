"""The engines of a cluster, which tests share one after the other."""

import pytest
from services import Engines, MariaDb, MySql


@pytest.mark.parametrize("sql", [MariaDb, MySql])
def test_engines_are_as_new_whatever_was_done_to_them(tmp_path, sql):
    with Engines(tmp_path, sql) as engines:
        engines.redis.client().set("left", "behind")
        engines.sql.query("create table left_behind (id int)")
        assert engines.elasticsearch.request("PUT", "/left-behind")[0] == 200
        ports = engines.urls()
        engines.redis.kill()
        engines.sql.pause()
        engines.elasticsearch.stop()

        engines.empty()

        assert engines.urls() == ports
        assert engines.redis.client().keys() == []
        assert engines.sql.query("show tables") == ()
        assert engines.sql.query("select default_collation_name from information_schema.schemata where schema_name = 'confab'") == (
            ("utf8mb4_bin",),)
        assert engines.elasticsearch.request("GET", "/_cat/indices?format=json") == (200, [])
