#include "search/elastic/index_locator.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <array>
#include <boost/json/serialize.hpp>

#include "support/run.hpp"
#include "support/scripted_elastic.hpp"

namespace confab::search {
namespace {

using testing::run;

constexpr auto cluster = "0123456789abcdef";

TEST(a_described_index, cannot_be_searched_with_another_definition_or_ledger) {
    const auto refusal = [](definition_match found, const std::string& ledger) {
        const index_description index{{}, found, ledger, {}, {}};
        return std::string(reason_not_to_search(index, "0123456789abcdef").value_or("none"));
    };
    EXPECT_EQ(refusal(definition_match::same, "0123456789abcdef"), "none");
    EXPECT_EQ(refusal(definition_match::other_folding, "0123456789abcdef"),
              "has another folding version (`confab reindex` makes a new one)");
    EXPECT_EQ(refusal(definition_match::different, "0123456789abcdef"),
              "has other settings or mappings than expected (`confab reindex` makes a new one)");
    for (const auto* other : {"fedcba9876543210", ""})
        EXPECT_EQ(refusal(definition_match::same, other),
                  "is not an index of this cluster (`confab reindex` makes a new one)");
}

class an_index_locator : public ::testing::Test {
protected:
    // An index of this cluster, as the engine describes it: a member of an object.
    static std::string member(std::string_view name, std::string_view uuid, std::string_view ledger = cluster) {
        const std::array<std::string, 2> aliases{"chat", write_alias_of(name)};
        auto index = definition_body(1, aliases, ledger).as_object();
        index["settings"].as_object()["index"].as_object()["uuid"] = uuid;
        return fmt::format("\"{}\":{}", name, boost::json::serialize(index));
    }
    void respond(const std::string& members) { engine.respond(200, "{" + members + "}"); }

    testing::scripted_elastic engine;
    index_locator tested{engine, "chat", cluster};
};

TEST_F(an_index_locator, describes_the_index_behind_an_alias) {
    respond(member("chat-1", "u1"));
    const auto found = run(describe(engine, "chat"));
    ASSERT_TRUE(found);
    EXPECT_EQ(engine.targets, std::vector<std::string>{"/chat"});
    EXPECT_EQ(found->index.name, "chat-1");
    EXPECT_EQ(found->definition, definition_match::same);
    EXPECT_EQ(found->ledger, cluster);
    EXPECT_EQ(found->aliases, std::vector<std::string>{"chat"});
    EXPECT_TRUE(found->mappings.is_object());
    respond(member("chat-1", "u2"));
    EXPECT_NE(run(describe(engine, "chat"))->index.id, found->index.id);  // created again under its name
    respond(member("chat-2", "u1"));
    EXPECT_EQ(run(describe(engine, "chat"))->index.id, found->index.id);
}

TEST_F(an_index_locator, describes_an_index_that_lacks_everything_but_its_uuid) {
    respond(R"("other":{"settings":{"index":{"uuid":"u"}}})");
    const auto found = run(describe(engine, "other"));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->definition, definition_match::different);
    EXPECT_EQ(found->ledger, "");
    EXPECT_TRUE(found->aliases.empty());
    EXPECT_TRUE(found->mappings.is_null());
}

TEST_F(an_index_locator, reports_why_there_is_no_index_to_describe) {
    const auto expect = [&](unsigned status, const std::string& body, std::string_view why) {
        engine.respond(status, body);
        EXPECT_EQ(run(describe(engine, "chat")).error(), error::unavailable) << body;
        EXPECT_NE(engine.last_failure().find(why), std::string::npos) << engine.last_failure();
    };
    expect(404, "{}", "does not exist");
    expect(403, R"({"error":{"reason":"forbidden"}})", "cannot be read: forbidden");
    expect(200, "[]", "cannot be read: status 200 without a reason");
    expect(200, "{}", "names several indexes");
    expect(200, "{" + member("a", "u1") + "," + member("b", "u2") + "}", "names several indexes");
    expect(200, R"({"a":{}})", "no UUID");
    expect(200, R"({"a":{"settings":{"index":{"uuid":5}}}})", "no UUID");
    EXPECT_EQ(run(describe(engine, "chat")).error(), error::unavailable);  // no response
}

TEST_F(an_index_locator, describes_all_indexes_or_none) {
    respond(member("a", "u1") + "," + member("b", "u2", ""));
    const auto found = run(describe_all(engine, "a,b*"));
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), 2U);
    EXPECT_EQ((*found)[1].index.name, "b");
    EXPECT_EQ((*found)[1].ledger, "");
    EXPECT_TRUE(engine.targets.at(0).starts_with("/a,b*?")) << engine.targets.at(0);
    respond("");
    EXPECT_TRUE(run(describe_all(engine, "a"))->empty());
    respond(member("a", "u1") + R"(,"b":{})");
    EXPECT_EQ(run(describe_all(engine, "*")).error(), error::unavailable);
    for (const auto* body : {"[]", "null"}) {
        engine.respond(200, body);
        EXPECT_EQ(run(describe_all(engine, "*")).error(), error::unavailable) << body;
    }
    engine.respond(403, R"({"error":{"reason":"forbidden"}})");
    EXPECT_EQ(run(describe_all(engine, "*")).error(), error::unavailable);
    EXPECT_NE(engine.last_failure().find("forbidden"), std::string::npos) << engine.last_failure();
    EXPECT_EQ(run(describe_all(engine, "*")).error(), error::unavailable);  // no response
}

TEST_F(an_index_locator, does_not_resolve_to_the_index_of_another_cluster) {
    respond(member("chat-1", "u1", "fedcba9876543210"));
    EXPECT_EQ(run(tested.resolve()).error(), error::unavailable);
    EXPECT_NE(engine.last_failure().find("is not an index of this cluster"), std::string::npos);
}

TEST_F(an_index_locator, asks_again_once_the_result_was_forgotten) {
    for (const auto* name : {"chat-1", "chat-2"}) {
        respond(member(name, name));
        EXPECT_EQ(run(tested.resolve())->name, name);
        tested.forget();
    }
    EXPECT_EQ(run(tested.resolve()).error(), error::unavailable);
    EXPECT_EQ(engine.targets.size(), 3U);
}

TEST_F(an_index_locator, caches_no_failure) {
    EXPECT_FALSE(run(tested.resolve()));
    respond(member("chat-1", "u1"));
    EXPECT_EQ(run(tested.resolve())->name, "chat-1");
}

}  // namespace
}  // namespace confab::search
