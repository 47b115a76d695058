// Search without an index: reads the chat from its end and compares every message.
#pragma once

#include <memory>

#include "ledger/matcher.hpp"
#include "search/search.hpp"

namespace confab::search {

std::unique_ptr<port> make_scan(ledger::matcher& from);

}  // namespace confab::search
