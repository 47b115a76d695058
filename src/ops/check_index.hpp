// The part of `confab check` that compares the search index with the ledger: it has come no further, each text in it is
// the fold of its message's, and of what was deleted there is none.
#pragma once

#include "ops/check.hpp"
#include "search/indexed/index.hpp"

namespace confab::ops {

// Goes on with `report`. Errors: unavailable.
awaitable<result<check_report>> check_index(ledger::auditor& ledger, search::index_auditor& index, check_report report,
                                            progress reporter = {});

}  // namespace confab::ops
