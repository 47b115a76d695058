#include "core/text.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/require.hpp"
#include "core/folding.hpp"

namespace confab::core {
namespace {

// The code points with the property White_Space (Unicode 15, PropList.txt).
bool is_white_space(utf8proc_int32_t c) {
    return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

const utf8proc_uint8_t* bytes_of(std::string_view text) {
    return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

// The number of leading ASCII bytes. Checks eight at a time.
std::size_t ascii_prefix(std::string_view text) {
    std::size_t i = 0;
    for (std::uint64_t word; i + sizeof word <= text.size(); i += sizeof word) {
        std::memcpy(&word, text.data() + i, sizeof word);
        if (word & 0x8080808080808080ULL) break;
    }
    while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80) ++i;
    return i;
}

bool is_too_long(std::string_view text, const text_rule& rule) {
    if (text.size() <= rule.most) return false;
    return rule.counted_in == unit::bytes || code_points(text) > rule.most;
}

std::optional<text_fault> fault_of(std::string_view text, const text_rule& rule) {
    if (!is_utf8(text)) return text_fault::not_utf8;
    if (is_too_long(text, rule)) return text_fault::too_long;
    if (text.find('\0') != std::string_view::npos) return text_fault::has_nul;
    if (rule.when_blank == blank::refused && is_blank(text)) return text_fault::blank;
    return std::nullopt;
}

}  // namespace

bool is_utf8(std::string_view text) {
    text.remove_prefix(ascii_prefix(text));
    while (!text.empty()) {
        utf8proc_int32_t c;
        const auto length = utf8proc_iterate(bytes_of(text), static_cast<utf8proc_ssize_t>(text.size()), &c);
        if (length <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(length));
    }
    return true;
}

std::size_t code_points(std::string_view text) {
    require_costly([&] { return is_utf8(text); }, "code points are counted in valid UTF-8");
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool is_blank(std::string_view text) {
    require_costly([&] { return is_utf8(text); }, "white space is looked for in valid UTF-8");
    while (!text.empty()) {
        utf8proc_int32_t c;
        const auto length = utf8proc_iterate(bytes_of(text), static_cast<utf8proc_ssize_t>(text.size()), &c);
        if (length <= 0 || !is_white_space(c)) return false;
        text.remove_prefix(static_cast<std::size_t>(length));
    }
    return true;
}

template <const text_rule& Rule>
boost::system::result<valid_text<Rule>, text_fault> valid_text<Rule>::parse(std::string text) {
    if (const auto fault = fault_of(text, Rule)) return *fault;
    if constexpr (Rule.is_folded)
        if (is_blank(fold(text))) return text_fault::blank;
    return valid_text(std::move(text));
}

template class valid_text<name_rule>;
template class valid_text<content_rule>;
template class valid_text<sender_rule>;
template class valid_text<query_rule>;

}  // namespace confab::core
