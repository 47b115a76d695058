// The index in Elasticsearch, with its progress in MySQL: the contract, and its own features.
#include "search/elastic/elastic_index.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/digest.hpp"
#include "contract/index_contract.hpp"
#include "core/folding.hpp"
#include "core/folding_version.hpp"
#include "search/elastic/index_definition.hpp"
#include "search/elastic/state.hpp"
#include "support/elastic.hpp"
#include "support/run.hpp"
#include "support/seed.hpp"

namespace confab::testing {
namespace {

using core::chat_id, core::message_number;
using search::indexed_text, core::position;

class elastic_fixture final : public index_fixture {
public:
    search::index& reader() override { return opened_->reader(); }
    search::index_writer& writer() override { return opened_->writer(); }
    search::index_auditor& auditor() override { return opened_->auditor(); }
    void reopen() override {
        opened_.reset();
        opened_ = search::open_elastic_index(options_, *progress_);
    }

private:
    const search::elastic_index_options options_ = new_elastic_index();
    const std::unique_ptr<ledger::index_progress> progress_ =
        ledger::mysql::make_mysql_index_progress(mysql_with_schema());
    std::unique_ptr<search::elastic_index> opened_ = search::open_elastic_index(options_, *progress_);
};

INSTANTIATE_TEST_SUITE_P(elastic, index_contract,
                         ::testing::Values(named_index{"elastic", [] { return std::make_unique<elastic_fixture>(); }}),
                         [](const auto& tested) { return tested.param.name; });

constexpr chat_id chat(7);

class elastic_index_test : public ::testing::Test {
protected:
    std::unique_ptr<search::elastic_index> open() { return search::open_elastic_index(options, *progress); }

    static std::vector<indexed_text> texts(std::uint64_t first, std::uint64_t last, const std::string& text) {
        std::vector<indexed_text> all;
        for (auto n = first; n <= last; ++n) all.push_back({message_number(n), 1, text});
        return all;
    }
    static result<void> store(search::elastic_index& into, const std::vector<indexed_text>& all, position from,
                              position to) {
        return run(into.writer().store(chat, all, from, to));
    }
    static std::vector<std::uint64_t> candidate_numbers(search::elastic_index& by, const std::string& query) {
        return candidate_numbers(by, core::folded_query(query));
    }
    static std::vector<std::uint64_t> candidate_numbers(search::elastic_index& by, const core::folded_query& query) {
        std::vector<std::uint64_t> all;
        for (std::optional below = message_number(core::number_max); below;) {
            const auto slice = run(by.reader().candidates(chat, query, *below)).value();
            for (const auto n : slice.numbers) all.push_back(n.value());
            below = slice.next;
        }
        return all;
    }

    elastic::response ask(elastic::verb verb, const std::string& target, const std::string& body = "") {
        return run(engine->send(elastic::request(verb, target, body))).value();
    }
    // The one index behind the alias.
    std::string index_name() {
        const auto response = ask(elastic::verb::get, "/" + options.alias + "/_alias");
        const auto& all = response.body.as_object();
        EXPECT_EQ(all.size(), 1U);
        return std::string(all.begin()->key());
    }

    // Creates another index with this definition, with an alias and a write alias. Returns its name.
    std::string put_index(const std::string& alias, const std::string& meta) {
        const auto name = search::new_index_name(alias);
        const std::array aliases{alias, search::write_alias_of(name)};
        auto body = search::definition_body(1, aliases, "").as_object();
        body["mappings"].as_object()["_meta"] = boost::json::parse(meta);
        EXPECT_TRUE(ask(elastic::verb::put, "/" + name, boost::json::serialize(body)).is_ok());
        return name;
    }

