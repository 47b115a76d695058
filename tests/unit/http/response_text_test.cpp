#include "http/response_text.hpp"

#include <gtest/gtest.h>

namespace confab::http {
namespace {

using std::chrono::microseconds;

constexpr framing http_1_1{.keep_alive = true, .supports_chunked = true, .is_head = false};
constexpr framing http_1_0{.keep_alive = true, .supports_chunked = false, .is_head = false};

struct sent {
    std::string header;  // with the status line, and a line break after each field
    std::string body;

    bool has(std::string_view line) const { return header.find("\r\n" + std::string(line) + "\r\n") != header.npos; }
    bool has_field(std::string_view name) const { return header.find("\r\n" + std::string(name) + ":") != header.npos; }
};

sent send(const response& r, const framing& f, std::optional<std::chrono::steady_clock::duration> took = {}) {
    std::string text;
    append_response(text, r, "id-1", took, f);
    const auto end = text.find("\r\n\r\n");
    return {text.substr(0, end + 2), text.substr(end + 4)};
}

response streamed(std::string first) {
    response r = json_response(200, std::move(first));
    r.more = []() -> awaitable<piece> { co_return std::nullopt; };
    return r;
}

TEST(a_response_text, has_a_status_line_the_common_fields_and_its_own) {
    response r = json_response(404, "{}");
    r.etag = "\"5\"";
    r.headers.add("Link", "</a>");
    const auto text = send(r, http_1_1);
    EXPECT_TRUE(text.header.starts_with("HTTP/1.1 404 Not Found\r\nDate: ")) << text.header;
    for (const auto* line :
         {"Cache-Control: private, no-cache", "X-Content-Type-Options: nosniff", "Content-Type: application/json",
          "Link: </a>", "ETag: \"5\"", "Request-Id: id-1", "Content-Length: 2"})
        EXPECT_TRUE(text.has(line)) << line;
    for (const auto* field : {"Server-Timing", "Connection", "Transfer-Encoding"})
        EXPECT_FALSE(text.has_field(field)) << field;
    EXPECT_EQ(text.body, "{}");
}

TEST(a_response_text, without_a_type_or_a_tag_has_no_such_field) {
    const auto text = send({.status = 200}, http_1_1);
    EXPECT_FALSE(text.has_field("Content-Type"));
    EXPECT_FALSE(text.has_field("ETag"));
    EXPECT_TRUE(text.has("Content-Length: 0"));
}

TEST(a_response_text, is_appended_to_the_one_before) {
    std::string text = "before";
    append_response(text, json_response(200, "{}"), "id-1", {}, http_1_1);
    EXPECT_TRUE(text.starts_with("beforeHTTP/1.1 200 OK\r\n")) << text;
}

TEST(a_response_text, shows_the_duration_in_milliseconds_to_the_microsecond) {
    const auto r = json_response(200, "{}");
    EXPECT_TRUE(send(r, http_1_1, microseconds(0)).has("Server-Timing: total;dur=0.000"));
    EXPECT_TRUE(send(r, http_1_1, microseconds(45)).has("Server-Timing: total;dur=0.045"));
    EXPECT_TRUE(send(r, http_1_1, microseconds(1'234'567)).has("Server-Timing: total;dur=1234.567"));
    EXPECT_TRUE(send(r, http_1_1, std::chrono::nanoseconds(1'999)).has("Server-Timing: total;dur=0.001"));
}

TEST(a_response_text, says_what_happens_to_the_connection_where_the_version_does_not) {
    const auto r = json_response(200, "{}");
    EXPECT_TRUE(send(r, http_1_0).has("Connection: keep-alive"));
    for (const bool chunked : {false, true}) {
        const auto text = send(r, {.keep_alive = false, .supports_chunked = chunked, .is_head = false});
        EXPECT_TRUE(text.has("Connection: close"));
        EXPECT_FALSE(text.has("Connection: keep-alive"));
    }
}

TEST(a_response_text, for_a_head_request_has_the_same_header_and_no_body) {
    const framing head{.keep_alive = true, .supports_chunked = true, .is_head = true};
    EXPECT_TRUE(send(json_response(200, "{}"), head).has("Content-Length: 2"));
    EXPECT_EQ(send(json_response(200, "{}"), head).body, "");
    EXPECT_TRUE(send(streamed("[1"), head).has("Transfer-Encoding: chunked"));
    EXPECT_EQ(send(streamed("[1"), head).body, "");
}

TEST(a_response_text, of_a_status_without_a_body_has_no_length) {
    for (const unsigned status : {100U, 204U, 304U}) {
        const auto text = send({.status = status, .body = "not sent"}, http_1_1);
        EXPECT_FALSE(text.has_field("Content-Length")) << status;
        EXPECT_EQ(text.body, "") << status;
    }
}

TEST(a_streamed_response_text, comes_in_chunks_if_the_client_supports_them) {
    const auto chunked = send(streamed("[1,"), http_1_1);
    EXPECT_TRUE(chunked.has("Transfer-Encoding: chunked"));
    EXPECT_FALSE(chunked.has_field("Content-Length"));
    EXPECT_EQ(chunked.body, "3\r\n[1,\r\n");
    EXPECT_EQ(send(streamed(""), http_1_1).body, "");
    const auto plain = send(streamed("[1,"), http_1_0);
    EXPECT_FALSE(plain.has_field("Transfer-Encoding"));
    EXPECT_FALSE(plain.has_field("Content-Length"));
    EXPECT_EQ(plain.body, "[1,");
}

TEST(a_streamed_response_text, is_ended_by_an_empty_chunk_which_no_piece_is) {
    const std::string piece(300, 'a');
    std::string text;
    append_piece(text, piece, http_1_1);
    append_piece(text, "", http_1_1);
    append_piece(text, "\r\n", http_1_1);
    append_end(text, http_1_1);
    EXPECT_EQ(text, "12c\r\n" + piece + "\r\n2\r\n\r\n\r\n0\r\n\r\n");
    text.clear();
    append_piece(text, piece, http_1_0);
    append_piece(text, "", http_1_0);
    append_end(text, http_1_0);
    EXPECT_EQ(text, piece);
}

}  // namespace
}  // namespace confab::http
