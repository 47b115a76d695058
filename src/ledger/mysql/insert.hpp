// Inserts many rows with few statements.
#pragma once

#include <string_view>
#include <vector>

#include "drivers/mysql/connection.hpp"
#include "ledger/mysql/multi_row_sql.hpp"

namespace confab::ledger::mysql {

// The maximum bytes of texts in one statement. Servers accept packets of at least 16 MiB.
inline constexpr std::size_t statement_bytes_max = 4 * 1024 * 1024;

// The number of rows, beginning at `from`, that one statement inserts.
template <class Row, class Bytes>
std::size_t next_chunk_size(const std::vector<Row>& rows, std::size_t from, Bytes bytes_of) {
    std::size_t count = 0, bytes = 0;
    while (from + count < rows.size() && count < chunk_sizes.front()) {
        bytes += bytes_of(rows[from + count]);
        if (bytes > statement_bytes_max && count > 0) break;
        ++count;
    }
    return chunk_size(count);
}

// Runs `prefix` `placeholders`,`placeholders`… `suffix` over all rows. `add` adds a row's values, `bytes_of` returns
// the length of its texts. Returns the number of affected rows, as the server counts them. Throws mysql::failure.
template <class Row, class Bytes, class Add>
awaitable<std::uint64_t> insert(confab::mysql::connection& db, std::string_view prefix, std::string_view placeholders,
                                std::string_view suffix, const std::vector<Row>& rows, Bytes bytes_of, Add add) {
    std::uint64_t affected = 0;
    for (std::size_t from = 0; from < rows.size();) {
        const auto size = next_chunk_size(rows, from, bytes_of);
        confab::mysql::parameters values;
        for (std::size_t i = from; i < from + size; ++i) add(values, rows[i]);
        const auto sql = repeat_row(prefix, placeholders, size, suffix);
        const auto done = co_await db.run(sql, std::move(values));
        affected += done.affected();
        from += size;
    }
    co_return affected;
}

}  // namespace confab::ledger::mysql
