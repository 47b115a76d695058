// Creation: waits until the command is complete or, if the client prefers that (RFC 7240), until it is queued.
#pragma once

#include <optional>

#include "api/routes.hpp"
#include "core/command.hpp"

namespace confab::api {

// The result of the command. Nothing: the client asked for `Prefer: respond-async` with a key, and the command will be
// completed later. Errors: as of queue::sender.
awaitable<result<std::optional<core::command_result>>> create(const call& c, const core::command& command);

// 202: the command is queued and has no number yet. A repeated request with the same key gets the 201.
http::response accepted();

}  // namespace confab::api
