#include "api/creation.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <charconv>

namespace confab::api {
namespace {

constexpr std::uint64_t wait_max_s = 60;

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string_view take_until(std::string_view& text, char end) {
    const auto at = text.find(end);
    const auto taken = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return trimmed(taken);
}

struct preference {
    bool respond_async = false;
    std::chrono::seconds wait{0};
};

// What is not known, or not well-formed, is no preference.
preference preference_of(const http::request& r) {
    preference found;
    const auto header = r.list("Prefer");
    if (!header) return found;
    for (std::string_view left = *header; !left.empty();) {
        auto one = take_until(left, ',');
        const auto name = take_until(one, '=');
        if (boost::beast::iequals(name, "respond-async")) found.respond_async = true;
        std::uint64_t seconds = 0;
        const auto read = std::from_chars(one.data(), one.data() + one.size(), seconds);
        if (boost::beast::iequals(name, "wait") && read.ec == std::errc())
            found.wait = std::chrono::seconds(std::min(seconds, wait_max_s));
    }
    return found;
}

}  // namespace

awaitable<result<std::optional<core::answer>>> create(const call& c, const core::command& command) {
    const auto preferred = preference_of(c.request);
    // Without a key the client could never learn what became of it.
    if (preferred.respond_async && command.key)
        co_return co_await c.parts.queue.hand_over(command, preferred.wait);
    auto outcome = co_await c.parts.queue.submit(command);
    if (!outcome) co_return outcome.error();
    co_return std::optional(std::move(*outcome));
}

http::response accepted() {
    return {202, {{"Preference-Applied", "respond-async"}}, {}, nullptr};
}

}  // namespace confab::api
