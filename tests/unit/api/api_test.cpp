#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <set>

#include "api/idempotency_key.hpp"
#include "api/objects.hpp"
#include "api/routes.hpp"
#include "support/commands.hpp"

namespace confab::api {
namespace {

TEST(routes, are_all_there_once) {
    std::set<std::string> seen;
    for (const auto& r : routes()) {
        EXPECT_TRUE(seen.emplace(std::string(http::name_of(r.verb)) + " " + std::string(r.path)).second);
        EXPECT_NE(r.handler, nullptr);
        EXPECT_FALSE(r.summary.empty());
    }
    EXPECT_EQ(seen.size(), 16U);
}

TEST(object_of_a_message, just_created_is_the_one_that_will_be_read) {
    auto command_payload = testing::new_message(core::app_token::make(), 1, "ü \"x\"\n");
    command_payload.sender = testing::valid<core::sender_name>("ann");
    command_payload.metadata = R"({"a":1})";
    const timestamp at{1'700'000'000'123'456};
    const core::message read{
        core::message_number(7), command_payload.content.text(), "ann", command_payload.metadata, 1, at, at};
    EXPECT_EQ(json_of(command_payload, core::created{7, at}), json_of(read));
    const auto object = boost::json::parse(json_of(read)).as_object();
    EXPECT_EQ(object.at("created_at").as_string(), "2023-11-14T22:13:20.123Z");
    EXPECT_EQ(object.at("metadata").as_object().at("a").as_int64(), 1);
}

TEST(object_of_a_message, without_sender_and_metadata_has_null) {
    const auto object =
        boost::json::parse(json_of(core::message{core::message_number(1), "x", {}, {}, 1, {}, {}})).as_object();
    EXPECT_TRUE(object.at("sender").is_null());
    EXPECT_TRUE(object.at("metadata").is_null());
    EXPECT_EQ(object.size(), 7U);
}

http::expected<std::optional<core::idempotency_key>> read_key(std::string_view header, std::string_view payload = "p") {
    const auto command_payload = testing::new_app(core::app_token::make(), std::string(payload));
    return read_idempotency_key({http::verb::post, "/", {{"idempotency-key", header}}, {}, {}}, command_payload);
}

const core::idempotency_key& key(const http::expected<std::optional<core::idempotency_key>>& read) {
    return **read;
}

TEST(idempotency_key, is_the_same_quoted_or_bare) {
    const auto bare = read_key("a-1"), quoted = read_key("\"a-1\""), other = read_key("a-2"),
               changed = read_key("a-1", "q");
    EXPECT_EQ(key(bare).key_hash, key(quoted).key_hash);
    EXPECT_NE(key(bare).key_hash, key(other).key_hash);
    EXPECT_EQ(key(bare).key_hash, key(changed).key_hash);
    EXPECT_NE(key(bare).fingerprint, key(changed).fingerprint);
    EXPECT_EQ(key(read_key(R"("a\"b")")).key_hash, key(read_key("a\"b")).key_hash);
}

TEST(idempotency_key, that_is_not_well_formed_is_refused) {
    const auto too_long = std::string(256, 'x');
    for (const std::string& header : {std::string(), std::string("\""), std::string("\"a"), std::string("\"\""),
                                      std::string(R"("a\n")"), std::string("a\tb"), std::string("ü"), too_long})
        EXPECT_FALSE(read_key(header)) << header;
    EXPECT_TRUE(read_key(too_long.substr(1)));
    const http::request twice{http::verb::post, "/", {{"Idempotency-Key", "a"}, {"idempotency-key", "b"}}, {}, {}};
    EXPECT_FALSE(read_key_hash(twice));
    EXPECT_EQ(*read_key_hash({http::verb::post, "/", {}, {}, {}}), std::nullopt);
}

}  // namespace
}  // namespace confab::api