    const search::elastic_index_options options = new_elastic_index();
    const std::unique_ptr<elastic::client> engine = elastic::make_client(options.engine);
    const std::unique_ptr<ledger::index_progress> progress =
        ledger::mysql::make_mysql_index_progress(mysql_with_schema());
};

TEST_F(elastic_index_test, returns_more_than_ten_thousand_candidates) {
    const auto index = open();
    for (std::uint64_t n = 0; n < 12'000; n += 4'000)
        ASSERT_TRUE(store(*index, texts(n + 1, n + 4'000, "page me"), {n, 0}, {n + 4'000, 0}));
    const auto all = candidate_numbers(*index, "e m");
    ASSERT_EQ(all.size(), 12'000U);
    for (std::uint64_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], 12'000 - i);
}

TEST_F(elastic_index_test, does_not_restore_deleted_texts_on_a_late_replay) {
    const auto index = open();
    ASSERT_TRUE(store(*index, {{message_number(1), 1, "a secret word"}}, {}, {1, 0}));
    ASSERT_TRUE(store(*index, {{message_number(1), 2, ""}}, {1, 0}, {1, 1}));
    const auto old_bulk = R"({"index":{"_id":"7:1","routing":"7","version":1,"version_type":"external"}})"
                          "\n"
                          R"({"chat":"7","number":1,"text":"a secret word"})"
                          "\n";
    const auto target = "/" + search::write_alias_of(index_name()) + "/_bulk?refresh=true";
    const auto replayed = ask(elastic::verb::post, target, old_bulk);
    EXPECT_EQ(replayed.body.at_pointer("/items/0/index/status").as_int64(), 409);
    EXPECT_TRUE(candidate_numbers(*index, "secret").empty());
    EXPECT_TRUE(candidate_numbers(*index, "s").empty());
    EXPECT_EQ(run(index->auditor().texts(chat, {})).value().texts,
              (std::vector{indexed_text{message_number(1), 2, ""}}));
}

TEST_F(elastic_index_test, accepts_one_of_two_stores_at_the_same_position) {
    const auto one = open(), other = open();
    ASSERT_TRUE(store(*one, texts(1, 5, "a"), {}, {5, 0}));
    EXPECT_EQ(store(*other, texts(1, 5, "a"), {}, {5, 0}).error(), error::version_mismatch);
    asio::io_context loop;
    int stored = 0, refused = 0;
    const auto all = texts(6, 9, "b");
    for (const auto* writer : {&one, &other}) {
        asio::co_spawn(loop, (*writer)->writer().store(chat, all, {5, 0}, {9, 0}),
                       [&](std::exception_ptr, const result<void>& r) {
                           stored += r ? 1 : 0;
                           refused += !r && r.error() == error::version_mismatch ? 1 : 0;
                       });
    }
    loop.run();
    EXPECT_EQ(stored, 1);
    EXPECT_EQ(refused, 1);
    EXPECT_EQ(candidate_numbers(*one, "b"), (std::vector<std::uint64_t>{9, 8, 7, 6}));
}

TEST_F(elastic_index_test, has_no_position_when_lost_and_created_again) {
    const auto index = open(), unaware = open();
    const core::folded_query query("kept");
    ASSERT_TRUE(store(*index, texts(1, 5, "kept"), {}, {5, 0}));
    EXPECT_FALSE(run(index->writer().maintain()));
    EXPECT_EQ(run(unaware->reader().find_position(chat)).value(), (position{5, 0}));
    const auto lost = index_name();
    ASSERT_TRUE(ask(elastic::verb::erase, "/" + lost).is_ok());
    EXPECT_EQ(store(*index, texts(6, 7, "late"), {5, 0}, {7, 0}).error(), error::unavailable);
    EXPECT_EQ(ask(elastic::verb::get, "/" + lost).status, 404U);
    EXPECT_EQ(run(unaware->reader().candidates(chat, query, message_number(6))).error(), error::unavailable);
    EXPECT_EQ(run(index->reader().find_position(chat)).error(), error::unavailable);
    search::migrate_elastic(options);
    EXPECT_EQ(run(index->reader().find_position(chat)).value(), position());
    EXPECT_TRUE(run(index->writer().maintain()));
    ASSERT_TRUE(store(*index, texts(1, 5, "kept"), {}, {5, 0}));
    EXPECT_EQ(candidate_numbers(*index, "kept").size(), 5U);
}

TEST_F(elastic_index_test, is_kept_by_migrate_when_it_exists) {
    const auto index = open();
    ASSERT_TRUE(store(*index, texts(1, 5, "kept"), {}, {5, 0}));
    const auto before = index_name();
    search::migrate_elastic(options);
    EXPECT_EQ(index_name(), before);
    EXPECT_EQ(candidate_numbers(*index, "kept").size(), 5U);
}

TEST_F(elastic_index_test, of_another_mapping_is_refused_by_migrate_and_never_read) {
    auto others = options;
    others.alias += "-others";
    const auto made =
        R"({"aliases":{")" + others.alias + R"(":{}},"mappings":{"properties":{"text":{"type":"text"}}}})";
    ASSERT_TRUE(ask(elastic::verb::put, "/" + others.alias + "-1", made).is_ok());
    EXPECT_THROW(search::migrate_elastic(others), startup_error);
    EXPECT_EQ(run(search::open_elastic_index(others, *progress)->reader().find_position(chat)).error(),
              error::unavailable);
    auto plain = options;
    plain.alias += "-plain";
    ASSERT_TRUE(ask(elastic::verb::put, "/" + plain.alias).is_ok());
    EXPECT_THROW(search::migrate_elastic(plain), startup_error);
}

// An index of an older or newer version: this version neither reads nor writes it, and a new index can replace it.
TEST_F(elastic_index_test, of_another_folding_is_kept_until_it_is_rebuilt) {
    int count = 0;
    const auto ledger = R"("ledger":")" + options.cluster + '"';
    for (const auto& meta : {R"({"folding":"2 of Unicode 99",)" + ledger + '}', '{' + ledger + '}'}) {
        auto others = options;
        others.alias += "-folded" + std::to_string(++count);
        const auto name = put_index(others.alias, meta);
        const auto index = search::open_elastic_index(others, *progress);
        EXPECT_EQ(run(index->reader().find_position(chat)).error(), error::unavailable);
        EXPECT_EQ(store(*index, texts(1, 5, "x"), {}, {5, 0}).error(), error::unavailable);
        EXPECT_NO_THROW(search::migrate_elastic(others));
        EXPECT_EQ(run(search::state_of(others)).fault,
                  "the index " + name + " has another folding version (`confab reindex` makes a new one)");
        const auto replacement =
            search::open_replacement_index(others, *progress, search::new_replacement_name(others));
        ASSERT_TRUE(run(replacement->make()));
        ASSERT_TRUE(store(*replacement, texts(1, 3, "new"), {}, {3, 0}));
        ASSERT_TRUE(run(replacement->swap_alias()));
        EXPECT_EQ(ask(elastic::verb::get, "/" + name).status, 404U);
        EXPECT_EQ(run(index->reader().find_position(chat)).value(), (position{3, 0}));
    }
}

TEST_F(elastic_index_test, of_another_cluster_is_never_read_and_survives_its_replacement) {
    auto others = options;
    others.alias += "-others";
    const auto name = put_index(
        others.alias, R"({"folding":")" + std::string(core::folding_version()) + R"(","ledger":"fedcba9876543210"})");
    const auto index = search::open_elastic_index(others, *progress);
    EXPECT_EQ(run(index->reader().find_position(chat)).error(), error::unavailable);
    EXPECT_EQ(store(*index, texts(1, 5, "x"), {}, {5, 0}).error(), error::unavailable);
    EXPECT_THROW(search::migrate_elastic(others), startup_error);
    const auto replacement = search::open_replacement_index(others, *progress, search::new_replacement_name(others));
    ASSERT_TRUE(run(replacement->make()));
    ASSERT_TRUE(run(replacement->swap_alias()));
    EXPECT_EQ(run(index->reader().find_position(chat)).value(), position());
    EXPECT_EQ(ask(elastic::verb::get, "/" + name).status, 200U);
}

// The index of version 0.1.0 does not name its ledger, and has an alias that all clusters share.
class legacy_elastic_index : public elastic_index_test {
protected:
    ~legacy_elastic_index() override { ask(elastic::verb::erase, "/" + name); }

