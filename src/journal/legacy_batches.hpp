// The journal of version 0.1.0 (schema version 2): files `confab-batches.0` and `.1`. After a kill they may hold
// acknowledged batches that the database does not have. They are read once, and removed when the database has their
// batches.
#pragma once

#include "journal/journal.hpp"

namespace confab::journal {

// Like read_after(). This format cannot distinguish records of another ledger from damaged ones. Throws startup_error.
contents read_legacy_batches(const std::filesystem::path& folder, std::string_view identity, std::uint64_t after);

// Whether one of the files contains anything but zeros. Throws startup_error.
bool has_legacy_batches(const std::filesystem::path& folder);

// Errors: of the system.
result<void> remove_legacy_batches(const std::filesystem::path& folder);

}  // namespace confab::journal
