// Search with an index that is behind the ledger. Results are exact and immediate nevertheless. The same for every
// index.
#pragma once

#include <memory>

#include "ledger/ledger.hpp"
#include "search/indexed/index.hpp"
#include "search/search.hpp"

namespace confab::search {

std::unique_ptr<port> make_indexed(ledger::reader& from, index& candidates);

}  // namespace confab::search
