// The batch log of version 0.1.0 (schema version 2): files `confab-batches.0` and `.1`, which a server that was killed
// may have left with acknowledged batches that only they hold. They are read once, and removed when the database has
// their batches.
#pragma once

#include "journal/journal.hpp"

namespace confab::journal {

// As read_after; records of another ledger cannot be told from damaged ones there. Throws startup_error.
contents read_legacy_batches(const std::filesystem::path& folder, std::string_view identity, std::uint64_t after);

// Whether one of the files holds anything. Throws startup_error.
bool has_legacy_batches(const std::filesystem::path& folder);

// Errors: of the system.
result<void> remove_legacy_batches(const std::filesystem::path& folder);

}  // namespace confab::journal
