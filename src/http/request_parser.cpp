#include "http/request_parser.hpp"

#include <algorithm>

#include "base/ignoring_case.hpp"
#include "http/authority.hpp"
#include "http/parameters.hpp"

namespace confab::http {
namespace {

namespace beast = boost::beast::http;

constexpr std::size_t kept_bytes_max = 4 * 1024;            // of an idle connection
constexpr std::size_t body_reserved_bytes_max = 64 * 1024;  // limits the cost of a length that is only announced

verb verb_of(beast::verb v) {
    switch (v) {
        case beast::verb::get:
            return verb::get;
        case beast::verb::head:
            return verb::head;
        case beast::verb::post:
            return verb::post;
        case beast::verb::put:
            return verb::put;
        case beast::verb::delete_:
            return verb::delete_;
        case beast::verb::options:
            return verb::options;
        default:
            return verb::other;
    }
}

}  // namespace

void request_parser::begin() {
    parser_.emplace(*this);
    parser_->header_limit(static_cast<std::uint32_t>(limits_.header_bytes_max));
    parser_->body_limit(limits_.body_bytes_max);
    parser_->eager(true);
    for (auto* kept : {&request_.body, &header_})
        if (kept->capacity() > kept_bytes_max) std::string().swap(*kept);
    request_.method = verb::other;
    request_.target = {};
    request_.headers.clear();
    request_.body.clear();
    request_.id.clear();
    header_.clear();
    fields_.clear();
}

bool request_parser::parse(boost::beast::flat_buffer& read, boost::system::error_code& cause) {
    while (read.size() > 0 && !parser_->is_done()) {
        read.consume(parser_->put(read.data(), cause));
        if (cause == beast::error::need_more) {
            cause = {};
            break;
        }
        if (cause) return false;
    }
    return parser_->is_done();
}

bool request_parser::wants_continue() const {
    return has_header() && is_http_1_1() && equals_ignoring_case(request_.find("Expect").value_or(""), "100-continue");
}

std::optional<problem> request_parser::host_problem() const {
    const auto fail = [](const char* why) { return problem{problem_kind::malformed, why}; };
    const auto count = request_.count("Host");
    if (count > 1 || (count == 0 && is_http_1_1())) return fail("send one Host header");
    if (count == 1 && !authority::parse(*request_.find("Host")))
        return fail("Host must be a name or an IP address, with a port if it is not the default: localhost:3000");
    const auto target = authority_of(request_.target);
    if (!target) return std::nullopt;
    const auto parsed = authority::parse(*target);
    if (parsed && parsed->is != authority::kind::none) return std::nullopt;
    return fail("the target must be a path or a URL like http://localhost:3000/apps");
}

std::optional<problem> request_parser::framing_problem() const {
    require(has_header(), "only a complete header shows how its request ends");
    if (auto wrong = host_problem()) return wrong;
    const auto encodings = request_.count("Transfer-Encoding");
    if (encodings == 0) return std::nullopt;
    const bool is_chunked = encodings == 1 && equals_ignoring_case(*request_.find("Transfer-Encoding"), "chunked");
    if (is_http_1_1() && is_chunked) return std::nullopt;
    return problem{problem_kind::malformed, "Transfer-Encoding must be chunked, and needs HTTP/1.1"};
}

void request_parser::beast_parser::on_request_impl(beast::verb method, text, text target, int v, error_code&) {
    version = v;
    owner.request_.method = verb_of(method);
    owner.header_.append(target);
    owner.target_length_ = target.size();
}

void request_parser::beast_parser::on_field_impl(beast::field, text name, text value, error_code&) {
    if (is_header_done()) return;
    owner.header_.append(name).append(value);
    owner.fields_.push_back({name.size(), value.size()});
}

void request_parser::beast_parser::on_header_impl(error_code&) {
    std::string_view left = owner.header_;
    const auto take = [&left](std::size_t length) {
        const auto taken = left.substr(0, length);
        left.remove_prefix(length);
        return taken;
    };
    owner.request_.target = take(owner.target_length_);
    for (const auto& length : owner.fields_) {
        const auto name = take(length.name);
        owner.request_.headers.push_back({name, take(length.value)});
    }
}

void request_parser::beast_parser::on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) {
    if (length) owner.request_.body.reserve(std::min<std::size_t>(*length, body_reserved_bytes_max));
}

std::size_t request_parser::beast_parser::on_body_impl(text body, error_code&) {
    owner.request_.body.append(body);
    return body.size();
}

std::size_t request_parser::beast_parser::on_chunk_body_impl(std::uint64_t, text body, error_code&) {
    owner.request_.body.append(body);
    return body.size();
}

}  // namespace confab::http
