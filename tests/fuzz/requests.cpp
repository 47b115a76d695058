// The bytes of a connection. They give the same requests in one piece and in many. Where a request ends, and what its
// body is, agrees with a second reader of RFC 9112. Written again, a request is read as the same.
#include "http/request_parser.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <charconv>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ignoring_case.hpp"
#include "fuzz/fuzz.hpp"

namespace confab::fuzz {
namespace {

using fields = std::vector<std::pair<std::string, std::string>>;

struct received {
    http::verb method;
    std::string target, body;
    fields headers;
    bool keep_alive, wants_continue;
    std::size_t bytes;  // of the request in the connection

    friend bool operator==(const received&, const received&) = default;
};

struct connection {
    std::vector<received> requests;
    std::string ended_by;  // empty: more bytes may follow
};

// How many bytes arrive next.
using piece_size = std::function<std::size_t()>;

// Reads as http::session does.
class server {
public:
    explicit server(const http::request_limits& limits) : parser_(limits) { parser_.begin(); }

    connection read(std::string_view bytes, const piece_size& next_size) {
        do {
            const auto piece = bytes.substr(0, next_size());
            boost::asio::buffer_copy(buffer_.prepare(piece.size()), boost::asio::buffer(piece));
            buffer_.commit(piece.size());
            arrived_ += piece.size();
            bytes.remove_prefix(piece.size());
            while (made_.ended_by.empty() && read_one()) continue;
        } while (!bytes.empty() && made_.ended_by.empty());
        return std::move(made_);
    }

private:
    std::string_view rest() const { return {static_cast<const char*>(buffer_.data().data()), buffer_.size()}; }

    bool read_one() {
        if (!parser_.has_begun()) {
            while (rest().starts_with("\r\n")) buffer_.consume(2);
            if (rest() == "\r") return false;
            begin_ = arrived_ - buffer_.size();
        }
        boost::system::error_code cause;
        const bool whole = parser_.parse(buffer_, cause);
        if (cause) return end(cause.message());
        if (parser_.has_header())
            if (const auto problem = parser_.framing_problem()) return end(problem->detail);
        if (!whole) return false;
        auto& r = parser_.request();
        fields headers;
        for (const auto& h : r.headers) headers.emplace_back(h.name, h.value);
        made_.requests.push_back({r.method, std::string(r.target), r.body, std::move(headers), parser_.keep_alive(),
                                  parser_.wants_continue(), arrived_ - buffer_.size() - begin_});
        if (!parser_.keep_alive()) return end("close");
        parser_.begin();
        return true;
    }

    bool end(std::string why) {
        made_.ended_by = std::move(why);
        return false;
    }