    // As version 0.1.0 left it: with the texts, and with progress if it belongs to this ledger.
    void fill(bool is_followed) {
        const auto present = search::open_elastic_index(old, *progress);
        ASSERT_TRUE(store(*present, texts(1, 5, "kept"), {}, {5, 0}));
        if (is_followed) return;
        const auto uuid = ask(elastic::verb::get, "/" + name).body.at_pointer("/" + name + "/settings/index/uuid");
        const auto digest = digest_of({std::string_view(uuid.as_string())});
        ledger::index_id id;
        std::copy_n(digest.begin(), id.size(), id.begin());
        ASSERT_TRUE(run(progress->forget(id)));
    }
    search::elastic_index_options of_new_cluster() const {
        auto o = options;
        o.cluster = "00000000" + options.cluster.substr(8);
        o.alias = search::search_alias_of(o.cluster);
        return o;
    }

    const search::elastic_index_options old{.engine = options.engine, .cluster = "", .alias = "confab-messages"};
    const std::string name = put_index(old.alias, R"({"folding":")" + std::string(core::folding_version()) + R"("})");
};

TEST_F(legacy_elastic_index, is_claimed_with_all_texts_by_the_ledger_that_indexed_into_it) {
    fill(true);
    const auto mine = of_new_cluster();
    EXPECT_EQ(search::claim_old_index(mine, *progress), search::claim_result::done);
    EXPECT_NO_THROW(search::migrate_elastic(mine));
    const auto index = search::open_elastic_index(mine, *progress);
    EXPECT_EQ(candidate_numbers(*index, "kept").size(), 5U);
    EXPECT_EQ(ask(elastic::verb::get, "/" + old.alias).status, 404U);
    ASSERT_TRUE(store(*index, texts(6, 7, "kept"), {5, 0}, {7, 0}));
    EXPECT_EQ(candidate_numbers(*index, "kept").size(), 7U);
    EXPECT_EQ(search::claim_old_index(mine, *progress), search::claim_result::not_needed);
    const auto replacement = search::open_replacement_index(mine, *progress, search::new_replacement_name(mine));
    ASSERT_TRUE(run(replacement->make()));
    ASSERT_TRUE(run(replacement->swap_alias()));
    EXPECT_EQ(ask(elastic::verb::get, "/" + name).status, 404U);
}

TEST_F(legacy_elastic_index, is_claimed_after_an_interrupted_claim) {
    fill(true);
    auto mine = of_new_cluster();
    const auto mapping = R"({"_meta":{"folding":")" + std::string(core::folding_version()) + R"(","ledger":")" +
                         mine.cluster + R"("},"_routing":{"required":true}})";
    ASSERT_TRUE(ask(elastic::verb::put, "/" + name + "/_mapping", mapping).is_ok());
    EXPECT_EQ(search::claim_old_index(mine, *progress), search::claim_result::done);
    EXPECT_EQ(candidate_numbers(*search::open_elastic_index(mine, *progress), "kept").size(), 5U);
}

