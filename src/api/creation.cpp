#include "api/creation.hpp"

#include "http/preference.hpp"

namespace confab::api {

awaitable<result<std::optional<core::command_result>>> create(const call& c, const core::command& command) {
    const auto preferred = http::preference_of(c.request);
    // Without a key the client could never learn the result.
    if (preferred.respond_async && command.key)
        co_return co_await c.services.queue.submit_with_timeout(command, preferred.wait);
    auto outcome = co_await c.services.queue.submit(command);
    if (!outcome) co_return outcome.error();
    co_return std::optional(std::move(*outcome));
}

http::response accepted() {
    http::response r{.status = 202};
    r.headers.add("Preference-Applied", "respond-async");
    return r;
}

}  // namespace confab::api
