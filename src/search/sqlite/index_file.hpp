// The file of the search index, beside the ledger: confab-search.db (+ -wal, -shm). All in it follows from the ledger,
// so it is never mended: one that is damaged, of another format, folded in another way or of another ledger is replaced
// by an empty one.
#pragma once

#include <filesystem>
#include <string>

#include "drivers/sqlite/sqlite.hpp"

namespace confab::search {

std::filesystem::path index_file_in(const std::filesystem::path& folder);

// Opens the file for its only writer, made anew if need be. `ledger`: the identity of the ledger it follows.
// Throws sqlite::failure: it can neither be opened nor made.
sqlite::connection open_index_file(const std::filesystem::path& file, const std::string& ledger);

// Removes it, and opens an empty one. REQUIRES: no connection to it is open. Throws as above.
sqlite::connection replace_index_file(const std::filesystem::path& file, const std::string& ledger);

// Whether the file is of our format, folded as core::fold() folds, and follows this ledger.
bool is_index_of(sqlite::connection& db, const std::string& ledger);

}  // namespace confab::search
