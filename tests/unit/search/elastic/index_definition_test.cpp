// The settings of an index in Elasticsearch, without an engine.
#include "search/elastic/index_definition.hpp"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>

namespace confab::search {
namespace {

TEST(index_definition, distinguishes_another_folding_from_another_mapping) {
    const std::array<std::string, 1> aliases{"x-write"};
    const auto made = search::definition_body(1, aliases, "0123456789abcdef").as_object();
    const auto described = [&](auto change) {
        boost::json::object index = made;
        change(index["mappings"].as_object());
        return search::compare_definition(index);
    };
    using search::definition_match;
    EXPECT_EQ(described([](auto&) {}), definition_match::same);
    EXPECT_EQ(described([](auto& m) { m["_meta"].as_object()["ledger"] = "fedcba9876543210"; }),
              definition_match::same);
    EXPECT_EQ(described([](auto& m) { m["_meta"] = boost::json::object{{"folding", "2 of Unicode 99"}}; }),
              definition_match::other_folding);
    EXPECT_EQ(described([](auto& m) { m.erase("_meta"); }),
              definition_match::other_folding);  // of a version that did not record it
    EXPECT_EQ(described([](auto& m) { m["dynamic"] = "true"; }), definition_match::different);
    EXPECT_EQ(described([](auto& m) { m.erase("properties"); }), definition_match::different);
    EXPECT_EQ(search::compare_definition(boost::json::object()), definition_match::different);
}

TEST(index_definition, names_the_ledger_of_an_index) {
    const std::array<std::string, 1> aliases{"x-write"};
    EXPECT_EQ(search::ledger_of(search::definition_body(1, aliases, "0123456789abcdef")), "0123456789abcdef");
    EXPECT_EQ(search::ledger_of(search::definition_body(1, aliases, "")), "");
    EXPECT_EQ(search::ledger_of(boost::json::object()), "");
}

}  // namespace
}  // namespace confab::search
