// The part of `confab check` that compares the search index with the ledger. The index must not be ahead of the ledger.
// Each indexed text must be the folded text of its message. Deleted messages must have no text. A server may run
// meanwhile: a message that changed after the index's position is not compared.
#pragma once

#include "ops/check.hpp"
#include "search/indexed/index.hpp"

namespace confab::ops {

// Returns `report` with the number of indexed messages, the findings of the comparison, and those of the index's
// engine. Errors: unavailable.
awaitable<result<check_report>> check_index(ledger::auditor& ledger, search::index_auditor& index, check_report report,
                                            progress reporter = {});

}  // namespace confab::ops
