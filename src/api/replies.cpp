#include "api/replies.hpp"

#include <fmt/core.h>

#include <iterator>

namespace confab::api {
namespace {

using kind = http::problem_kind;

struct translation {
    error from;
    kind to;
    const char* detail;
};

constexpr translation translations[] = {
    {error::not_found, kind::not_found, "no such app, chat or message"},
    {error::deleted, kind::deleted, "the message was deleted"},
    {error::version_mismatch, kind::version_mismatch, "a condition is false for the current version: read it again"},
    {error::key_reused, kind::key_reused, "send a new Idempotency-Key with a new payload"},
    {error::numbers_used_up, kind::numbers_used_up, "the app or chat has assigned its last number, 4294967295"},
    {error::overloaded, kind::overloaded, "try again later"},
    {error::unavailable, kind::unavailable, "try again later"},
    {error::too_slow, kind::too_slow, "use a longer query or a smaller page"},
    {error::outcome_unknown, kind::outcome_unknown,
     "repeat it with the same Idempotency-Key, which never does it twice; without a key, read first whether it was "
     "done"},
    {error::writes_closed, kind::writes_closed, "a commit failed; reading still works"},
    {error::shutting_down, kind::shutting_down, "try again on the next server"},
    {error::rejected, kind::rejected, "the write was stored as a dead letter"},
};
static_assert(std::size(translations) == error_count);
static_assert([] {
    for (int i = 0; i < error_count; ++i)
        if (static_cast<int>(translations[i].from) != i + 1) return false;
    return true;
}());

// An engine's fault is added, because it says why writes are refused.
std::string detail_of(const call& c, const translation& t) {
    const bool is_write = c.request.method != http::verb::get && c.request.method != http::verb::head;
    if (t.from != error::unavailable || !is_write) return t.detail;
    for (const bool is_standing : {true, false})  // a fault says more than a refusal a moment ago
        for (const auto* engine : c.services.engines)
            if (engine->has_fault() == is_standing)
                if (const auto fault = engine->fault()) return fmt::format("{}; {}", *fault, t.detail);
    return t.detail;
}

}  // namespace

http::response refuse(const call& c, const http::problem& p) {
    return http::to_response(p, c.request.id);
}

http::response refuse(const call& c, const boost::system::error_code& why) {
    if (why.category() != error_category()) return refuse(c, {kind::internal, why.message()});
    const auto& t = translations[why.value() - 1];
    return refuse(c, {t.to, detail_of(c, t)});
}

http::response not_found(const call& c) {
    return refuse(c, error::not_found);
}

http::response created(const call& c, std::string_view path, std::string body, creation_outcome outcome) {
    auto made = http::json_response(201, std::move(body));
    const auto& base = c.services.base_path;
    made.headers.add("Location", base.empty() ? path : base + std::string(path));
    if (outcome == creation_outcome::replayed) made.headers.add("Idempotent-Replayed", "true");
    return made;
}

}  // namespace confab::api
