#include "drivers/mysql/values.hpp"

#include <charconv>

namespace confab::mysql {
namespace {

// A sum is a decimal, which arrives as text.
template <class Number>
Number parsed(std::string_view text) {
    Number value{};
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace

std::int64_t row::integer(std::size_t column) const {
    const auto field = view_[column];
    if (field.is_int64()) return field.get_int64();
    if (field.is_uint64()) return static_cast<std::int64_t>(field.get_uint64());
    return field.is_string() ? parsed<std::int64_t>(field.get_string()) : 0;
}

std::uint64_t row::number(std::size_t column) const {
    const auto field = view_[column];
    if (field.is_uint64()) return field.get_uint64();
    return static_cast<std::uint64_t>(integer(column));
}

std::string_view row::text(std::size_t column) const {
    const auto field = view_[column];
    if (field.is_string()) return field.get_string();
    const auto found = bytes(column);
    return {reinterpret_cast<const char*>(found.data()), found.size()};
}

std::optional<std::string> row::optional_text(std::size_t column) const {
    return is_null(column) ? std::nullopt : std::optional<std::string>(text(column));
}

blob row::bytes(std::size_t column) const {
    const auto field = view_[column];
    if (!field.is_blob()) return {};
    const auto found = field.get_blob();
    return {reinterpret_cast<const std::byte*>(found.data()), found.size()};
}

std::size_t row::size_in_bytes() const {
    std::size_t size = 0;
    for (const auto field : view_) {
        if (field.is_string()) size += field.get_string().size();
        if (field.is_blob()) size += field.get_blob().size();
    }
    return size;
}

}  // namespace confab::mysql
