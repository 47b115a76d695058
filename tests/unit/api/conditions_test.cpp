#include "api/conditions.hpp"

#include <gtest/gtest.h>

namespace confab::api {
namespace {

using http::verb;

struct header {
    std::string_view name, value;
};

http::expected<conditions> read(verb method, std::initializer_list<header> headers) {
    http::request r{method, "/", {}, {}, {}};
    for (const auto& h : headers) r.headers.push_back({h.name, h.value});
    return conditions::read(r);
}

// The versions that If-Match accepts; empty if it is not well-formed.
std::optional<core::version_condition> versions(std::string_view value) {
    const auto preconditions = read(verb::put, {{"If-Match", value}});
    std::optional<core::version_condition> found;
    if (preconditions) found.emplace(preconditions->versions());
    return found;
}

TEST(conditions, name_versions_by_strong_tags) {
    using list = std::vector<std::uint64_t>;
    EXPECT_EQ(versions("\"3\""), list{3});
    EXPECT_EQ(versions(" \"3\" , W/\"4\",\"x\", \"5\""), (list{3, 5}));
    EXPECT_EQ(versions("W/\"4\""), list{});
    EXPECT_FALSE(versions(" * ").value().has_value());
    for (const auto* empty : {"", " ", ",", ", ,"}) EXPECT_EQ(versions(empty), list{}) << empty;
    for (const auto* text :
         {"3", "\"3", "\"3\" \"4\"", "w/\"3\"", "*, \"3\"", "*, *", ", *", "*,", "\"a b\"", "\"3\"; \"4\""})
        EXPECT_FALSE(versions(text).has_value()) << text;
}

TEST(conditions, on_a_date_count_to_the_microsecond) {
    constexpr std::string_view date = "Sun, 06 Nov 1994 08:49:37 GMT";
    constexpr std::int64_t at = 784'111'777'000'000;
    for (const std::int64_t us : {at - 1, at, at + 1, at + 999'999}) {
        const auto unmodified = read(verb::put, {{"If-Unmodified-Since", date}});
        const auto modified = read(verb::get, {{"If-Modified-Since", date}});
        const representation now{"\"3\"", timestamp{us}};
        EXPECT_EQ(unmodified->failed(now).has_value(), us > at) << us;
        EXPECT_EQ(modified->failed(now).has_value(), us <= at) << us;
        EXPECT_EQ(modified->failed({"\"3\"", {}}), std::nullopt);
    }
}

TEST(conditions, that_are_ignored_need_no_look_at_the_message) {
    const auto need = [](verb method, std::initializer_list<header> headers) {
        return read(method, headers)->need_representation();
    };
    constexpr std::string_view date = "Sun, 06 Nov 1994 08:49:37 GMT";
    EXPECT_FALSE(need(verb::put, {}));
    EXPECT_FALSE(need(verb::put, {{"If-Match", "*"}, {"If-Unmodified-Since", date}}));
    EXPECT_FALSE(need(verb::put, {{"If-Modified-Since", date}}));
    EXPECT_FALSE(need(verb::put, {{"If-Unmodified-Since", "yesterday"}}));
    EXPECT_FALSE(need(verb::put, {{"If-Unmodified-Since", date}, {"if-unmodified-since", date}}));
    EXPECT_TRUE(need(verb::put, {{"if-unmodified-since", date}}));
    EXPECT_TRUE(need(verb::put, {{"If-None-Match", ""}}));
}

}  // namespace
}  // namespace confab::api
