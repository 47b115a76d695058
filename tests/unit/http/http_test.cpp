#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/trimmed.hpp"
#include "http/gzip.hpp"
#include "http/json.hpp"
#include "http/json_members.hpp"
#include "http/multipart.hpp"
#include "http/parameters.hpp"
#include "http/percent.hpp"
#include "http/problem.hpp"

namespace confab::http {
namespace {

TEST(percent, decodes_what_is_well_formed_only) {
    EXPECT_EQ(percent_decode("a%20b%C3%BC+", plus::stays), "a bü+");
    EXPECT_EQ(percent_decode("a+b%2B", plus::is_space), "a b+");
    EXPECT_EQ(percent_decode("grün", plus::stays), "grün");
    EXPECT_EQ(percent_decode("a%00", plus::stays), std::string("a\0", 2));
    for (const auto* text : {"%", "%1", "%zz", "%1g", "a%", "aa%4", "%41%4"})
        EXPECT_FALSE(percent_decode(text, plus::stays)) << text;
}

TEST(form, is_pairs_in_order) {
    EXPECT_EQ(parse_form("a=1&b=&c&&a=x%3Dy=z"), (pairs{{"a", "1"}, {"b", ""}, {"c", ""}, {"a", "x=y=z"}}));
    EXPECT_EQ(parse_form(""), pairs{});
    EXPECT_FALSE(parse_form("a=%"));
}

TEST(target, has_a_path_and_a_query) {
    EXPECT_EQ(path_of("/a/b?c=/d?e"), "/a/b");
    EXPECT_EQ(query_of("/a/b?c=/d?e"), "c=/d?e");
    EXPECT_EQ(query_of("/a"), "");
    EXPECT_EQ(path_of("http://host:80/a?x=http://y/z"), "/a");
    EXPECT_EQ(path_of("http://host"), "/");
    EXPECT_EQ(path_of("/a/http://host/b"), "/a/http://host/b");
}

TEST(target, in_absolute_form_has_an_authority_that_ends_where_its_path_begins) {
    EXPECT_EQ(authority_of("http://host:80/a?x=http://y/z"), "host:80");
    EXPECT_EQ(authority_of("http://host"), "host");
    EXPECT_EQ(authority_of("http://host?x=/y"), "host");
    EXPECT_EQ(path_of("http://host?x=/y"), "/");
    EXPECT_EQ(authority_of("http:///a"), "");
    EXPECT_EQ(authority_of("HTTPS://u@h/a"), "u@h");
    for (const auto* text : {"/a", "//host/a", "/a/http://host/b", "*", "host:80", "/?http://host/"})
        EXPECT_EQ(authority_of(text), std::nullopt) << text;
}

constexpr auto boundary = "multipart/form-data; boundary=\"b b\"";

TEST(multipart, gives_texts_and_leaves_files_out) {
    const auto* const body =
        "preamble\r\n--b b\r\nContent-Disposition: form-data; name=\"content\"\r\n\r\nline\r\n--b no end\r\n"
        "--b b \r\ncontent-disposition: form-data; name=file; filename=\"x; y\"\r\nContent-Type: a/b\r\n\r\nbytes\r\n"
        "--b b\r\nContent-Disposition: form-data; filename*=\"n\"; name=\"a\\\"b\"\r\n\r\n\r\n--b b--\r\nepilogue";
    EXPECT_EQ(parse_multipart(boundary, body), (pairs{{"content", "line\r\n--b no end"}, {"a\"b", ""}}));
}

TEST(multipart, with_a_disposition_that_is_not_well_formed_is_refused) {
    const auto read = [](std::string_view disposition) {
        return parse_multipart(boundary,
                               "--b b\r\nContent-Disposition: " + std::string(disposition) + "\r\n\r\ntext\r\n--b b--");
    };
    EXPECT_EQ(read("form-data; name=content;"), (pairs{{"content", "text"}}));
    EXPECT_EQ(read("form-data; name=content; filename=a.txt"), pairs{});
    for (const auto* text : {"form-data; name=content; filename=\u00e9.txt", "form-data; name=content; filename=/tmp/x",
                             "form-data; name=content; filename=;", "form-data; name=\"content\"x; filename=\"f\"",
                             "form-data; name=content[0]", "form-data; name=\"content"})
        EXPECT_EQ(read(text), std::nullopt) << text;
    EXPECT_FALSE(parse_multipart("multipart/form-data; boundary=a/b", "--a/b--"));
    EXPECT_TRUE(parse_multipart("multipart/form-data; boundary=\"a/b\"", "--a/b--"));
}

TEST(multipart, that_is_cut_anywhere_is_refused_and_nothing_is_read_beyond_it) {
    const std::string body =
        "--b b\r\nContent-Disposition: form-data; name=\"content\"\r\n\r\ntext\r\n--b b\r\n"
        "Content-Disposition: form-data; name=\"sender\"\r\n\r\nann\r\n--b b--";
    ASSERT_TRUE(parse_multipart(boundary, body));
    for (std::size_t length = 0; length < body.size(); ++length) {
        const auto cut = std::make_unique<std::string>(body.substr(0, length));  // so that a sanitizer sees its end
        EXPECT_FALSE(parse_multipart(boundary, *cut)) << length;
    }
    EXPECT_FALSE(parse_multipart("multipart/form-data", body));
    EXPECT_FALSE(parse_multipart("multipart/form-data; boundary=other", body));
}

TEST(json, text_reads_back_as_it_was) {
    std::string every_control;
    for (char c = 1; c < 0x20; ++c) every_control += c;
    for (const std::string& text : {std::string(), std::string("\"\\/"), every_control, std::string("ü😀\u2028\x7f")}) {
        std::string written;
        append_json(written, text);
        EXPECT_EQ(boost::json::parse(written).as_string(), text);
    }
}

// The members of an object as "name=text", in their order; an error as its message.
std::vector<std::string> members_of(std::string_view text, std::size_t depth_max = 32) {
    std::vector<std::string> found;
    const auto read = for_each_member(text, depth_max, [&](auto name, const auto&, auto as_sent) {
        found.push_back(std::string(name) + "=" + std::string(trimmed(as_sent)));
    });
    if (!read) found = {read.error().message()};
    return found;
}

TEST(json, members_are_found_as_they_were_written) {
    using members = std::vector<std::string>;
    EXPECT_EQ(
        members_of(R"( { "a\"}" : [ {"m": 1}, "]\\" ] ,"m":0, "\u006d" : {"x" : 12345678901234567890.10e+400 } } )"),
        (members{R"(a"}=[ {"m": 1}, "]\\" ])", "m=0", R"(m={"x" : 12345678901234567890.10e+400 })"}));
    EXPECT_EQ(members_of("{}"), members{});
    EXPECT_EQ(members_of("\r\n{\t} "), members{});
    EXPECT_EQ(members_of(R"({"x":true,"x" :null, "":-1.50E+3 })"), (members{"x=true", "x=null", "=-1.50E+3"}));
}

TEST(json, object_that_is_not_well_formed_is_refused_wherever_it_breaks) {
    const std::string whole = R"( {"a" : [1, {"b": "\u00e9"}], "c":12.5e3 , "d":{"e":null}} )";
    ASSERT_EQ(members_of(whole).size(), 3U);
    for (std::size_t length = whole.find('{') + 1; length <= whole.rfind('}'); ++length) {
        boost::system::error_code cause;
        boost::json::parse(whole.substr(0, length), cause);
        EXPECT_EQ(members_of(whole.substr(0, length)), std::vector<std::string>{cause.message()}) << length;
    }
    for (const auto* text : {"{,}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1 \"b\":2}", "{\"a\":01}", "{a:1}",
                             "{1:1}", "{\"a\" 1}", "{\"a\":1;}", "{\"a\":tru}", "{\"a\":1}x", "{}{}", "{\"\xff\":1}",
                             "{\"a\":\"\xff\"}", "{\"a\":[1,]}", "{\"a\":\"\n\"}", "{]"}) {
        boost::system::error_code cause;
        boost::json::parse(text, cause);
        EXPECT_TRUE(cause) << text;
        EXPECT_FALSE(for_each_member(text, 32, [](auto, const auto&, auto) {})) << text;
    }
}

TEST(json, object_is_nested_as_deep_as_is_allowed) {
    EXPECT_EQ(members_of(R"({"a":[[]]})", 3).size(), 1U);
    EXPECT_EQ(members_of(R"({"a":[[]]})", 2), std::vector<std::string>{"too deep"});
    EXPECT_EQ(members_of(R"({"a":1})", 1), std::vector<std::string>{"a=1"});
}

TEST(json, compact_drops_white_space_between_tokens_only) {
    EXPECT_EQ(compact_json(" { \"a b\" :\t[ 1 ,\r\n \" \\\" \" ] } "), "{\"a b\":[1,\" \\\" \"]}");
    EXPECT_EQ(compact_json("{\"a\":\"\\\\\" , \"b\": 2}"), "{\"a\":\"\\\\\",\"b\":2}");
}

TEST(gzip, is_accepted_by_its_weight) {
    const auto accepts = [](std::string_view value) {
        return accepts_gzip({verb::get, "/", {{"accept-encoding", value}}, {}, {}});
    };
    for (const auto* text :
         {"gzip", "x-gzip", "*", "deflate, GZIP", "gzip;q=0.001", "gzip ; Q=1.000", "identity;q=0.5, gzip;q=0.5",
          "br;q=1.0, gzip;q=0.8, *;q=0.1", "deflate;q=0, gzip", "identity;q=0, gzip", "br;q=@, gzip", "gzip;"})
        EXPECT_TRUE(accepts(text)) << text;
    for (const auto* text : {"", "br", "gzip;q=0", "gzip;q=0.0, *", "*;q=0", "identity, gzip;q=0.5", "gzip;q=2",
                             "gzip;q=1x", "gzip;q=", "gzip;q=, br", "gzip;q=@", "gzip;q=\"0", "gzip;level=1",
                             "gzip;q=1;level=1", "gzip;q=0.5, identity"})
        EXPECT_FALSE(accepts(text)) << text;
}

constexpr std::string_view names[] = {"name", "metadata"};

request post(std::string_view target, std::string_view type, std::string body) {
    return {verb::post, target, {{"content-type", type}}, std::move(body), "id"};
}

parameters read(const request& r) {
    return *parameters::read(r, names, 32);
}

problem_kind refusal(const request& r) {
    return parameters::read(r, names, 32).error().kind;
}

TEST(parameters_of, any_kind_of_body_are_the_same) {
    const request requests[] = {
        post("/", "application/json", R"({"name":"ü b","other":1})"),
        post("/", "Application/JSON; charset=utf-8", R"({"name":"\u00fc b"})"),
        post("/", "application/merge+json", R"({"name":"ü b"})"),
        post("/", "application/x-www-form-urlencoded ; charset=UTF-8", "name=%C3%BC+b"),
        post("/", "multipart/form-data; boundary=x",
             "--x\r\nContent-Disposition: form-data; name=name\r\n\r\nü b\r\n--x--"),
        post("/?name=%C3%BC%20b", "", ""),
    };
    for (const auto& r : requests) {
        auto found = read(r);
        ASSERT_NE(found.find("name"), nullptr) << r.body;
        EXPECT_EQ(found.find("name")->value, "ü b");
        EXPECT_EQ(found.find("other"), nullptr);
    }
}

TEST(parameters_of, json_may_begin_with_a_byte_order_mark) {
    const std::string mark = "\xEF\xBB\xBF";
    auto found = read(post("/", "application/json", mark + R"({"name":"b","metadata":{"a":1}})"));
    EXPECT_EQ(found.find("name")->value, "b");
    EXPECT_EQ(found.find("metadata")->value, R"({"a":1})");
    EXPECT_EQ(compact_json_object(mark + R"({"a": 1})", 32), R"({"a":1})");
    EXPECT_EQ(refusal(post("/", "application/json", mark)), problem_kind::malformed);
    EXPECT_EQ(refusal(post("/", "application/json", mark + mark + "{}")), problem_kind::malformed);
    EXPECT_EQ(read(post("/", "application/json", "{\"name\":\"" + mark + "b\"}")).find("name")->value, mark + "b");
}

TEST(parameters_of, json_sent_as_a_form_are_distinguished_from_a_form) {
    struct {
        std::string_view body;
        bool is_json;
    } const cases[] = {
        {R"({"name":"x"})", true},
        {" \r\n{ } \n", true},
        {"[1]", true},
        {"\xEF\xBB\xBF{}", true},
        {R"({"name":"a=b"})", true},
        {"name={}", false},
        {"name=x", false},
        {"{name", false},
        {"{=x", false},
        {"\xEF\xBB\xBF", false},
        {" ", false},
    };
    for (const auto& [body, is_json] : cases) {
        const auto found = read(post("/", "application/x-www-form-urlencoded", std::string(body)));
        EXPECT_EQ(found.is_json_sent_as_form(), is_json) << body;
    }
    EXPECT_FALSE(read(post("/", "application/json", "{}")).is_json_sent_as_form());
    EXPECT_FALSE(read(post("/?{}", "", "")).is_json_sent_as_form());
    const auto broken =
        parameters::read(post("/", "application/x-www-form-urlencoded", R"({"name":"100 %"})"), names, 32);
    EXPECT_EQ(broken.error().detail, json_as_form_hint);
}

TEST(parameters_of, a_body_win_over_the_query) {
    EXPECT_EQ(read(post("/?name=query", "application/json", R"({"name":"body"})")).find("name")->value, "body");
    EXPECT_EQ(read(post("/?name=query", "application/json", R"({"name":null})")).find("name")->value, "query");
    EXPECT_EQ(read(post("/?name=query", "application/json", R"({"name":"a","name":null})")).find("name")->value,
              "query");
    EXPECT_EQ(read(post("/", "application/json", R"({"name":"a","n\u0061me":"b"})")).find("name")->value, "b");
    EXPECT_EQ(read(post("/?name=query", "application/x-www-form-urlencoded", "x=y")).find("name")->value, "query");
}

TEST(parameters_of, json_keep_their_type) {
    using type = parameter::type;
    auto found =
        read(post("/", "application/json", R"({"name": 1.50 ,"metadata": {"b":[1.50, -2e400,true,null], "a":"x"} })"));
    EXPECT_EQ(found.find("name")->is, type::number);
    EXPECT_EQ(found.find("name")->value, "1.50");
    EXPECT_EQ(found.find("metadata")->is, type::object);
    EXPECT_EQ(found.find("metadata")->value, R"({"b":[1.50,-2e400,true,null],"a":"x"})");
}

TEST(parameters_of, a_body_that_cannot_be_read_are_refused_whatever_the_query_says) {
    const auto kind_of = [](std::string_view type, std::string body) {
        return refusal(post("/?name=x", type, std::move(body)));
    };
    EXPECT_EQ(kind_of("application/json", "{"), problem_kind::malformed);
    EXPECT_EQ(kind_of("application/json", "[]"), problem_kind::malformed);
    EXPECT_EQ(kind_of("application/json", R"({"name":"\ud800"})"), problem_kind::malformed);
    EXPECT_EQ(kind_of("application/json", "{\"name\":\"\xff\"}"), problem_kind::malformed);
    EXPECT_EQ(kind_of("application/json", R"({"name":"x"} x)"), problem_kind::malformed);
    EXPECT_EQ(kind_of("application/json", R"({"a":)" + std::string(40, '[') + std::string(40, ']') + "}"),
              problem_kind::malformed);
    EXPECT_EQ(kind_of("application/x-www-form-urlencoded", "name=%"), problem_kind::malformed);
    EXPECT_EQ(kind_of("multipart/form-data; boundary=x", "nothing"), problem_kind::malformed);
    EXPECT_EQ(kind_of("text/plain", "name=x"), problem_kind::unsupported_media_type);
    EXPECT_EQ(kind_of("", "name=x"), problem_kind::unsupported_media_type);
    EXPECT_EQ(refusal(post("/?name=%", "application/json", "{}")), problem_kind::malformed);
}

TEST(problem_document, is_json_with_all_its_members) {
    const auto r = to_response({problem_kind::invalid_parameters, "why \"so\"", {{"name", "blank", "d"}}}, "id-1");
    EXPECT_EQ(r.status, 422U);
    const auto document = boost::json::parse(r.body).as_object();
    EXPECT_EQ(document.at("status").as_int64(), 422);
    EXPECT_EQ(document.at("code").as_string(), "invalid_parameters");
    EXPECT_EQ(document.at("detail").as_string(), "why \"so\"");
    EXPECT_EQ(document.at("request_id").as_string(), "id-1");
    EXPECT_EQ(document.at("errors").as_array().at(0).at("field").as_string(), "name");
    for (int kind = 1; kind <= problem_count; ++kind) {
        const auto status = to_response({static_cast<problem_kind>(kind), "x"}, "id").status;
        EXPECT_GE(status, 400U);
        EXPECT_LT(status, 600U);
    }
}

}  // namespace
}  // namespace confab::http
