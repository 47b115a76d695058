#include "http/request_parser.hpp"

#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <csignal>

namespace confab::http {
namespace {

class a_request_parser : public ::testing::Test {
protected:
    a_request_parser() { parser.begin(); }

    // Whether the request is complete after these bytes.
    bool feed(std::string_view bytes) {
        asio::buffer_copy(read.prepare(bytes.size()), asio::buffer(bytes));
        read.commit(bytes.size());
        return parser.parse(read, cause);
    }

    // The detail of the problem with a complete request; empty: none.
    std::string problem_of(std::string_view request) {
        parser.begin();
        read.clear();
        EXPECT_TRUE(feed(request)) << request;
        EXPECT_FALSE(cause) << cause.message();
        const auto found = parser.framing_problem();
        if (!found) return "";
        EXPECT_EQ(found->kind, problem_kind::malformed);
        return found->detail;
    }

    request_parser parser{{.header_bytes_max = 512, .body_bytes_max = 100'000}};
    boost::beast::flat_buffer read;
    boost::system::error_code cause;
};

constexpr std::string_view post = "POST /a?b HTTP/1.1\r\nHost: localhost\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello";

TEST_F(a_request_parser, reads_a_request_however_it_is_split) {
    EXPECT_FALSE(parser.has_begun());
    EXPECT_EQ(parser.method(), verb::other);
    for (std::size_t i = 0; i < post.size(); ++i) {
        EXPECT_EQ(feed(post.substr(i, 1)), i + 1 == post.size()) << i;
        ASSERT_FALSE(cause) << i << cause.message();
        EXPECT_EQ(parser.has_header(), i + 1 >= post.find("hello")) << i;
    }
    EXPECT_TRUE(parser.has_begun());
    EXPECT_TRUE(parser.is_http_1_1());
    EXPECT_TRUE(parser.keep_alive());
    const auto& r = parser.request();
    EXPECT_EQ(r.method, verb::post);
    EXPECT_EQ(r.target, "/a?b");
    ASSERT_EQ(r.headers.size(), 3U);
    EXPECT_EQ(r.headers[1].name, "X-A");
    EXPECT_EQ(r.headers[1].value, "1");
    EXPECT_EQ(r.body, "hello");
}

TEST_F(a_request_parser, leaves_the_bytes_of_the_next_request) {
    std::string both(post);
    both += "GET / HTTP/1.0\r\n\r\n";
    ASSERT_TRUE(feed(both));
    EXPECT_EQ(read.size(), both.size() - post.size());
    parser.request().id = "id-1";
    parser.begin();
    EXPECT_FALSE(parser.has_header());
    ASSERT_TRUE(parser.parse(read, cause));
    EXPECT_EQ(read.size(), 0U);
    EXPECT_EQ(parser.request().method, verb::get);
    EXPECT_EQ(parser.request().target, "/");
    EXPECT_TRUE(parser.request().headers.empty());
    EXPECT_EQ(parser.request().body, "");
    EXPECT_EQ(parser.request().id, "");
    EXPECT_FALSE(parser.is_http_1_1());
    EXPECT_FALSE(parser.keep_alive());
}

TEST_F(a_request_parser, keeps_no_large_body_for_the_next_request) {
    ASSERT_TRUE(feed("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n" + std::string(90'000, 'x')));
    EXPECT_EQ(parser.request().body.size(), 90'000U);
    parser.begin();
    ASSERT_TRUE(feed("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_LT(parser.request().body.capacity(), 90'000U);
}

TEST_F(a_request_parser, knows_the_verbs_of_the_api) {
    for (const auto& [name, v] :
         {std::pair("GET", verb::get), std::pair("HEAD", verb::head), std::pair("POST", verb::post),
          std::pair("PUT", verb::put), std::pair("DELETE", verb::delete_), std::pair("OPTIONS", verb::options),
          std::pair("PATCH", verb::other), std::pair("BREW", verb::other)}) {
        parser.begin();
        EXPECT_TRUE(feed(std::string(name) + " / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")) << name;
        EXPECT_EQ(parser.method(), v) << name;
    }
}

TEST_F(a_request_parser, joins_chunks_and_drops_the_trailer) {
    ASSERT_TRUE(
        feed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
             "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nAuthorization: none\r\n\r\n"));
    EXPECT_EQ(parser.request().body, "hello");
    EXPECT_EQ(parser.request().headers.size(), 2U);
    EXPECT_EQ(parser.framing_problem(), std::nullopt);
}

TEST_F(a_request_parser, refuses_what_exceeds_its_limits) {
    using boost::beast::http::error;
    EXPECT_FALSE(feed("GET / HTTP/1.1\r\nHost: " + std::string(600, 'a')));
    EXPECT_EQ(cause, error::header_limit);
    parser.begin();
    read.clear();
    EXPECT_FALSE(feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n"));
    EXPECT_EQ(cause, error::body_limit);
    parser.begin();
    read.clear();
    EXPECT_FALSE(feed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n"));
    EXPECT_EQ(cause, error::body_limit);
}

TEST_F(a_request_parser, refuses_what_is_no_request) {
    for (const auto* text : {"\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "G@T / HTTP/1.1\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
                             "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"}) {
        parser.begin();
        read.clear();
        EXPECT_FALSE(feed(text)) << text;
        EXPECT_TRUE(cause) << text;
    }
}

TEST_F(a_request_parser, reports_a_host_that_is_missing_repeated_or_malformed) {
    EXPECT_EQ(problem_of("GET / HTTP/1.1\r\nHost: localhost:3000\r\n\r\n"), "");
    EXPECT_EQ(problem_of("GET / HTTP/1.1\r\nHost:\r\n\r\n"), "");
    EXPECT_EQ(problem_of("GET / HTTP/1.0\r\n\r\n"), "");
    EXPECT_EQ(problem_of("GET http://a:80/b HTTP/1.1\r\nHost: a\r\n\r\n"), "");
    EXPECT_EQ(problem_of("GET / HTTP/1.1\r\n\r\n"), "send one Host header");
    EXPECT_EQ(problem_of("GET / HTTP/1.0\r\nHost: a\r\nhost: a\r\n\r\n"), "send one Host header");
    EXPECT_EQ(problem_of("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n").find("Host must be"), 0U);
    for (const auto* target : {"http:///b", "http://u@a/b", "http://a:x/b"})
        EXPECT_EQ(problem_of("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n").find("the target must be"),
                  0U)
            << target;
}

TEST_F(a_request_parser, reports_an_encoding_other_than_chunked) {
    const std::string refusal = "Transfer-Encoding must be chunked, and needs HTTP/1.1";
    EXPECT_EQ(problem_of("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n"), "");
    EXPECT_EQ(problem_of("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), refusal);
    EXPECT_EQ(problem_of("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), refusal);
}

TEST_F(a_request_parser, notices_who_waits_before_sending_the_body) {
    EXPECT_FALSE(parser.wants_continue());
    feed("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n");
    EXPECT_TRUE(parser.wants_continue());
    for (const auto* text : {"POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n",
                             "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"}) {
        parser.begin();
        EXPECT_FALSE(feed(text));
        EXPECT_FALSE(parser.wants_continue()) << text;
    }
}

TEST_F(a_request_parser, without_a_header_has_no_request) {
    feed("GET / HTTP/1.1\r\n");
    EXPECT_EXIT(parser.request(), ::testing::KilledBySignal(SIGABRT), "");
    EXPECT_EXIT(static_cast<void>(parser.framing_problem()), ::testing::KilledBySignal(SIGABRT), "");
}

}  // namespace
}  // namespace confab::http
