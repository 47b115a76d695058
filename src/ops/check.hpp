// `confab check`: verifies the ledger.
// - Chats of an app, messages of a chat and changes of a chat are numbered 1, 2, 3 … without gap or repeat.
// - Every count equals its last number, and every version matches the number of its changes.
// - Deleted messages have no text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/ledger.hpp"
#include "ops/progress.hpp"

namespace confab::ops {

struct check_report {
    static constexpr std::size_t findings_max = 100;  // further ones are only counted

    std::uint64_t apps = 0;
    std::uint64_t chats = 0;
    std::uint64_t messages = 0;
    std::uint64_t changes = 0;
    std::uint64_t indexed = 0;  // messages in the search index
    std::uint64_t findings_count = 0;
    std::vector<std::string> findings;
    std::vector<std::string> notes;  // no faults

    void add_finding(std::string finding) {
        if (++findings_count <= findings_max) findings.push_back(std::move(finding));
    }
};

// Errors: unavailable.
awaitable<result<check_report>> check(ledger::auditor& ledger, progress reporter = {});

}  // namespace confab::ops
