// A long body is compressed in steps of some tenths of a millisecond. Between two steps the event loop serves others.
// Level 1 makes a list of messages three to five times smaller. The best level gains little more and takes many times
// the time.
#include "http/gzip.hpp"

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <new>
#include <stdexcept>

#include "base/ignoring_case.hpp"
#include "base/require.hpp"
#include "http/header_parts.hpp"

namespace confab::http {
namespace {

constexpr std::size_t compressible_bytes_min = 1024;  // a shorter body fits in one packet uncompressed
constexpr std::size_t step_bytes = 16 * 1024;
constexpr int gzip_window_bits = 16 + 14;  // 16: gzip header; with memory_level 128 KiB per body
constexpr int memory_level = 7;

struct compression_failure : std::runtime_error {
    explicit compression_failure(int code) : runtime_error(fmt::format("zlib failed to compress: {}", zError(code))) {}
};

class deflater {
public:
    deflater() {
        if (deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, gzip_window_bits, memory_level, Z_DEFAULT_STRATEGY) !=
            Z_OK)
            throw std::bad_alloc();
    }
    ~deflater() { deflateEnd(&stream_); }  // the result only reports whether the stream had ended
    deflater(const deflater&) = delete;
    deflater& operator=(const deflater&) = delete;

    enum class flush_mode { no_flush, finish };

    // Appends the compressed `text`. zlib may hold back a part until the next call or the end. Throws
    // compression_failure; `out` is incomplete then.
    void append(std::string& out, std::string_view text, flush_mode what) {
        stream_.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(text.data()));
        stream_.avail_in = static_cast<unsigned>(text.size());
        unsigned char made[16 * 1024];
        int code = Z_OK;
        do {
            stream_.next_out = made;
            stream_.avail_out = sizeof made;
            code = deflate(&stream_, what == flush_mode::finish ? Z_FINISH : Z_NO_FLUSH);
            // Z_BUF_ERROR is not an error: the previous call has written all output into `made` (zlib.h).
            if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) throw compression_failure(code);
            out.append(reinterpret_cast<const char*>(made), sizeof made - stream_.avail_out);
        } while (stream_.avail_out == 0 && code != Z_STREAM_END);
        // Otherwise zlib did not consume its input or did not end the stream, and the body is incomplete.
        if (stream_.avail_in != 0 || (what == flush_mode::finish && code != Z_STREAM_END))
            throw compression_failure(code);
    }

private:
    z_stream stream_{};
};

// The pieces of a body, compressed.
class gzipped {
public:
    gzipped(std::string begun, body_source more) : input_(std::move(begun)), more_(std::move(more)) {}

    awaitable<piece> next() {
        std::string out;
        while (out.empty() && !ended_) {
            if (at_ == input_.size()) {
                if (auto read = co_await refill(); !read) co_return read.error();
            }
            const auto step = std::string_view(input_).substr(at_, step_bytes);
            at_ += step.size();
            deflater_.append(out, step, ended_ ? deflater::flush_mode::finish : deflater::flush_mode::no_flush);
            co_await asio::post(asio::use_awaitable);
        }
        if (out.empty()) co_return std::nullopt;
        co_return out;
    }

private:
    // Reads the next piece, or sets ended_ if there is none.
    awaitable<boost::system::result<void>> refill() {
        at_ = 0;
        input_.clear();
        if (more_) {
            auto read = co_await more_();
            if (!read) co_return read.error();
            if (*read) input_ = std::move(**read);
            if (*read) co_return boost::system::result<void>();
        }
        ended_ = true;
        co_return boost::system::result<void>();
    }

    std::string input_;  // not compressed yet from at_ on
    std::size_t at_ = 0;
    body_source more_;
    deflater deflater_;
    bool ended_ = false;
};

// The weight of a coding, from 0 to 1 (RFC 9110, 12.4.2). An invalid one is 0. REQUIRES: at least one part.
double weight_of(const header_parts& coding) {
    require(!coding.empty(), "a coding has a name");
    if (coding.size() == 1) return 1;
    const auto& [name, value] = coding[1];
    if (coding.size() > 2 || !equals_ignoring_case(name, "q")) return 0;
    double weight = 0;
    const auto* const end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, weight, std::chars_format::fixed);
    return read.ec == std::errc() && read.ptr == end && weight >= 0 && weight <= 1 ? weight : 0;
}

}  // namespace

bool is_compressible(const response& r) {
    if (!r.more && r.body.size() < compressible_bytes_min) return false;
    return r.content_type == json_type && r.etag.empty();
}

bool accepts_gzip(const request& request) {
    const auto accepted = request.list("Accept-Encoding");
    if (!accepted) return false;
    std::optional<double> gzip, identity, any;
    for (std::string_view list = *accepted; !list.empty();) {
        const auto parts = parse_header_parts(take_element(list));
        if (!parts) continue;
        const auto& coding = parts->front().first;
        const auto weight = weight_of(*parts);
        if (equals_ignoring_case(coding, "gzip") || equals_ignoring_case(coding, "x-gzip"))
            gzip = weight;
        else if (equals_ignoring_case(coding, "identity"))
            identity = weight;
        else if (coding == "*")
            any = weight;
    }
    const auto wanted = gzip ? *gzip : any.value_or(0);
    return wanted > 0 && wanted >= identity.value_or(0);
}

void gzip_if_worthwhile(const request& request, response& reply) {
    if (!is_compressible(reply)) return;
    reply.headers.add("Vary", "Accept-Encoding");
    if (!accepts_gzip(request)) return;
    reply.headers.add("Content-Encoding", "gzip");
    if (!reply.more && reply.body.size() <= step_bytes) {
        std::string compressed;
        deflater().append(compressed, reply.body, deflater::flush_mode::finish);  // a failure becomes 500
        reply.body = std::move(compressed);
        return;
    }
    const auto rest = std::make_shared<gzipped>(std::move(reply.body), std::move(reply.more));
    reply.body.clear();
    reply.more = [rest] { return rest->next(); };
}

}  // namespace confab::http
