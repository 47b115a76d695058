// A limit of the address space (`ulimit -v`) that is too low lets a server start and then fails its allocations, on any
// thread and in the middle of any request. So the start checks the limit, and refuses one that cannot be enough.
#pragma once

#include "app/options.hpp"

namespace confab::app {

// Before any thread is started: whether the threads and the memory of a usual load fit into the limit.
// Throws startup_error, which names the limit and the need.
void require_address_space_to_start(const settings& s);

// When all threads run and all files are open, before the server announces that it listens: whether what the start took
// leaves enough to serve. Throws startup_error, as above.
void require_address_space_to_serve(const settings& s);

}  // namespace confab::app