    http::request_parser parser_;
    boost::beast::flat_buffer buffer_;
    std::size_t arrived_ = 0, begin_ = 0;
    connection made_;
};

std::vector<std::string> values_of(const received& r, std::string_view name) {
    std::vector<std::string> found;
    for (const auto& [field, value] : r.headers)
        if (equals_ignoring_case(field, name)) found.push_back(value);
    return found;
}

std::optional<std::size_t> number_in(std::string_view text, int base) {
    std::size_t value = 0;
    const auto* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value, base);
    return read.ec == std::errc() && read.ptr == end ? std::optional(value) : std::nullopt;
}

std::string_view take_line(std::string_view& bytes) {
    const auto end = bytes.find("\r\n");
    expect(end != std::string_view::npos, "a line of a request has an end");
    const auto line = bytes.substr(0, end);
    bytes.remove_prefix(end + 2);
    return line;
}

// The body of a request with these bytes after its header (RFC 9112, 6.3 and 7.1). Takes it from the front.
std::string take_body(std::string_view& bytes, const received& r) {
    const auto encodings = values_of(r, "Transfer-Encoding"), lengths = values_of(r, "Content-Length");
    if (encodings.empty()) {
        std::size_t length = 0;
        for (const auto& given : lengths) {
            const auto number = number_in(given, 10);
            expect(number && (&given == lengths.data() || *number == length), "there is one Content-Length");
            length = *number;
        }
        expect(length <= bytes.size(), "a body has the length that the header says");
        const std::string body(bytes.substr(0, length));
        bytes.remove_prefix(length);
        return body;
    }
    expect(lengths.empty(), "a chunked request has no Content-Length");
    std::string body;
    for (;;) {
        const auto line = take_line(bytes);
        const auto size = number_in(line.substr(0, line.find_first_not_of("0123456789abcdefABCDEF")), 16);
        expect(size && *size <= bytes.size(), "a chunk has a size");
        if (*size == 0) break;
        body.append(bytes.substr(0, *size));
        bytes.remove_prefix(*size);
        expect(take_line(bytes).empty(), "a chunk ends where its size says");
    }
    while (!take_line(bytes).empty()) continue;
    return body;
}

void check_framing(const received& r, std::string_view bytes) {
    while (!take_line(bytes).empty()) continue;
    expect(take_body(bytes, r) == r.body, "the body is that of RFC 9112");
    expect(bytes.empty(), "the next request begins where RFC 9112 says");
}

bool has_control_character(std::string_view text) {
    return std::ranges::any_of(text, [](unsigned char c) { return (c < ' ' && c != '\t') || c == 127; });
}

void check_form(const received& r) {
    expect(!r.target.empty() && !has_control_character(r.target) && r.target.find(' ') == std::string::npos,
           "a target has no space");
    for (const auto& [name, value] : r.headers) {
        expect(!name.empty() && name.find_first_of(" \t:") == std::string::npos && !has_control_character(name),
               "the name of a field is a token");
        expect(!has_control_character(value), "the value of a field has no control character");
        expect(value.empty() || (value.find_first_not_of(" \t") == 0 && value.back() != ' ' && value.back() != '\t'),
               "the value of a field has no white space around it");
    }
}

void check_written_again(const received& r, const http::request_limits& limits) {
    fields sent;
    for (const auto& field : r.headers)
        if (!equals_ignoring_case(field.first, "Transfer-Encoding") &&
            !equals_ignoring_case(field.first, "Content-Length"))
            sent.push_back(field);
    const auto length = std::to_string(r.body.size());
    sent.emplace_back("Content-Length", length);
    auto method = std::string(http::name_of(r.method));
    if (method.empty()) method = "PATCH";
    auto text = method + " " + r.target + " HTTP/1.1\r\n";
    if (values_of(r, "Host").empty()) sent.emplace_back("Host", "h");  // of HTTP/1.0
    for (const auto& [name, value] : sent) text += name + ": " + value + "\r\n";
    text += "\r\n" + r.body;
    if (text.size() - r.body.size() > limits.header_bytes_max) return;
    const auto again = server(limits).read(text, [&] { return text.size(); });
    expect(again.requests.size() == 1, "a request that is written again is read");
    const auto& read = again.requests.front();
    expect(read.method == r.method && read.target == r.target && read.body == r.body && read.headers == sent,
           "a request that is written again is the same");
}

// In pieces, Beast counts the request line to the header, and so refuses a header near the limit that it accepts as a
// whole. It may notice a malformed header only at its end, and sees the end of a piece first.
void check_pieces(const connection& whole, const connection& in_pieces, bool is_limited) {
    const auto& all = whole.requests;
    const auto& some = in_pieces.requests;
    expect(some.size() <= all.size() && std::equal(some.begin(), some.end(), all.begin()),
           "pieces give the requests of the whole");
    if (is_limited) return;
    expect(some.size() == all.size(), "pieces give all requests of the whole");
    expect(in_pieces.ended_by.empty() || !whole.ended_by.empty(), "the whole is refused if its pieces are");
}

// Small limits are reached, large ones are not.
http::request_limits limits_for(bool small) {
    return small ? http::request_limits{200, 40} : http::request_limits{16 * 1024, 1024 * 1024};
}

}  // namespace
}  // namespace confab::fuzz

// The first byte chooses limits, the second how the rest is cut: the bytes of the connection.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace confab::fuzz;
    input from(data, size);
    const bool is_small = from.flag();
    const auto limits = limits_for(is_small);
    auto state = static_cast<std::uint32_t>(from.number());
    const auto bytes = from.rest();
    const auto whole = server(limits).read(bytes, [&] { return bytes.size(); });
    const auto in_pieces = server(limits).read(bytes, [&] {
        state = state * 1664525 + 1013904223;  // a linear congruential generator
        return 1 + (state >> 24) % 16;
    });
    check_pieces(whole, in_pieces, is_small);
    std::string_view left = bytes;
    for (const auto& r : whole.requests) {
        while (left.starts_with("\r\n")) left.remove_prefix(2);
        check_framing(r, left.substr(0, r.bytes));
        left.remove_prefix(r.bytes);
        check_form(r);
        check_written_again(r, limits);
    }
    return 0;
}
