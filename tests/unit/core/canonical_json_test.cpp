#include "core/canonical_json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "support/seed.hpp"

namespace confab::core {
namespace {

TEST(canonical_json, is_one_text_for_all_that_say_the_same) {
    struct {
        std::string_view given, canonical;
    } const cases[] = {
        {R"({"b":1,"a":2})", R"({"a":2,"b":1})"},
        {R"({"b":{"d":1,"c":[{"f":1,"e":2}]},"a":2})", R"({"a":2,"b":{"c":[{"e":2,"f":1}],"d":1}})"},
        {R"([3,1,2])", R"([3,1,2])"},
        {R"({"aa":1,"a":2,"":3,"B":4})", R"({"":3,"B":4,"a":2,"aa":1})"},
        // RFC 8785, 3.2.3: the order of UTF-16 code units, which is not that of code points.
        {"{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,\"\\u0080\":6,\"\\u00f6\":7}",
         "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\ufb33\":3}"},
        // Members with the same name keep their order, whichever of them is used.
        {R"({"b":1,"a":2,"b":3,"a":1})", R"({"a":2,"a":1,"b":1,"b":3})"},
        {R"({"b":1,"\u0061":2,"a":1})", R"({"a":2,"a":1,"b":1})"},
        // Numbers keep the form in which they were sent.
        {R"([1,1.0,1e0,-0,10000000000000000000000001,2e400,0.1000,-1.50E+3])",
         R"([1,1.0,1e0,-0,10000000000000000000000001,2e400,0.1000,-1.50E+3])"},
        {R"(["\u00e9\/\u0041","\u0008\t\n\f\r\u001F\"\\","\u007f"])",
         "[\"é/A\",\"\\b\\t\\n\\f\\r\\u001f\\\"\\\\\",\"\x7f\"]"},
        {" { \"b\" : [ true , false,null ] ,\r\n\t\"a\" : { } } ", R"({"a":{},"b":[true,false,null]})"},
        {R"("text")", R"("text")"},
        {"17", "17"},
        {" \r\n-1.50\t", "-1.50"},
    };
    for (const auto& [given, canonical] : cases) {
        EXPECT_EQ(canonical_json(given), canonical);
        EXPECT_EQ(canonical_json(canonical), canonical);
    }
}

TEST(canonical_json, of_what_is_none_is_the_text_as_it_is) {
    for (const std::string& text :
         {std::string(), std::string("{\"b\":1,\"a\":2"), std::string("{\"b\":1} {}"), std::string(" "),
          std::string("[1 ,]"), std::string("[01]"), std::string("{\"b\" :1 /**/}"),
          std::string("{\"b\":1,\"a\":\"\xff\"}"), std::string("{\"b\":\"\\ud800\",\"a\":1}"),
          std::string(1001, '[') + std::string(1001, ']')})
        EXPECT_EQ(canonical_json(text), text);
    const auto deep = std::string(1000, '[') + std::string(1000, ']');
    EXPECT_EQ(canonical_json(deep), deep);
    EXPECT_EQ(canonical_json(std::string(900, '[') + R"({"b":1,"a":2})" + std::string(900, ']')),
              std::string(900, '[') + R"({"a":2,"b":1})" + std::string(900, ']'));
}

// Writes equal values: the shape of each depends on `shapes` only, its order of members and white space on `forms`.
std::string random_value(std::mt19937_64& shapes, std::mt19937_64& forms, int depth) {
    const auto space = [&] { return std::string(forms() % 3, " \t\n\r"[forms() % 4]); };
    const auto joined = [&](const std::vector<std::string>& items, char open, char close) {
        std::string text(1, open);
        for (const auto& item : items) text += (&item == items.data() ? "" : ",") + space() + item + space();
        return text + close;
    };
    const auto kind = shapes() % (depth == 0 ? 3 : 5);
    if (kind == 0) return std::to_string(shapes() % 100);
    if (kind == 1) return forms() % 2 == 0 ? R"("A\u00e9\n")" : "\"\\u0041é\\u000a\"";
    if (kind == 2) return "null";
    std::vector<std::string> items;
    for (auto count = shapes() % 5; count > 0; --count) {
        auto value = random_value(shapes, forms, depth - 1);
        items.push_back(kind == 3 ? value : "\"" + std::string(count, 'k') + "\"" + space() + ":" + space() + value);
    }
    if (kind == 4) std::ranges::shuffle(items, forms);
    return kind == 3 ? joined(items, '[', ']') : joined(items, '{', '}');
}

TEST(canonical_json, of_a_random_value_depends_on_no_form_of_it) {
    std::mt19937_64 seeds(testing::seed());
    for (int i = 0; i < 2'000; ++i) {
        std::mt19937_64 shapes(seeds()), same_shapes = shapes, forms(seeds());
        const auto a = random_value(shapes, forms, 4), b = random_value(same_shapes, forms, 4);
        const auto canonical = canonical_json(a);
        ASSERT_EQ(canonical, canonical_json(b)) << a << '\n' << b;
        ASSERT_EQ(canonical, canonical_json(canonical));
        ASSERT_EQ(canonical.find_first_of(" \t\n\r"), std::string::npos) << canonical;
    }
}

}  // namespace
}  // namespace confab::core