TEST_F(legacy_elastic_index, is_not_claimed_by_a_ledger_that_never_indexed_into_it) {
    fill(false);
    const auto mine = of_new_cluster();
    EXPECT_EQ(search::claim_old_index(mine, *progress), search::claim_result::not_ours);
    EXPECT_NO_THROW(search::migrate_elastic(mine));
    EXPECT_EQ(candidate_numbers(*search::open_elastic_index(mine, *progress), "kept").size(), 0U);
    EXPECT_EQ(ask(elastic::verb::get, "/" + old.alias).status, 200U);
}

TEST_F(legacy_elastic_index, is_not_claimed_when_marked_for_another_cluster) {
    fill(true);
    const auto theirs = of_new_cluster();
    EXPECT_EQ(search::claim_old_index(theirs, *progress), search::claim_result::done);
    ASSERT_TRUE(ask(elastic::verb::put, "/" + name + "/_alias/" + old.alias, "{}").is_ok());
    auto mine = theirs;
    mine.cluster[0] = '1';
    mine.alias = search::search_alias_of(mine.cluster);
    EXPECT_EQ(search::claim_old_index(mine, *progress), search::claim_result::not_ours);
}

TEST_F(elastic_index_test, is_replaced_by_its_replacement_atomically) {
    const auto index = open();
    ASSERT_TRUE(store(*index, texts(1, 5, "old"), {}, {5, 0}));
    EXPECT_FALSE(run(index->writer().maintain()));
    const auto before = index_name();
    const auto replacement = search::open_replacement_index(options, *progress, search::new_replacement_name(options));
    ASSERT_TRUE(run(replacement->make()));
    ASSERT_TRUE(store(*replacement, texts(1, 3, "new"), {}, {3, 0}));
    EXPECT_EQ(candidate_numbers(*index, "old").size(), 5U);
    ASSERT_TRUE(run(replacement->swap_alias()));
    EXPECT_NE(index_name(), before);
    EXPECT_EQ(ask(elastic::verb::get, "/" + before).status, 404U);
    EXPECT_EQ(run(index->reader().find_position(chat)).value(), (position{3, 0}));
    EXPECT_EQ(candidate_numbers(*index, "new").size(), 3U);
    EXPECT_TRUE(run(index->writer().maintain()));
}

