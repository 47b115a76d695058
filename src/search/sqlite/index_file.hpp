// The file of the search index, beside the ledger: confab-search.db (+ -wal, -shm). Its content derives from the
// ledger, so it is never repaired. A file that is damaged, or that has another format, folding or ledger, is replaced
// by an empty one.
#pragma once

#include <filesystem>
#include <string>

#include "drivers/sqlite/sqlite.hpp"

namespace confab::search {

std::filesystem::path index_file_in(const std::filesystem::path& folder);

// Opens the file for its only writer, and replaces it if necessary. `ledger`: the identity of the indexed ledger.
// Throws sqlite::failure: it can neither be opened nor created.
sqlite::connection open_index_file(const std::filesystem::path& file, const std::string& ledger);

// Removes it and opens an empty one. REQUIRES: no connection to it is open. Throws as above.
sqlite::connection replace_index_file(const std::filesystem::path& file, const std::string& ledger);

// Whether the file has our format and the folding of core::fold(), and indexes this ledger.
bool is_index_of(sqlite::connection& db, const std::string& ledger);

}  // namespace confab::search
