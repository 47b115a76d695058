#include "app/lease_warning.hpp"

#include <fmt/core.h>

#include <boost/asio/steady_timer.hpp>

#include "base/log.hpp"
#include "ledger/mysql/leases.hpp"

namespace confab::app {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds poll_interval{5};

}  // namespace

std::optional<std::string> lease_warning(milliseconds lease, milliseconds answer_timeout) {
    const auto needed = ledger::mysql::takeover_time(lease);
    if (lease == milliseconds(0) || answer_timeout >= needed) return std::nullopt;
    return fmt::format(
        "answer-timeout-ms is {}, but a worker has lease-ms {}: when that worker is killed, another one needs up to {} "
        "ms to take over, and until then writes are answered outcome_unknown. Set --answer-timeout-ms to {} or more",
        answer_timeout.count(), lease.count(), needed.count(), needed.count());
}

awaitable<void> warn_of_long_leases(ledger::mysql::mysql_node& ledger, milliseconds answer_timeout) {
    asio::steady_timer pause(co_await asio::this_coro::executor);
    milliseconds logged{0};
    for (;;) {
        const auto lease = co_await ledger.longest_lease();
        const auto warning = lease ? lease_warning(*lease, answer_timeout) : std::nullopt;
        if (warning && *lease != logged) {
            log::warning(*warning);
            logged = *lease;
        }
        pause.expires_after(poll_interval);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

}  // namespace confab::app
