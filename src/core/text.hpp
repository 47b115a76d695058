// The texts that clients send. Every valid_text is valid UTF-8 without U+0000, is within its limit, and is not blank if
// its rule refuses that.
#pragma once

#include <boost/system/result.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace confab::core {

enum class text_fault { blank, too_long, has_nul, not_utf8 };

bool is_utf8(std::string_view text);

// REQUIRES: valid UTF-8.
std::size_t code_points(std::string_view text);

// Whether the text is empty or has only code points with the Unicode property White_Space. REQUIRES: valid UTF-8.
bool is_blank(std::string_view text);

enum class unit { code_points, bytes };
enum class blank { allowed, refused };

struct text_rule {
    std::size_t most;
    unit counted_in;
    blank when_blank;
    bool is_folded = false;  // checked after folding: a text without visible characters is blank
};

inline constexpr text_rule name_rule{255, unit::code_points, blank::refused};
inline constexpr text_rule content_rule{64 * 1024, unit::bytes, blank::refused};
// An HTML form sends an empty field as a blank text. So a blank sender is accepted.
inline constexpr text_rule sender_rule{128, unit::code_points, blank::allowed};
inline constexpr text_rule query_rule{256, unit::code_points, blank::refused, true};
inline constexpr std::size_t metadata_bytes_max = 4 * 1024;

template <const text_rule& Rule>
class valid_text {
public:
    static constexpr const text_rule& rule = Rule;

    static boost::system::result<valid_text, text_fault> parse(std::string text);

    // For a text that was parsed before it was stored.
    static valid_text trusted(std::string text) { return valid_text(std::move(text)); }

    const std::string& text() const& { return text_; }
    std::string&& text() && { return std::move(text_); }

    friend bool operator==(const valid_text&, const valid_text&) = default;

private:
    explicit valid_text(std::string text) : text_(std::move(text)) {}

    std::string text_;
};

using app_name = valid_text<name_rule>;
using message_content = valid_text<content_rule>;
using sender_name = valid_text<sender_rule>;
using search_query = valid_text<query_rule>;

}  // namespace confab::core
