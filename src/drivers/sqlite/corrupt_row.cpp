#include <fmt/core.h>
#include <sqlite3.h>

#include "drivers/sqlite/sqlite.hpp"

namespace confab::sqlite {

failure corrupt_row(std::string_view table, std::int64_t row, std::string_view why) {
    return {SQLITE_CORRUPT, fmt::format("table {}, row {}: {}", table, row, why)};
}

}  // namespace confab::sqlite
