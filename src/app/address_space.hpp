// With a low limit of the address space (`ulimit -v`) a server may start, and then fail allocations on any thread, in
// the middle of any request. So the start refuses a limit that cannot be enough.
#pragma once

#include "app/options.hpp"

namespace confab::app {

// Checks that the threads and the memory of a usual load fit into the limit. Throws startup_error, with the limit and
// the required size. REQUIRES: no thread has been started.
void require_address_space_to_start(const settings& s);

// Checks that the limit leaves enough memory to serve. Throws startup_error, as above. REQUIRES: all threads run and
// all files are open; the server has not announced its address.
void require_address_space_to_serve(const settings& s);

}  // namespace confab::app
