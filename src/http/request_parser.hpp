// Reads one request after another from the bytes of a connection, with Beast's parser of HTTP/1.1 (RFC 9112). Where
// Beast's own message would allocate for every field, all of a header goes into one text that is kept for the next
// request, and so is the space of the body.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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

    // A new request. What was said about the one before is void, also the views of its `request`.
    void begin();

    // Takes from `read` what it can; true: the request is whole, and what is left in `read` is the next one's.
    bool parse(boost::beast::flat_buffer& read, boost::system::error_code& cause);

    bool has_begun() const { return parser_ && parser_->got_some(); }
    // From here on what the header says is known.
    bool has_header() const { return parser_ && parser_->is_header_done(); }
    verb method() const { return request_.method; }  // `other` until the first line is there
    bool is_http_1_1() const { return parser_->version >= 11; }
    bool keep_alive() const { return parser_->keep_alive(); }
    bool wants_continue() const;

    // What Beast lets pass, but leaves unclear whom the request is for or where it ends (RFC 9112, 3.2, 6.1 and 6.3).
    // REQUIRES: has_header().
    std::optional<problem> framing_problem() const;

    // Its id is still to be made. REQUIRES: has_header(); its body is whole once parse() has said so.
    http::request& request() { return request_; }

private:
    using error_code = boost::beast::error_code;
    using text = boost::beast::string_view;

    // Beast calls these as it goes over the bytes. Fields that come after the header are the trailer's, and are
    // dropped: they must not pass for any of it (RFC 9110, 6.5.1).
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
    std::string header_;  // the target, then names and values, one behind the other
    std::size_t target_length_ = 0;
    std::vector<field_length> fields_;
};

}  // namespace confab::http
