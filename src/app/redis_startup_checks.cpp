#include "app/redis_startup_checks.hpp"

#include <fmt/core.h>

#include "base/block_on.hpp"
#include "base/log.hpp"
#include "drivers/redis/memory_settings.hpp"
#include "drivers/redis/role.hpp"

namespace confab::app {
namespace {

using std::chrono::milliseconds;
using redis_client = std::unique_ptr<redis::client>;

constexpr milliseconds redis_connect_timeout{10'000};

[[noreturn]] void refuse(const redis::client_options& options, const redis::failure& why) {
    const auto redacted = options.where.redacted();
    switch (why.type) {
        case redis::failure::kind::unreachable:
            throw startup_error(fmt::format("{} does not answer: {}", redacted, why.reason));
        case redis::failure::kind::refused:
            throw startup_error(fmt::format("{} refuses: {}; correct --redis or the server", redacted, why.reason));
        case redis::failure::kind::no_primary:
            throw startup_error(fmt::format("{} cannot be the queue: {}", redacted, why.reason));
    }
    throw startup_error(redacted);
}

awaitable<redis_client> connected(redis::client_options options) {
    options.is_refusal_logged = false;
    auto client = redis::make_client(co_await asio::this_coro::executor, options);
    const auto failed = co_await redis::wait_until_connected(*client, redis_connect_timeout);
    if (failed) refuse(options, *failed);
    co_return client;
}

// The server's INFO; empty if it refuses that.
awaitable<std::optional<std::string>> info_of(redis::client& on, const redis::client_options& options) {
    const redis::arguments ask{"INFO"};
    const auto answer = co_await on.execute(ask);
    if (!answer) refuse(options, on.last_failure().value_or(redis::failure{.reason = "no reply in time"}));
    co_return answer->is_error() ? std::nullopt : std::optional(answer->text);
}

void require_one_server(const redis::client_options& options, std::string_view info) {
    if (redis::is_in_cluster_mode(info))
        throw startup_error(
            fmt::format("{} is in cluster mode, which spreads the queue over several servers: name a primary "
                        "outside of cluster mode (cluster-enabled no)",
                        options.where.redacted()));
}

void require_noeviction(const redis::client_options& options, unshown_policy unshown,
                        const std::optional<std::string>& policy) {
    const auto redacted = options.where.redacted();
    if (policy && *policy != "noeviction")
        throw startup_error(
            fmt::format("{} has maxmemory-policy '{}': set it to noeviction; other policies evict queued "
                        "commands",
                        redacted, *policy));
    if (policy) return;
    if (unshown == unshown_policy::refuse)
        throw startup_error(
            fmt::format("{} shows its maxmemory-policy neither by INFO nor by CONFIG GET: allow this "
                        "user INFO, or make sure that it is noeviction and give "
                        "--redis-policy-unchecked",
                        redacted));
    log::warning(
        fmt::format("{} does not show its maxmemory-policy, and it is used unchecked: with any other than "
                    "noeviction it loses commands when its memory is full",
                    redacted));
}

void warn_without_info(const redis::client_options& options, const std::optional<std::string>& info) {
    if (!info)
        log::warning(
            fmt::format("{} allows no INFO: cluster mode is not checked, and a replica may be detected "
                        "only when it refuses a write",
                        options.where.redacted()));
}

struct opened {
    redis_client client;
    std::optional<std::string> info;
};

awaitable<opened> open(const redis::client_options& options) {
    auto client = co_await connected(options);
    auto info = co_await info_of(*client, options);
    require_one_server(options, info.value_or(""));
    co_return opened{std::move(client), std::move(info)};
}

awaitable<redis_at_start> require_queue(redis::client_options options, unshown_policy unshown) {
    const auto found = co_await open(options);
    const auto info = found.info.value_or("");
    const auto memory = co_await redis::memory_settings_of(*found.client, info);
    require_noeviction(options, unshown, memory.policy);
    warn_without_info(options, found.info);
    co_return redis_at_start{memory.max.value_or(0)};
}

}  // namespace

awaitable<redis_client> connect_redis(const redis::client_options& options) {
    auto found = co_await open(options);
    co_return std::move(found.client);
}

unshown_policy unshown_policy_of(const settings& s) {
    return s.flag("redis-policy-unchecked") ? unshown_policy::take : unshown_policy::refuse;
}

redis_at_start require_redis_noeviction(const redis::client_options& options, unshown_policy unshown) {
    return block_on(require_queue(options, unshown));
}

void warn_of_little_memory(const redis::client_options& options, const redis_at_start& found, std::uint64_t partitions,
                           std::uint64_t queue_bytes_max) {
    const auto queue_max = partitions * queue_bytes_max;
    if (found.memory_max == 0 || found.memory_max >= queue_max) return;
    log::warning(
        fmt::format("{} has a maxmemory of {} bytes, less than the {} bytes that the queue may hold (queue-bytes-max "
                    "{}, partitions {}): raise maxmemory above that, or lower queue-bytes-max on all nodes",
                    options.where.redacted(), found.memory_max, queue_max, queue_bytes_max, partitions));
}

}  // namespace confab::app
