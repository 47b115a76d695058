#include "core/folding.hpp"

#include <fmt/core.h>

#include <cstring>
#include <limits>

#include "base/require.hpp"
#include "core/folding_version.hpp"
#include "core/folding_with_origins.hpp"
#include "core/ignorable.hpp"
#include "core/text.hpp"

namespace confab::core {
namespace {

using namespace normalization;

// The version of this code. The Unicode version covers the tables. Version 1 was NFKC(casefold(NFKC(x))), which kept
// invisible characters.
constexpr int algorithm = 2;

constexpr auto nfkc_casefold = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
                                                              UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);

std::vector<code_point> code_points_of(std::string_view text) {
    std::vector<code_point> all;
    all.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto c = decode_at(text, at);
        all.push_back(c.value);
        at += c.size;
    }
    return all;
}

std::vector<code_point_with_origin> traced_code_points_of(std::string_view text) {
    std::vector<code_point_with_origin> all;
    all.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto c = decode_at(text, at);
        const auto offset = static_cast<std::uint32_t>(at);
        all.push_back({c.value, offset, offset});
        at += c.size;
    }
    return all;
}

// Why decompose first: U+0345 is a mark that folds to a letter. After decomposition it has the same position in all
// canonically equivalent texts.
template <class Point>
std::vector<Point> folded(const std::vector<Point>& text) {
    auto all = mapped(text, canonical_decomposition);
    order_marks(all);
    std::erase_if(all, [](const Point& c) { return is_ignorable(value_of(c)); });
    all = mapped(all, nfkc_casefold);
    order_marks(all);
    compose(all);
    return all;
}

std::string encoded(const std::vector<code_point>& text) {
    std::string all;
    all.reserve(text.size() * 3);
    for (const auto c : text) append_utf8(all, c);
    return all;
}

void append_lower(std::string& out, std::string_view ascii) {
    const auto begin = out.size();
    out.resize(begin + ascii.size());
    for (std::size_t i = 0; i < ascii.size(); ++i) {
        const auto c = static_cast<unsigned char>(ascii[i]);
        out[begin + i] = static_cast<char>(c + ((c >= 'A') & (c <= 'Z')) * ('a' - 'A'));
    }
}

}  // namespace

// Without an early return, so that the compiler can vectorize the loop.
bool is_ascii(std::string_view text) {
    unsigned char bits = 0;
    for (const char c : text) bits |= static_cast<unsigned char>(c);
    return bits < 0x80;
}

std::string fold(std::string_view text) {
    if (is_ascii(text)) {  // normalization keeps ASCII, and folding is lower case
        std::string folded;
        append_lower(folded, text);
        return folded;
    }
    require_costly([&] { return is_utf8(text); }, "only valid UTF-8 can be folded");
    return encoded(folded(code_points_of(text)));
}

std::vector<code_point_with_origin> fold_with_origins(std::string_view text) {
    require(text.size() <= std::numeric_limits<std::uint32_t>::max(), "an origin is an offset below 4 GiB");
    require_costly([&] { return is_utf8(text); }, "only valid UTF-8 can be folded");
    return folded(traced_code_points_of(text));
}

std::string_view folding_version() {
    static const auto version = fmt::format("{} of Unicode {}", algorithm, utf8proc_unicode_version());
    return version;
}

bool folded_query::is_in(std::string_view text) const {
    const auto contains = [this](std::string_view folded) {
        return memmem(folded.data(), folded.size(), needle_.data(), needle_.size()) != nullptr;
    };
    if (!is_ascii(text)) return contains(fold(text));
    thread_local std::string lower;  // reused, so that a search through many texts does not allocate
    lower.clear();
    append_lower(lower, text);
    return contains(lower);
}

}  // namespace confab::core
