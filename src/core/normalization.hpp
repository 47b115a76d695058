// The steps of normalization (UAX #15) over code points. Each takes time linear in the text. A text is a vector of code
// points, or of traced code points, which record their origin in the original text.
#pragma once

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/require.hpp"

namespace confab::core::normalization {

using code_point = utf8proc_int32_t;

struct code_point_with_origin {
    code_point value;
    // The byte offsets, in the original, of the first and last characters from which this was made.
    std::uint32_t first, last;
};

inline code_point value_of(code_point c) {
    return c;
}
inline code_point value_of(const code_point_with_origin& c) {
    return c.value;
}
inline code_point with_value(code_point, code_point value) {
    return value;
}
inline code_point_with_origin with_value(const code_point_with_origin& c, code_point value) {
    return {value, c.first, c.last};
}

inline int combining_class(code_point c) {
    return utf8proc_get_property(c)->combining_class;
}

struct decoded {
    code_point value;
    std::size_t size;  // in bytes
};

// The character at the offset `at`. REQUIRES: valid UTF-8; a character begins there.
inline decoded decode_at(std::string_view text, std::size_t at) {
    code_point c;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at),
                                       static_cast<utf8proc_ssize_t>(text.size() - at), &c);
    require(size > 0, "a character of valid UTF-8 begins here");
    return {c, static_cast<std::size_t>(size)};
}

inline void append_utf8(std::string& out, code_point c) {
    utf8proc_uint8_t bytes[4];
    const auto size = utf8proc_encode_char(c, bytes);
    out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

constexpr auto canonical_decomposition = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);

// The code points to which one code point is mapped.
class mapping {
public:
    mapping(code_point c, utf8proc_option_t options) {
        int boundary = UTF8PROC_BOUNDCLASS_START;
        const auto size = static_cast<utf8proc_ssize_t>(to_.size());
        count_ = utf8proc_decompose_char(c, to_.data(), size, options, &boundary);
        require(count_ >= 0 && count_ <= size, "a code point maps to at most 18");
    }

    const code_point* begin() const { return to_.data(); }
    const code_point* end() const { return to_.data() + count_; }

private:
    std::array<code_point, 32> to_;  // the longest mapping is 18 code points (U+FDFA)
    utf8proc_ssize_t count_;
};

template <class Point>
std::vector<Point> mapped(const std::vector<Point>& text, utf8proc_option_t options) {
    std::vector<Point> all;
    all.reserve(text.size() + text.size() / 4);
    for (const auto& c : text)
        for (const auto to : mapping(value_of(c), options)) all.push_back(with_value(c, to));
    return all;
}

// Sorts by combining class. Equal classes keep their order.
template <class Point>
void order_run(typename std::vector<Point>::iterator begin, typename std::vector<Point>::iterator end,
               std::vector<Point>& scratch) {
    constexpr std::ptrdiff_t short_run = 16;
    const auto class_of = [](const Point& c) { return combining_class(value_of(c)); };
    if (end - begin <= short_run) {
        for (auto next = begin; next != end; ++next)
            std::rotate(std::upper_bound(begin, next, class_of(*next),
                                         [&](int wanted, const Point& c) { return wanted < class_of(c); }),
                        next, next + 1);
        return;
    }
    std::array<std::size_t, 257> positions{};  // where the marks of a class go, by class (below 256)
    for (auto at = begin; at != end; ++at) ++positions[static_cast<std::size_t>(class_of(*at)) + 1];
    for (std::size_t i = 1; i < positions.size(); ++i) positions[i] += positions[i - 1];
    scratch.assign(begin, end);
    for (const auto& c : scratch)
        begin[static_cast<std::ptrdiff_t>(positions[static_cast<std::size_t>(class_of(c))]++)] = c;
}

// Canonical ordering (Unicode 3.11, D109): sorts the marks after a base by class. Why not utf8proc's: it takes
// quadratic time, and a hostile text is one long run of marks.
template <class Point>
void order_marks(std::vector<Point>& text) {
    const auto is_mark = [](const Point& c) { return combining_class(value_of(c)) != 0; };
    std::vector<Point> scratch;
    for (auto run = text.begin(); run != text.end();) {
        run = std::find_if(run, text.end(), is_mark);
        const auto end = std::find_if_not(run, text.end(), is_mark);
        if (end - run > 1) order_run<Point>(run, end, scratch);
        run = end;
    }
}

constexpr auto compose_options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);

template <class Point>
bool is_decomposed_in_order(const std::vector<Point>& text) {
    const auto is_decomposed = [](const Point& c) {
        const mapping to(value_of(c), canonical_decomposition);
        return to.end() - to.begin() == 1 && *to.begin() == value_of(c);
    };
    const auto are_swapped = [](const Point& c, const Point& next) {
        const int own = combining_class(value_of(next));
        return own != 0 && combining_class(value_of(c)) > own;
    };
    return std::ranges::all_of(text, is_decomposed) && std::ranges::adjacent_find(text, are_swapped) == text.end();
}

// Canonical composition (D117). REQUIRES: decomposed and in canonical order.
inline void compose(std::vector<code_point>& text) {
    require_costly([&] { return is_decomposed_in_order(text); }, "only a decomposed text in order is composed");
    const auto length =
        utf8proc_normalize_utf32(text.data(), static_cast<utf8proc_ssize_t>(text.size()), compose_options);
    require(length >= 0, "code points can be composed");
    text.resize(static_cast<std::size_t>(length));
}

// The same for traced code points, pair by pair: utf8proc does not report which code points it composed.
inline void compose(std::vector<code_point_with_origin>& text) {
    require_costly([&] { return is_decomposed_in_order(text); }, "only a decomposed text in order is composed");
    std::size_t written = 0;
    code_point_with_origin* starter = nullptr;
    int highest_class = -1;  // of the code points between the starter and the next one; -1: none
    for (const auto& c : text) {
        const int own = combining_class(c.value);
        if (starter && own > highest_class) {
            code_point pair[] = {starter->value, c.value};
            if (utf8proc_normalize_utf32(pair, 2, compose_options) == 1) {
                *starter = {pair[0], std::min(starter->first, c.first), std::max(starter->last, c.last)};
                continue;
            }
        }
        auto& kept = text[written++] = c;
        if (own == 0) starter = &kept;
        highest_class = own == 0 ? -1 : std::max(highest_class, own);
    }
    text.resize(written);
}

}  // namespace confab::core::normalization
