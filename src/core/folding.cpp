#include "core/folding.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <iterator>
#include <vector>

namespace confab::core {
namespace {

using code_points = std::vector<utf8proc_int32_t>;

constexpr auto compatible = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
constexpr auto casefold = static_cast<utf8proc_option_t>(UTF8PROC_CASEFOLD);

code_points decoded(std::string_view text) {
    code_points all;
    all.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        utf8proc_int32_t c;
        const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at),
                                             static_cast<utf8proc_ssize_t>(text.size() - at), &c);
        assert(length > 0);
        at += static_cast<std::size_t>(length);
        all.push_back(c);
    }
    return all;
}

// Every code point replaced by what it is mapped to.
code_points mapped(const code_points& text, utf8proc_option_t options) {
    code_points all;
    all.reserve(text.size() + text.size() / 4);
    int boundary = UTF8PROC_BOUNDCLASS_START;
    for (const auto c : text) {
        utf8proc_int32_t to[32];  // the longest mapping is 18 code points (U+FDFA)
        const auto count = utf8proc_decompose_char(c, to, std::size(to), options, &boundary);
        assert(count >= 0 && count <= static_cast<utf8proc_ssize_t>(std::size(to)));
        all.insert(all.end(), to, to + count);
    }
    return all;
}

int combining_class(utf8proc_int32_t c) {
    return utf8proc_get_property(c)->combining_class;
}

// Canonical order (Unicode 3.11, D109): marks after a base by their class. utf8proc's own takes quadratic time, and a
// hostile text is one long run.
void order_marks(code_points& text) {
    const auto is_mark = [](utf8proc_int32_t c) { return combining_class(c) != 0; };
    for (auto run = text.begin(); run != text.end();) {
        run = std::find_if(run, text.end(), is_mark);
        const auto end = std::find_if_not(run, text.end(), is_mark);
        if (end - run > 1) std::ranges::stable_sort(run, end, {}, combining_class);
        run = end;
    }
}

code_points nfkc(const code_points& text) {
    auto all = mapped(text, compatible);
    order_marks(all);
    const auto length = utf8proc_normalize_utf32(all.data(), static_cast<utf8proc_ssize_t>(all.size()), compatible);
    assert(length >= 0);
    all.resize(static_cast<std::size_t>(length));
    return all;
}

std::string encoded(const code_points& text) {
    std::string all;
    all.reserve(text.size() * 3);
    for (const auto c : text) {
        utf8proc_uint8_t bytes[4];
        const auto length = utf8proc_encode_char(c, bytes);
        all.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
    }
    return all;
}

// Written so that the compiler makes vector code of it.
bool is_ascii(std::string_view text) {
    unsigned char bits = 0;
    for (const char c : text) bits |= static_cast<unsigned char>(c);
    return bits < 0x80;
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

std::string fold(std::string_view text) {
    if (is_ascii(text)) {  // normalisation leaves ASCII as it is, and folding is lower case
        std::string folded;
        append_lower(folded, text);
        return folded;
    }
    return encoded(nfkc(mapped(nfkc(decoded(text)), casefold)));
}

bool folded_query::is_in(std::string_view text) const {
    const auto contains = [this](std::string_view folded) {
        return memmem(folded.data(), folded.size(), needle_.data(), needle_.size()) != nullptr;
    };
    if (!is_ascii(text)) return contains(fold(text));
    thread_local std::string lower;  // kept, so that looking through many texts allocates nothing
    lower.clear();
    append_lower(lower, text);
    return contains(lower);
}

}  // namespace confab::core