TEST_F(elastic_index_test, unfinished_replacement_is_resumed_by_name) {
    const auto kept = index_name();
    const auto name = search::new_replacement_name(options);
    const auto first = search::open_replacement_index(options, *progress, name);
    EXPECT_FALSE(run(first->is_usable()).value());
    ASSERT_TRUE(run(first->make()));
    ASSERT_TRUE(store(*first, texts(1, 3, "new"), {}, {3, 0}));
    const auto second = search::open_replacement_index(options, *progress, name);
    EXPECT_TRUE(run(second->is_usable()).value());
    ASSERT_TRUE(run(second->make()));
    EXPECT_EQ(run(second->reader().find_position(chat)).value(), (position{3, 0}));
    EXPECT_EQ(index_name(), kept);
    ASSERT_TRUE(run(second->swap_alias()));
    ASSERT_TRUE(run(second->swap_alias()));
    EXPECT_EQ(index_name(), name);
    EXPECT_EQ(ask(elastic::verb::get, "/" + kept).status, 404U);
}

TEST_F(elastic_index_test, replacement_of_another_ledger_or_of_none_is_unusable) {
    auto others = options;
    others.cluster = "fedcba9876543210";
    const auto name = search::new_replacement_name(options);
    ASSERT_TRUE(run(search::open_replacement_index(others, *progress, name)->make()));
    EXPECT_FALSE(run(search::open_replacement_index(options, *progress, name)->is_usable()).value());
    EXPECT_TRUE(run(search::open_replacement_index(others, *progress, name)->is_usable()).value());
}

TEST_F(elastic_index_test, failure_message_names_the_engine) {
    auto gone = options;
    gone.engine.where = engine_url::parse("http://127.0.0.1:1", "http", 9200);
    const auto index = search::open_elastic_index(gone, *progress);
    EXPECT_EQ(run(index->reader().find_position(chat)).error(), error::unavailable);
    EXPECT_EQ(index->last_failure(), "Elasticsearch at http://127.0.0.1:1: Connection refused");
    const auto there = open();
    ASSERT_TRUE(run(there->reader().find_position(chat)));
    EXPECT_EQ(there->last_failure(), "");
    auto absent = options;
    absent.alias += "-absent";
    const auto none = search::open_elastic_index(absent, *progress);
    EXPECT_EQ(run(none->reader().find_position(chat)).error(), error::unavailable);
    EXPECT_NE(none->last_failure().find("the search index " + absent.alias + " does not exist"), std::string::npos)
        << none->last_failure();
}

