#include "ledger/mysql/many.hpp"

namespace confab::ledger::mysql {

std::size_t run_of(std::size_t rows) {
    for (const auto size : run_sizes)
        if (size <= rows) return size;
    return 1;
}

std::string repeated(std::string_view head, std::string_view row, std::size_t rows, std::string_view tail) {
    std::string sql(head);
    sql.reserve(head.size() + rows * (row.size() + 1) + tail.size());
    for (std::size_t i = 0; i < rows; ++i) {
        if (i > 0) sql += ',';
        sql += row;
    }
    return sql.append(tail);
}

std::string hex_literal(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "x'";
    for (const auto b : bytes) {
        text += digits[std::to_integer<unsigned>(b) >> 4];
        text += digits[std::to_integer<unsigned>(b) & 15];
    }
    return text += '\'';
}

}  // namespace confab::ledger::mysql
