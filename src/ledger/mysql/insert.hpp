// Rows into a table, many at a time.
#pragma once

#include <string_view>
#include <vector>

#include "drivers/mysql/connection.hpp"
#include "ledger/mysql/many.hpp"

namespace confab::ledger::mysql {

// Of the texts in one statement: servers take packets of 16 MiB and more.
inline constexpr std::size_t statement_bytes_max = 4 * 1024 * 1024;

// How many of the rows from `from` on go into one statement.
template <class Row, class Bytes>
std::size_t run_from(const std::vector<Row>& rows, std::size_t from, Bytes bytes_of) {
    std::size_t count = 0, bytes = 0;
    while (from + count < rows.size() && count < run_sizes.front()) {
        bytes += bytes_of(rows[from + count]);
        if (bytes > statement_bytes_max && count > 0) break;
        ++count;
    }
    return run_of(count);
}

// Runs `head` `marks`,`marks`… `tail` over all rows: `add` gives a row's values, `bytes_of` tells how long its texts
// are. How many rows the server says it has touched. Throws mysql::failure.
template <class Row, class Bytes, class Add>
awaitable<std::uint64_t> insert(confab::mysql::connection& db, std::string_view head, std::string_view marks,
                                std::string_view tail, const std::vector<Row>& rows, Bytes bytes_of, Add add) {
    std::uint64_t touched = 0;
    for (std::size_t from = 0; from < rows.size();) {
        const auto size = run_from(rows, from, bytes_of);
        confab::mysql::parameters values;
        for (std::size_t i = from; i < from + size; ++i) add(values, rows[i]);
        const auto sql = repeated(head, marks, size, tail);
        const auto done = co_await db.run(sql, std::move(values));
        touched += done.affected();
        from += size;
    }
    co_return touched;
}

}  // namespace confab::ledger::mysql
