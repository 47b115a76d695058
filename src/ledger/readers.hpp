// All reading ports of a ledger. A user takes the port that it needs.
#pragma once

#include "ledger/feed_source.hpp"
#include "ledger/index_source.hpp"
#include "ledger/matcher.hpp"
#include "ledger/reader.hpp"

namespace confab::ledger {

class readers : public reader, public matcher, public index_source, public feed_source {};

}  // namespace confab::ledger
