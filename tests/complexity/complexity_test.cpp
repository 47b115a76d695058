// The work for every input that a client can make large is linear in its length: twice the length takes about twice the
// steps, never four times. Each input is measured at a quarter, at half and at all of its limit.
#include <gtest/gtest.h>

#include <boost/beast/core/flat_buffer.hpp>
#include <functional>

#include "api/conditions.hpp"
#include "api/idempotency_key.hpp"
#include "api/objects.hpp"
#include "complexity/steps.hpp"
#include "core/folding.hpp"
#include "core/highlight.hpp"
#include "core/text.hpp"
#include "http/gzip.hpp"
#include "http/json.hpp"
#include "http/multipart.hpp"
#include "http/parameters.hpp"
#include "http/percent.hpp"
#include "http/preference.hpp"
#include "http/request_parser.hpp"

namespace confab::testing {
namespace {

constexpr std::size_t content_bytes_max = core::content_rule.most;
constexpr std::size_t body_bytes_max = 512 * 1024;
constexpr std::size_t header_bytes_max = 256 * 1024;  // 16 times the default of --header-bytes-max
constexpr double growth_max = 2.5;                    // of the steps when the length doubles

struct input {
    const char* name;
    std::size_t bytes_max;
    std::function<std::string(std::size_t)> made;  // returns about so many bytes
    std::function<void(const std::string&)> work;
};

std::string again(std::string_view piece, std::size_t bytes) {
    std::string all;
    while (all.size() + piece.size() <= bytes) all += piece;
    return all;
}

auto of(std::string begin, std::string piece, std::string end = "") {
    return [=](std::size_t bytes) { return begin + again(piece, bytes - begin.size() - end.size()) + end; };
}

// Members or fields with different names.
auto of_many(std::string begin, std::string before, std::string after, std::string end = "") {
    return [=](std::size_t bytes) {
        std::string all = begin;
        for (std::size_t i = 0; all.size() < bytes; ++i) all += before + std::to_string(1'000'000 + i) + after;
        return all + end;
    };
}

void fold(const std::string& text) {
    core::fold(text);
}

auto looking_for(std::string query) {
    return [q = core::folded_query(query)](const std::string& text) {
        q.is_in(text);
        const auto folded = core::fold(text);
        for (auto at = q.find_in(folded, 0); at != std::string_view::npos; at = q.find_in(folded, at + q.size()))
            continue;
    };
}

auto highlighting(std::string query) {
    return [q = core::folded_query(query)](const std::string& text) {
        api::highlighted({core::message_number(1), text, {}, {}, 1, {}, {}}, q);
    };
}

void check_content(const std::string& text) {
    core::message_content::parse(text);
}

void write_as_json(const std::string& text) {
    std::string out;
    http::append_json(out, text);
}

constexpr std::string_view names[] = {"name", "content", "metadata"};

auto body_of_type(std::string_view type) {
    return [type](const std::string& body) {
        http::request r{http::verb::post, "/", {{"Content-Type", type}}, body, "id"};
        http::parameters::read(r, names, 1000);
    };
}

const auto json = body_of_type("application/json");
const auto form = body_of_type("application/x-www-form-urlencoded");
const auto multipart = body_of_type("multipart/form-data; boundary=bb");

void read_query(const std::string& target) {
    http::parameters::read({http::verb::get, target, {}, {}, "id"}, names, 32);
}

void metadata_in_form(const std::string& text) {
    http::compact_json_object(text, 1000);
}

// Runs every reader of a list header. Each line of the value becomes a field.
void read_lists(const std::string& value) {
    for (const auto* name : {"Accept-Encoding", "If-Match", "If-None-Match", "Prefer", "Idempotency-Key"}) {
        http::request r{http::verb::get, "/", {}, {}, "id"};
        for (std::string_view left = value; !left.empty();) {
            const auto line = left.substr(0, left.find('\n'));
            left.remove_prefix(std::min(left.size(), line.size() + 1));
            r.headers.push_back({name, line});
        }
        http::accepts_gzip(r);
        http::preference_of(r);
        if (const auto read = api::conditions::read(r)) read->failed({R"("7")", timestamp{7}});
        api::read_idempotency_key(r, core::create_chat{core::app_token::make()});
    }
}

// Parses the text in small pieces, as they arrive from a socket.
void parse_request(const std::string& text) {
    http::request_parser parser({header_bytes_max, 4 * body_bytes_max});
    parser.begin();
    boost::beast::flat_buffer buffer;
    boost::system::error_code cause;
    constexpr std::size_t piece = 1400;
    for (std::string_view left = text; !left.empty() && !cause; left.remove_prefix(std::min(piece, left.size()))) {
        const auto next = left.substr(0, piece);
        boost::asio::buffer_copy(buffer.prepare(next.size()), boost::asio::buffer(next));
        buffer.commit(next.size());
        parser.parse(buffer, cause);
    }
    if (parser.has_header()) parser.framing_problem();
}

const std::string marks_out_of_order = "\u0315\u0323\u0334\u0345";
const std::string part = "--bb\r\nContent-Disposition: form-data; name=x\r\n\r\ny\r\n";
const std::string request_line = "POST / HTTP/1.1\r\nHost: h\r\n";

const input inputs[] = {
    {"fold_marks", content_bytes_max, of("a", "\u0315"), fold},
    {"fold_marks_out_of_order", content_bytes_max, of("a", marks_out_of_order), fold},
    {"fold_marks_made_of_two", content_bytes_max, of("", "\u0f73"), fold},
    {"fold_vowels_of_hangul", content_bytes_max, of("\u1100", "\u1161"), fold},
    {"fold_longest_mapping", content_bytes_max, of("", "\ufdfa"), fold},
    {"fold_letters", content_bytes_max, of("", "Жя "), fold},
    {"search_marks", content_bytes_max, of("a", "\u0315"), looking_for("\u0315\u0315\u0316")},
    {"search_near_misses", content_bytes_max, of("", "\u2057"),
     looking_for(again("\u2057", 300) + "x" + again("\u2057", 450))},
    {"search_near_misses_of_ascii", content_bytes_max, of("", "a"),
     looking_for(again("a", 100) + "b" + again("a", 155))},
    {"highlight_marks", content_bytes_max, of("a", "\u0315"), highlighting("a")},
    {"highlight_marks_out_of_order", content_bytes_max, of("a", marks_out_of_order), highlighting("\u0323")},
    {"highlight_marks_of_many_letters", content_bytes_max, of("", "a\u0315\u0323"), highlighting("a\u0323")},
    {"highlight_vowels_of_hangul", content_bytes_max, of("\u1100", "\u1161"), highlighting("\u1161")},
    {"highlight_longest_mapping", content_bytes_max, of("", "\ufdfa"), highlighting("\ufdfa")},
    {"highlight_letters", content_bytes_max, of("", "Жя "), highlighting("ж")},
    {"highlight_every_other_character", content_bytes_max, of("", "ab"), highlighting("a")},
    {"highlight_invisible", content_bytes_max, of("a", "\u200d"), highlighting("a")},
    {"highlight_near_misses", content_bytes_max, of("", "\u2057"),
     highlighting(again("\u2057", 300) + "x" + again("\u2057", 450))},
    {"text_of_four_bytes", content_bytes_max, of("", "🎈"), check_content},
    {"text_blank", content_bytes_max, of("", "\u3000"), check_content},
    {"json_out_escapes", content_bytes_max, of("", "\x01\""), write_as_json},
    {"json_members", body_bytes_max, of_many("{\"x\":0", ",\"", "\":1", "}"), json},
    {"json_one_member_again", body_bytes_max, of("{\"x\":0", ",\"metadata\":{}", "}"), json},
    {"json_escaped_names", body_bytes_max, of("{\"x\":0", ",\"metadat\\u0061\":{}", "}"), json},
    {"json_escapes", body_bytes_max, of("{\"content\":\"", "\\u00e9", "\"}"), json},
    {"json_digits", body_bytes_max, of("{\"content\":1", "9", "}"), json},
    {"json_space", body_bytes_max, of("{\"metadata\":{", " ", "}}"), json},
    {"json_nested", body_bytes_max, of("{\"metadata\":{\"a\":[", "[[[]]],", "0]}}"), json},
    {"json_cut", body_bytes_max, of("{\"metadata\":[", "[],"), json},
    {"json_in_a_form", body_bytes_max, of_many("{\"x\":0", ",\"", "\":1", "}"), metadata_in_form},
    {"form_pairs", body_bytes_max, of("", "a&"), form},
    {"form_one_name", body_bytes_max, of("", "content=&"), form},
    {"form_encoded", body_bytes_max, of("content=", "%e2"), form},
    {"form_of_ampersands", body_bytes_max, of("", "&"), form},
    {"multipart_parts", body_bytes_max, of("", part, "--bb--"), multipart},
    {"multipart_preamble", body_bytes_max, of("x", "\r\n--b", "\r\n--bb--"), multipart},
    {"multipart_near_delimiters", body_bytes_max, of(part, "\r\n--b", "\r\n--bb--"), multipart},
    {"multipart_header_lines", body_bytes_max, of("--bb\r\n", "a:b\r\n", "\r\nx\r\n--bb--"), multipart},
    {"multipart_header_without_end", body_bytes_max, of("--bb\r\n", "a:\r", "\r\n--bb--"), multipart},
    {"multipart_parameters", body_bytes_max,
     of("--bb\r\nContent-Disposition: form-data", ";a=b", ";name=x\r\n\r\nx\r\n--bb--"), multipart},
    {"multipart_quoted", body_bytes_max,
     of("--bb\r\nContent-Disposition: form-data;name=\"", "\\\"", "\"\r\n\r\nx\r\n--bb--"), multipart},
    {"multipart_quotes", body_bytes_max,
     of("--bb\r\nContent-Disposition: form-data", ";a=\" \"", ";name=x\r\n\r\nx\r\n--bb--"), multipart},
    {"query_string", header_bytes_max, of("/?", "content=%41&"), read_query},
    {"list_of_commas", header_bytes_max, of("", ","), read_lists},
    {"list_of_commas_and_spaces", header_bytes_max, of("", ", "), read_lists},
    {"list_of_tags", header_bytes_max, of("", "\"1\","), read_lists},
    {"list_of_weak_tags", header_bytes_max, of("", "W/\"x\", "), read_lists},
    {"list_of_quotes", header_bytes_max, of("", "\""), read_lists},
    {"list_of_escapes", header_bytes_max, of("\"", "\\\"", "\""), read_lists},
    {"list_of_codings", header_bytes_max, of("", "a;q=0.5,"), read_lists},
    {"list_of_semicolons", header_bytes_max, of("", ";"), read_lists},
    {"list_of_spaces", header_bytes_max, of("a", " ", "b"), read_lists},
    {"list_of_empty_lines", header_bytes_max, of("", "\n"), read_lists},
    {"list_of_lines", header_bytes_max, of("", "\"1\"\n"), read_lists},
    {"header_lines", header_bytes_max, of(request_line, "a:\r\n", "\r\n"), parse_request},
    {"header_of_one_line", header_bytes_max, of(request_line + "a: ", "b", "\r\n\r\n"), parse_request},
    {"header_of_spaces", header_bytes_max, of(request_line + "a:", " ", "b\r\n\r\n"), parse_request},
    {"header_of_folded_lines", header_bytes_max, of(request_line + "a: b", "\r\n b", "\r\n\r\n"), parse_request},
    {"header_without_end", header_bytes_max, of(request_line, "a:b\r\n"), parse_request},
    {"header_of_codings", header_bytes_max, of(request_line + "Transfer-Encoding: a", ",a", "\r\n\r\n"), parse_request},
    {"header_of_options", header_bytes_max, of(request_line + "Connection: a", ",a", "\r\n\r\n"), parse_request},
    {"target", header_bytes_max, of("GET /", "a/", " HTTP/1.1\r\nHost: h\r\n\r\n"), parse_request},
    {"chunks_of_one_byte", body_bytes_max,
     of(request_line + "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", "0\r\n\r\n"), parse_request},
    {"body", body_bytes_max,
     [](std::size_t bytes) {
         return request_line + "Content-Length: " + std::to_string(bytes) + "\r\n\r\n" + std::string(bytes, 'x');
     },
     parse_request},
};

class complexity : public ::testing::TestWithParam<input> {};

TEST_P(complexity, is_linear) {
    const auto& [name, bytes_max, made, work] = GetParam();
    const auto steps_at = [&](std::size_t bytes) {
        const auto text = made(bytes);
        return steps_of([&] { work(text); });
    };
    steps_at(bytes_max / 4);  // initialises static data
    const auto quarter = steps_at(bytes_max / 4), half = steps_at(bytes_max / 2), whole = steps_at(bytes_max);
    RecordProperty("steps", std::to_string(quarter) + " " + std::to_string(half) + " " + std::to_string(whole));
    EXPECT_GT(quarter, 0U);
    EXPECT_LE(static_cast<double>(half), growth_max * static_cast<double>(quarter)) << quarter << " " << half;
    EXPECT_LE(static_cast<double>(whole), growth_max * static_cast<double>(half)) << half << " " << whole;
}

INSTANTIATE_TEST_SUITE_P(of, complexity, ::testing::ValuesIn(inputs),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace confab::testing
