#include "ledger/mysql/multi_row_sql.hpp"

#include "base/hex.hpp"
#include "base/require.hpp"

namespace confab::ledger::mysql {

std::size_t chunk_size(std::size_t rows) {
    require(rows > 0, "a statement is for at least one row");
    for (const auto size : chunk_sizes)
        if (size <= rows) return size;
    return 1;
}

std::string repeat_row(std::string_view prefix, std::string_view row, std::size_t rows, std::string_view suffix) {
    std::string sql(prefix);
    sql.reserve(prefix.size() + rows * (row.size() + 1) + suffix.size());
    for (std::size_t i = 0; i < rows; ++i) {
        if (i > 0) sql += ',';
        sql += row;
    }
    return sql.append(suffix);
}

std::string hex_literal(std::span<const std::byte> bytes) {
    std::string text = "x'";
    append_hex(text, bytes);
    return text += '\'';
}

}  // namespace confab::ledger::mysql