std::string utf8(char32_t c) {
    const auto byte = [](char32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
    if (c < 0x80) return {byte(c)};
    if (c < 0x800) return {byte(0xc0 | c >> 6), byte(0x80 | (c & 0x3f))};
    if (c < 0x10000) return {byte(0xe0 | c >> 12), byte(0x80 | (c >> 6 & 0x3f)), byte(0x80 | (c & 0x3f))};
    return {byte(0xf0 | c >> 18), byte(0x80 | (c >> 12 & 0x3f)), byte(0x80 | (c >> 6 & 0x3f)), byte(0x80 | (c & 0x3f))};
}

// Letters, operators of query languages, white space and controls, combining marks, various scripts, emoji with
// joiners, private use and unassigned code points.
constexpr std::pair<char32_t, char32_t> scripts[] = {
    {'a', 'e'},         {'A', 'E'},          {'!', '/'},         {'[', '`'},         {1, 0x20},
    {0x80, 0xa0},       {0xc0, 0xff},        {0x300, 0x308},     {0x391, 0x3c9},     {0x410, 0x44f},
    {0x5d0, 0x5ea},     {0x627, 0x64a},      {0x915, 0x94d},     {0xe01, 0xe3a},     {0x1100, 0x1112},
    {0x2000, 0x200f},   {0x2028, 0x202f},    {0x3041, 0x3050},   {0x4e00, 0x4e10},   {0xac00, 0xac10},
    {0xe000, 0xe003},   {0xfe00, 0xfe0f},    {0xfeff, 0xfeff},   {0xff21, 0xff25},   {0xfffd, 0xffff},
    {0x10330, 0x10334}, {0x1d400, 0x1d404},  {0x1f3fb, 0x1f3ff}, {0x1f466, 0x1f46a}, {0x20000, 0x20004},
    {0xe0100, 0xe0102}, {0x10fffd, 0x10ffff}};

// A query returns exactly the texts that contain it: a phrase of trigrams is a substring, in any script.
TEST_F(elastic_index_test, returns_exactly_the_matches_of_a_plain_search_in_all_scripts) {
    std::mt19937_64 random(seed());
    const auto below = [&](std::uint64_t bound) { return random() % bound; };
    const auto any_text = [&](std::size_t characters) {
        std::string t;
        for (std::size_t i = 0; i < characters; ++i) {
            const auto& [first, last] = scripts[below(std::size(scripts))];
            t += utf8(first + static_cast<char32_t>(below(last - first + 1)));
        }
        return core::fold(t);
    };
    const auto index = open();
    std::vector<indexed_text> held;
    for (std::uint64_t n = 1; n <= 2'000; ++n) {
        const auto length = below(100) == 0 ? below(20'000) : below(30);
        held.push_back({message_number(n), 1, any_text(length)});
    }
    ASSERT_TRUE(store(*index, held, {}, {held.size(), 0}));
    const auto any_part = [&]() -> std::string {
        const auto& from = held[below(held.size())].text;
        std::vector<std::size_t> starts;
        for (std::size_t i = 0; i < from.size(); ++i)
            if ((from[i] & 0xc0) != 0x80) starts.push_back(i);
        if (starts.empty()) return "a";
        const auto begin = below(starts.size());
        const auto end = begin + 1 + below(12);
        return from.substr(starts[begin], end < starts.size() ? starts[end] - starts[begin] : std::string::npos);
    };
    for (int i = 0; i < 400; ++i) {
        const core::folded_query query(below(5) == 0 ? any_text(1 + below(3)) : any_part());
        if (query.folded().empty()) continue;
        std::vector<std::uint64_t> expected;
        for (const auto& t : held)
            if (query.find_in(t.text, 0) != std::string::npos) expected.insert(expected.begin(), t.number.value());
        ASSERT_EQ(candidate_numbers(*index, query), expected)
            << boost::json::serialize(boost::json::string(query.folded()));
    }
}

TEST_F(elastic_index_test, searches_the_longest_query_by_its_prefix) {
    const auto index = open();
    const std::string same(64, 'x');
    ASSERT_TRUE(store(*index, {{message_number(1), 1, same + "yes"}, {message_number(2), 1, same + "no"}}, {}, {2, 0}));
    EXPECT_EQ(candidate_numbers(*index, same + "yes"), (std::vector<std::uint64_t>{2, 1}));
    EXPECT_EQ(candidate_numbers(*index, same.substr(3) + "yes"), (std::vector<std::uint64_t>{1}));
}

}  // namespace
}  // namespace confab::testing
