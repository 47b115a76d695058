// Reads the events that a follower has not got yet from the ledger.
#pragma once

#include <cstddef>
#include <vector>

#include "base/async.hpp"
#include "base/error.hpp"
#include "ledger/readers.hpp"
#include "live/hub.hpp"

namespace confab::live {

// The next events of a topic after `from`, at most up to `upto`: creations first, then changes. Objects are as they are
// now. A slice: at least one event unless `from` has reached `upto`, and at most `events_max`. Errors: those of the
// reader; unavailable (the ledger lacks rows that its counters promise). REQUIRES: `upto` was read from the ledger, or
// delivered. Any thread; `readers` outlives the call.
awaitable<result<std::vector<event>>> read_backlog(ledger::readers& readers, event_texts texts, followed_topic topic,
                                                   counters from, counters upto, std::size_t events_max);

}  // namespace confab::live
