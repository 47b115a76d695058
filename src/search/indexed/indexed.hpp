// Search with an index that may be behind the ledger. The results are still exact, and include all committed
// messages: candidates of the index are compared with the ledger, and messages above the index's position are scanned.
// If the index cannot be read, the chat is scanned. The code does not depend on the engine of the index.
#pragma once

#include <memory>

#include "ledger/readers.hpp"
#include "search/indexed/index.hpp"
#include "search/search.hpp"

namespace confab::search {

// REQUIRES: both outlive the port.
std::unique_ptr<port> make_indexed(ledger::readers& from, index& candidates);

}  // namespace confab::search
