// Whether batches go through the journal. They do not while it lacks space (journal::off_reason). Logs each change
// once, and counts the batches that were committed without the journal.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "journal/journal.hpp"

namespace confab::ledger::sqlite {

// The writer's thread, except where stated.
class journal_use {
public:
    // `of` outlives it.
    explicit journal_use(const journal::journal& of);

    // As of the last refresh(). Nothing: the journal is on.
    const std::optional<std::string>& off_reason() const { return off_reason_; }
    // Queries the system. Call it now and then.
    void refresh();

    void count_batch_without() { ++batches_without_; }
    // Since the start. Any thread.
    std::uint64_t batches_without() const { return batches_without_; }

private:
    const journal::journal& journal_;
    std::optional<std::string> off_reason_;
    std::atomic<std::uint64_t> batches_without_ = 0;
};

}  // namespace confab::ledger::sqlite
