// `confab check`: verifies the ledger, also beside a running server.
// - The database finds no fault in its own files. No row is orphaned.
// - Chats of an app, messages of a chat and changes of a chat are numbered 1, 2, 3 … without gap or repeat.
// - Every count equals its last number. The version of a message is 1 plus the number of its changes.
// - App tokens are valid. Changes belong to existing messages.
// - Deleted messages have no text and no metadata, and no text in their history. All other messages have a text.
// check_index.hpp verifies the search index.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/auditor.hpp"
#include "ops/progress.hpp"

namespace confab::ops {

struct check_report {
    static constexpr std::size_t findings_max = 100;  // further ones are only counted

    std::uint64_t apps = 0;
    std::uint64_t chats = 0;
    std::uint64_t messages = 0;
    std::uint64_t changes = 0;
    std::uint64_t indexed = 0;  // messages in the search index; counted by check_index()
    std::uint64_t findings_count = 0;
    std::vector<std::string> findings;
    std::vector<std::string> notes;  // remarks that are not findings

    void add_finding(std::string finding) {
        if (++findings_count <= findings_max) findings.push_back(std::move(finding));
    }
};

// Errors: unavailable.
awaitable<result<check_report>> check(ledger::auditor& ledger, progress reporter = {});

}  // namespace confab::ops
