#include "core/canonical_json.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/serialize.hpp>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/require.hpp"
#include "core/text.hpp"

namespace confab::core {
namespace {

namespace json = boost::json;
using boost::system::error_code;

constexpr std::size_t depth_max = 1000;  // the largest --json-depth-max

// REQUIRES: valid UTF-8.
std::u16string utf16_of(std::string_view text) {
    require_costly([&] { return is_utf8(text); }, "the parser of JSON accepts only valid UTF-8");
    std::u16string units;
    while (!text.empty()) {
        utf8proc_int32_t c;
        const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                             static_cast<utf8proc_ssize_t>(text.size()), &c);
        if (length <= 0) break;
        text.remove_prefix(static_cast<std::size_t>(length));
        if (c < 0x10000) {
            units += static_cast<char16_t>(c);
        } else {
            units += static_cast<char16_t>(0xd800 + ((c - 0x10000) >> 10));
            units += static_cast<char16_t>(0xdc00 + ((c - 0x10000) & 0x3ff));
        }
    }
    return units;
}

std::string json_string(const std::string& text) {
    return json::serialize(json::string_view(text));
}

// Builds the canonical text of each value from the parser's events. Why not Boost.JSON's own values: they lose the
// digits of numbers, and all but one of the members with the same name.
class canonical_handler {
public:
    static constexpr std::size_t max_object_size = SIZE_MAX;
    static constexpr std::size_t max_array_size = SIZE_MAX;
    static constexpr std::size_t max_key_size = SIZE_MAX;
    static constexpr std::size_t max_string_size = SIZE_MAX;

    std::string take_result() { return std::move(result_); }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }

    bool on_object_begin(error_code&) { return begin(); }
    bool on_object_end(std::size_t, error_code&) {
        auto& members = open_.back().items;
        std::ranges::stable_sort(members, {}, &item::order);
        return end('{', '}');
    }
    bool on_array_begin(error_code&) { return begin(); }
    bool on_array_end(std::size_t, error_code&) { return end('[', ']'); }

    bool on_key_part(json::string_view s, std::size_t, error_code&) { return append(s); }
    bool on_key(json::string_view s, std::size_t, error_code&) {
        append(s);
        open_.back().key = std::exchange(token_, {});
        open_.back().has_key = true;
        return true;
    }
    bool on_string_part(json::string_view s, std::size_t, error_code&) { return append(s); }
    bool on_string(json::string_view s, std::size_t, error_code&) {
        append(s);
        return put(json_string(std::exchange(token_, {})));
    }
    bool on_number_part(json::string_view s, error_code&) { return append(s); }
    bool on_int64(std::int64_t, json::string_view s, error_code&) { return put_number(s); }
    bool on_uint64(std::uint64_t, json::string_view s, error_code&) { return put_number(s); }
    bool on_double(double, json::string_view s, error_code&) { return put_number(s); }
    bool on_bool(bool b, error_code&) { return put(b ? "true" : "false"); }
    bool on_null(error_code&) { return put("null"); }
    bool on_comment_part(json::string_view, error_code&) { return true; }
    bool on_comment(json::string_view, error_code&) { return true; }

private:
    struct item {
        std::u16string order;  // of a member
        std::string text;
    };
    struct container {
        std::vector<item> items;
        std::string key;  // of the member whose value comes next
        bool has_key = false;
    };

    bool append(json::string_view s) {
        token_.append(s.data(), s.size());
        return true;
    }

    bool put_number(json::string_view s) {
        append(s);
        return put(std::exchange(token_, {}));
    }

    bool begin() {
        open_.emplace_back();
        return true;
    }

    bool end(char opening, char closing) {
        std::string text(1, opening);
        for (const auto& i : open_.back().items) {
            if (text.size() > 1) text += ',';
            text += i.text;
        }
        open_.pop_back();
        return put(text + closing);
    }

    bool put(std::string value) {
        if (open_.empty()) {
            result_ = std::move(value);
            return true;
        }
        auto& parent = open_.back();
        if (parent.has_key)
            parent.items.push_back({utf16_of(parent.key), json_string(parent.key) + ":" + value});
        else
            parent.items.push_back({{}, std::move(value)});
        return true;
    }

    std::vector<container> open_;
    std::string token_;  // the key, string or number, as far as it is parsed
    std::string result_;
};

}  // namespace

std::string canonical_json(std::string_view text) {
    json::parse_options options;
    options.max_depth = depth_max;
    json::basic_parser<canonical_handler> parser(options);
    error_code cause;
    const auto read = parser.write_some(false, text.data(), text.size(), cause);
    return cause || read != text.size() ? std::string(text) : parser.handler().take_result();
}

}  // namespace confab::core
