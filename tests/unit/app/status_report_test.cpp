// What `confab status` makes of what the engines said.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "app/status.hpp"

namespace confab::app {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using sentences = std::vector<std::string>;

constexpr std::uint64_t mib = 1024 * 1024;
const std::string owner(32, 'A');

partition_report partition(core::partition_number p, const std::string& of, std::uint64_t entries = 0,
                           std::optional<std::chrono::milliseconds> oldest_age = {}) {
    return {{p, of, {}, of.empty() ? 0us : 5s}, queue::stream_state{entries, std::nullopt}, oldest_age};
}

cluster_report sound_cluster() {
    return {.cluster = "0123456789abcdef",
            .engines = {{"mysql", "mysql://db/confab", "8.4", "primary", 166us},
                        {"redis", "redis://queue:6379", "7.0", "primary", 90us},
                        {"elasticsearch", "http://index:9200", "7.17", "green", 2ms}},
            .workers = {{owner, 6s, 4}},
            .partitions = {partition(0, owner), partition(1, owner), partition(2, owner), partition(3, owner)},
            .memory = redis_memory{10 * mib, 100 * mib, "noeviction"},
            .dead_letters = 0,
            .index = index_report{"confab-1", ledger::mysql::index_notes_state{3, 9min},
                                  ledger::mysql::index_coverage{1, 2, 3}}};
}

// Its problem is in the tables and in the JSON, too.
void expect_problem(const cluster_report& r, const std::string& problem) {
    EXPECT_EQ(problems_of(r), sentences{problem});
    EXPECT_NE(to_tables(r).find("problem: " + problem + "\n"), std::string::npos) << to_tables(r);
    const auto found = json::parse(to_json(r)).as_object().at("problems").as_array();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(std::string(found[0].as_string().c_str()), problem);
}

TEST(status_report, has_no_problem_while_all_is_well) {
    EXPECT_EQ(problems_of(sound_cluster()), sentences());
    EXPECT_EQ(to_tables(sound_cluster()).find("problem"), std::string::npos);
}

TEST(status_report, reports_an_evicting_redis) {
    auto r = sound_cluster();
    r.memory->policy = "allkeys-lru";
    expect_problem(
        r, "redis: its maxmemory-policy is 'allkeys-lru': set it to noeviction; other policies evict queued commands");
    EXPECT_NE(to_json(r).find("\"maxmemory_policy\":\"allkeys-lru\""), std::string::npos) << to_json(r);
    r.memory->policy.clear();  // it does not say
    EXPECT_EQ(problems_of(r), sentences());
}

TEST(status_report, reports_a_redis_that_is_nearly_full) {
    auto r = sound_cluster();
    r.memory->used = 89 * mib;
    EXPECT_EQ(problems_of(r), sentences());
    r.memory->used = 90 * mib;
    expect_problem(r, "redis: it uses 90.0 of 100.0 MiB: at its maxmemory it refuses writes");
    r.memory->most = 0;  // no limit
    EXPECT_EQ(problems_of(r), sentences());
}

TEST(status_report, says_what_redis_does_not_show) {
    auto r = sound_cluster();
    EXPECT_NE(to_tables(r).find("Redis uses 10.0 MiB, 100.0 MiB at the most\n"), std::string::npos) << to_tables(r);
    r.memory = redis_memory{std::nullopt, 100 * mib, "noeviction"};
    EXPECT_EQ(problems_of(r), sentences());
    EXPECT_EQ(to_tables(r).find("Redis uses"), std::string::npos) << to_tables(r);
    const auto redis = json::parse(to_json(r)).at("engines").at("redis").as_object();
    EXPECT_TRUE(redis.at("memory_bytes").is_null());
    EXPECT_EQ(redis.at("memory_bytes_max").as_int64(), static_cast<std::int64_t>(100 * mib));
}

TEST(status_report, reports_partitions_that_do_not_move) {
    auto r = sound_cluster();
    for (const auto p : std::initializer_list<core::partition_number>{0, 1, 3})
        r.partitions[p] = partition(p, owner, 5, 29s);
    EXPECT_EQ(problems_of(r), sentences());
    for (const auto p : std::initializer_list<core::partition_number>{0, 1, 3})
        r.partitions[p] = partition(p, owner, 5, 30s + p * 1s);
    expect_problem(r,
                   "partitions are behind, though workers own them: 0-1, 3; their oldest command has waited for 33.0 "
                   "s: workers are overloaded or cannot commit, see their logs");
    r.workers[0].lease = 20s;  // then 40 s are normal
    EXPECT_EQ(problems_of(r), sentences());
}

TEST(status_report, reports_an_index_that_is_behind_for_long) {
    auto r = sound_cluster();
    r.index->waiting->oldest = 10min;
    expect_problem(r, "the search index has unindexed changes for 10 min; searches scan more: see the workers' logs");
    r.index->waiting->chats = 0;
    EXPECT_EQ(problems_of(r), sentences());
}

TEST(status_report, says_that_it_does_not_know_what_waits_for_an_index_that_it_cannot_reach) {
    auto r = sound_cluster();
    r.index = index_report{""};
    EXPECT_NE(to_tables(r).find("search index: not available, progress unknown\n"), std::string::npos) << to_tables(r);
    EXPECT_EQ(to_tables(r).find("to be indexed"), std::string::npos) << to_tables(r);
    const auto index = json::parse(to_json(r)).as_object().at("index").as_object();
    for (const auto& member : index) EXPECT_TRUE(member.value().is_null()) << member.key();
}

TEST(status_report, groups_equal_partitions_and_shows_those_in_trouble_first) {
    auto r = sound_cluster();
    r.partitions.push_back(partition(4, owner, 2, 700ms));
    r.partitions.push_back(partition(5, ""));
    r.partitions.push_back(partition(6, owner));
    const auto tables = to_tables(r);
    const auto unowned = tables.find("none                              5\n"), waiting = tables.find(owner + "  4\n"),
               quiet = tables.find(owner + "  0-3, 6\n");
    ASSERT_NE(quiet, std::string::npos) << tables;
    EXPECT_LT(unowned, waiting) << tables;
    EXPECT_LT(waiting, quiet) << tables;
}

TEST(status_report, writes_whole_numbers_into_its_json) {
    const auto text = to_json(sound_cluster());
    EXPECT_NE(text.find("\"latency_us\":166,"), std::string::npos) << text;
    EXPECT_NE(text.find("\"oldest_waiting_age_ms\":540000,"), std::string::npos) << text;
    EXPECT_NE(text.find("\"lease_left_ms\":5000,"), std::string::npos) << text;
}

}  // namespace
}  // namespace confab::app
