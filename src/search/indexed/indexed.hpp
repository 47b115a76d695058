// Search with an index that runs behind: exact and immediate all the same. The same over every index.
#pragma once

#include <memory>

#include "ledger/ledger.hpp"
#include "search/indexed/index.hpp"
#include "search/search.hpp"

namespace confab::search {

std::unique_ptr<port> make_indexed(ledger::reader& from, index& candidates);

}  // namespace confab::search
