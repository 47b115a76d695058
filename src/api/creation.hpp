// Creating: waiting for the command to be settled, or, where the client prefers that, only until it is kept (RFC 7240).
#pragma once

#include <optional>

#include "api/routes.hpp"
#include "core/command.hpp"

namespace confab::api {

// The answer; nothing when the client asked for `Prefer: respond-async` with a key, and the command will be settled by
// and by. Errors: as of queue::sender.
awaitable<result<std::optional<core::command_result>>> create(const call& c, const core::command& command);

// 202: it is kept, and has no number yet. Repeating the request with its key gives the 201.
http::response accepted();

}  // namespace confab::api
