// Parses the requests of a connection, one after another, with Beast's parser of HTTP/1.1 (RFC 9112). Why not Beast's
// own message: it allocates memory for every field. Here a header is one text. The memory of header and body is reused
// for the next request.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/require.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"

namespace confab::http {

struct request_limits {
    std::size_t header_bytes_max;
    std::size_t body_bytes_max;
};

class request_parser {
public:
    explicit request_parser(const request_limits& limits) : limits_(limits) {}

    // Begins a new request. Everything about the last one becomes invalid, also the views of its `request`.
    void begin();

    // Consumes bytes from `read`. True: the request is complete, and the remaining bytes belong to the next one.
    bool parse(boost::beast::flat_buffer& read, boost::system::error_code& cause);

    bool has_begun() const { return parser_ && parser_->got_some(); }
    // Whether the header is complete.
    bool has_header() const { return parser_ && parser_->is_header_done(); }
    verb method() const { return request_.method; }  // `other` until the first line is parsed
    bool is_http_1_1() const { return parser_->version >= 11; }
    bool keep_alive() const { return parser_->keep_alive(); }
    bool wants_continue() const;

    // A problem that Beast accepts: the target host or the end of the request is unclear (RFC 9112, 3.2, 6.1 and 6.3).
    // REQUIRES: has_header().
    std::optional<problem> framing_problem() const;

    // The caller sets its id. The body is complete once parse() has returned true. REQUIRES: has_header().
    http::request& request() {
        require(has_header(), "a request has its header");
        return request_;
    }

private:
    using error_code = boost::beast::error_code;
    using text = boost::beast::string_view;

    // Beast calls these while it parses. Fields after the header belong to the trailer. They are dropped, because they
    // must not pass for header fields (RFC 9110, 6.5.1).
    struct beast_parser final : boost::beast::http::basic_parser<true> {
        explicit beast_parser(request_parser& of) : owner(of) {}

        void on_request_impl(boost::beast::http::verb method, text, text target, int v, error_code&) override;
        void on_response_impl(int, text, int, error_code&) override {}
        void on_field_impl(boost::beast::http::field, text name, text value, error_code&) override;
        void on_header_impl(error_code&) override;
        void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override;
        std::size_t on_body_impl(text body, error_code&) override;
        void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
        std::size_t on_chunk_body_impl(std::uint64_t, text body, error_code&) override;
        void on_finish_impl(error_code&) override {}

        request_parser& owner;
        int version = 0;
    };

    struct field_length {
        std::size_t name, value;
    };

    std::optional<problem> host_problem() const;

    const request_limits limits_;
    std::optional<beast_parser> parser_;
    http::request request_;
    std::string header_;  // the target, then all names and values
    std::size_t target_length_ = 0;
    std::vector<field_length> fields_;
};

}  // namespace confab::http
