#include "ops/dead_letters.hpp"

#include "core/command.hpp"
#include "ledger/mysql/jobs.hpp"
#include "ledger/mysql/schema.hpp"
#include "queue/redis/codec.hpp"
#include "queue/redis/stream_state.hpp"

namespace confab::ops {

awaitable<void> describe_dead_letters(
    mysql::connection& db, const std::vector<ledger::mysql::dead_letter>& dead_letters,
    std::function<void(const ledger::mysql::dead_letter&, const core::command_summary&)> print) {
    for (const auto& l : dead_letters) {
        const auto whole = co_await ledger::mysql::find_dead_letter(db, l.id);
        if (whole) print(l, core::summary_of(queue::decode(whole->bytes).command));
    }
}

awaitable<replay_result> replay_dead_letter(mysql::connection& db, std::uint64_t id, queue_connector connect) {
    const auto dead_letter = co_await ledger::mysql::find_dead_letter(db, id);
    if (!dead_letter) co_return replay_result::not_found;
    auto command = queue::decode(dead_letter->bytes).command;
    if (std::holds_alternative<core::unreadable>(command.payload)) co_return replay_result::unreadable;
    const auto done = co_await ledger::mysql::find_job(db, command, core::last_seen{});
    if (done) {
        co_await ledger::mysql::drop_dead_letter(db, id);
        co_return replay_result::executed_before;
    }
    command.job = core::make_job_id();
    const auto bytes = queue::encode(command, {id, dead_letter->job});
    const auto cluster = co_await ledger::mysql::identity_of(db);
    const auto client = co_await connect();
    const auto sent = co_await queue::resend(*client, cluster, dead_letter->partition, bytes);
    co_return sent ? replay_result::sent : replay_result::queue_unavailable;
}

}  // namespace confab::ops
