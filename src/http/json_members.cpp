#include "http/json_members.hpp"

#include <algorithm>
#include <boost/json/error.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <optional>
#include <utility>

#include "base/require.hpp"
#include "http/json.hpp"

namespace confab::http {
namespace {

namespace json = boost::json;

std::string_view without_leading_space(std::string_view text) {
    const auto* const first = std::ranges::find_if_not(text, is_json_space);
    return {first, text.end()};
}

// The string at the front, if it is ASCII without escapes, as almost all names are. Nothing: a parser has to read it.
// REQUIRES: `text` begins with a quote.
std::optional<std::string_view> plain_string(std::string_view text) {
    require(text.starts_with('"'), "a string begins with a quote");
    for (std::size_t end = 1; end < text.size(); ++end) {
        const auto c = text[end];
        if (c == '"') return text.substr(1, end - 1);
        if (c < ' ' || c > '~' || c == '\\') return std::nullopt;
    }
    return std::nullopt;
}

class object_reader {
public:
    object_reader(std::string_view text, std::size_t depth_max)
        : left_(text), parser_({}, parse_options_for(depth_max - 1), stack_, sizeof stack_) {}

    boost::system::result<void> read(const json_member_visitor& visit) {
        const bool is_object = take('{');
        require(is_object, "only an object has members");
        if (!take('}')) {
            do read_member(visit);
            while (!cause_ && take(','));
            if (!cause_ && !take('}')) fail();
        }
        skip_space();
        if (!cause_ && !left_.empty()) cause_ = json::error::extra_data;
        if (cause_) return cause_;
        return {};
    }

private:
    void skip_space() { left_ = without_leading_space(left_); }

    bool take(char c) {
        skip_space();
        if (!left_.starts_with(c)) return false;
        left_.remove_prefix(1);
        return true;
    }

    // What comes next is not what has to be there.
    void fail() { cause_ = left_.empty() ? json::error::incomplete : json::error::syntax; }

    void read_member(const json_member_visitor& visit) {
        skip_space();
        if (!left_.starts_with('"')) {
            fail();
            return;
        }
        if (const auto name = plain_string(left_)) {
            left_.remove_prefix(name->size() + 2);
            read_value(*name, visit);
            return;
        }
        unsigned char name_space[256];
        json::monotonic_resource name_memory(name_space, sizeof name_space);
        take_value(&name_memory);
        if (cause_) return;
        const auto name = parser_.release();
        read_value(name.get_string(), visit);
    }

    void read_value(std::string_view name, const json_member_visitor& visit) {
        if (!take(':')) {
            fail();
            return;
        }
        unsigned char value_space[4096];  // enough for most values; larger ones use the heap
        json::monotonic_resource value_memory(value_space, sizeof value_space);
        const auto text = take_value(&value_memory);
        if (!cause_) visit(name, parser_.release(), text);
        parser_.reset();  // what is left of a failed value, before its memory goes
    }

    // Parses the value at the front, and returns its text. The parser holds the value.
    std::string_view take_value(json::storage_ptr memory) {
        parser_.reset(std::move(memory));
        const auto taken = left_.substr(0, parser_.write_some(left_.data(), left_.size(), cause_));
        left_.remove_prefix(taken.size());
        return taken;
    }

    std::string_view left_;
    alignas(json::value) unsigned char stack_[512];
    json::parser parser_;
    boost::system::error_code cause_;
};

}  // namespace

boost::system::result<void> for_each_member(std::string_view text, std::size_t depth_max,
                                            const json_member_visitor& visit) {
    require(depth_max >= 1, "an object may be nested in nothing");
    return object_reader(text, depth_max).read(visit);
}

boost::json::parse_options parse_options_for(std::size_t depth_max) {
    json::parse_options options;
    options.max_depth = depth_max;
    return options;
}

bool begins_object(std::string_view text) {
    return without_leading_space(text).starts_with('{');
}

}  // namespace confab::http
