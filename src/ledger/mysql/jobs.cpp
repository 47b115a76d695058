#include "ledger/mysql/jobs.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/overloaded.hpp"
#include "ledger/mysql/dead_letters.hpp"
#include "ledger/mysql/multi_row_sql.hpp"
#include "ledger/mysql/rows.hpp"

namespace confab::ledger::mysql {
namespace {

using found = std::optional<core::command_result>;

// A rename replaces the job in the row. But no other command creates an app with this token.
constexpr std::string_view app_sql = "select created_at from apps where token = ?";
constexpr std::string_view chat_sql =
    "select c.number, c.created_at from apps a join chats c on c.app_id = a.id "
    "where a.token = ? and c.number > ? and c.job = ? limit 1";
constexpr std::string_view message_sql =
    "select m.number, m.created_at from apps a join chats c on c.app_id = a.id join messages m on m.chat_id = c.id "
    "where a.token = ? and c.number = ? and m.number > ? and m.job = ? limit 1";
constexpr std::string_view renamed_sql =
    "select id, token, name, chats_count, created_at, updated_at from apps where token = ? and job = ?";
constexpr std::string_view changed_sql =
    "select m.number, m.content, m.sender, m.metadata, x.version, m.created_at, x.at, m.deleted_at "
    "from apps a join chats c on c.app_id = a.id join changes x on x.chat_id = c.id "
    "join messages m on m.chat_id = c.id and m.number = x.number "
    "where a.token = ? and c.number = ? and x.seq > ? and x.job = ? limit 1";

class finder {
public:
    finder(confab::mysql::connection& db, const core::job_id& job, const core::last_seen& seen)
        : db_(db), job_(job), seen_(seen) {}

    awaitable<found> operator()(const core::create_app& payload) const {
        const auto rows = co_await db_.run(app_sql, payload.token.text());
        if (rows.empty()) co_return found();
        co_return core::created{0, {rows.front().integer(0)}};
    }
    awaitable<found> operator()(const core::create_chat& payload) const {
        const auto rows = co_await db_.run(chat_sql, payload.app.text(), seen_.number, job_);
        co_return created_in(rows);
    }
    awaitable<found> operator()(const core::create_message& payload) const {
        const auto rows = co_await db_.run(message_sql, payload.app.text(), payload.chat.value(), seen_.number, job_);
        co_return created_in(rows);
    }
    awaitable<found> operator()(const core::rename_app& payload) const {
        const auto rows = co_await db_.run(renamed_sql, payload.app.text(), job_);
        if (rows.empty()) co_return found();
        co_return app_from(rows.front());
    }
    // The message as the edit left it. Later changes may have replaced that state.
    awaitable<found> operator()(const core::edit_message& payload) const {
        auto edited = co_await changed(payload);
        if (!edited) co_return found();
        auto& message = std::get<core::message>(*edited);
        message.content = payload.content.text();
        if (payload.metadata) message.metadata = payload.metadata;
        message.deleted_at.reset();
        co_return edited;
    }
    awaitable<found> operator()(const core::delete_message& payload) const { return changed(payload); }
    awaitable<found> operator()(const core::unreadable&) const { co_return found(); }

private:
    static found created_in(const confab::mysql::rows& rows) {
        if (rows.empty()) return std::nullopt;
        return core::created{rows.front().number(0), {rows.front().integer(1)}};
    }

    template <class Payload>
    awaitable<found> changed(const Payload& payload) const {
        const auto rows = co_await db_.run(changed_sql, payload.app.text(), payload.chat.value(), seen_.change, job_);
        if (rows.empty()) co_return found();
        co_return message_from(rows.front());
    }

    confab::mysql::connection& db_;
    confab::mysql::blob job_;
    core::last_seen seen_;
};

// The jobs that may have created messages of a chat. `seen` is a number before all of these messages.
struct wanted_jobs {
    std::uint64_t seen = core::number_max;
    std::vector<confab::mysql::blob> jobs;
};

awaitable<void> find_in_chat(confab::mysql::connection& db, core::chat_id chat, const wanted_jobs& wanted,
                             core::state& s) {
    for (std::size_t from = 0; from < wanted.jobs.size();) {
        const auto size = chunk_size(wanted.jobs.size() - from);
        confab::mysql::parameters values(chat.value(), wanted.seen);
        for (std::size_t i = from; i < from + size; ++i) values.add(wanted.jobs[i]);
        const auto sql =
            repeat_row("select job, number, created_at from messages where chat_id = ? and number > ? and job in (",
                       "?", size, ")");
        const auto rows = co_await db.run(sql, std::move(values));
        for (const auto row : rows) {
            const core::command_result made = core::created{row.number(1), {row.integer(2)}};
            s.put(bytes_from<core::job_id>(row.bytes(0)), result<core::command_result>(made));
        }
        from += size;
    }
}

struct message_creation {
    const core::command* command;
    const core::create_message* payload;
};

awaitable<void> find_messages(confab::mysql::connection& db, const std::vector<message_creation>& creations,
                              core::state& s) {
    std::map<core::chat_id, wanted_jobs> chats;
    for (const auto& [command, payload] : creations) {
        const auto* const owner = s.find(payload->app);
        const auto* const counters = owner ? s.find(core::state::chat_locator{owner->id, payload->chat}) : nullptr;
        if (!counters) continue;
        auto& wanted = chats[counters->id];
        wanted.seen = std::min(wanted.seen, command->delivery->seen.number);
        wanted.jobs.emplace_back(command->job);
    }
    for (const auto& [chat, wanted] : chats) co_await find_in_chat(db, chat, wanted, s);
}

// Commands by the way to find their results.
struct redelivered_by_kind {
    explicit redelivered_by_kind(std::span<const core::command* const> passed) {
        for (const auto* c : passed) {
            std::visit(overloaded{
                           [&](const core::create_app&) { creations.push_back(c); },
                           [&](const core::create_chat&) { creations.push_back(c); },
                           [&](const core::create_message& payload) { messages.push_back({c, &payload}); },
                           [&](const core::rename_app&) { changes.push_back(c); },
                           [&](const core::edit_message&) { changes.push_back(c); },
                           [&](const core::delete_message&) { changes.push_back(c); },
                           [](const core::unreadable&) {},  // refused as before
                       },
                       c->payload);
        }
    }

    std::vector<message_creation> messages;
    std::vector<const core::command*> creations;
    std::vector<const core::command*> changes;
};

awaitable<void> find_jobs(confab::mysql::connection& db, std::span<const core::command* const> commands,
                          core::state& s) {
    for (const auto* c : commands) {
        auto answer = co_await find_job(db, *c, c->delivery->seen);
        if (answer) s.put(c->job, std::move(*answer));
    }
}

std::vector<const core::command*> without_result(std::span<const core::command* const> commands, const core::state& s) {
    std::vector<const core::command*> all;
    std::ranges::copy_if(commands, std::back_inserter(all), [&](const auto* c) { return !s.find(c->job); });
    return all;
}

}  // namespace

awaitable<void> load_outcomes(confab::mysql::connection& db, std::span<const core::command* const> passed,
                              core::state& s) {
    const redelivered_by_kind sorted(passed);
    co_await find_messages(db, sorted.messages, s);
    co_await find_jobs(db, sorted.creations, s);
    co_await find_jobs(db, sorted.changes, s);
    co_await load_dead_letters(db, without_result(passed, s), s);
    for (const auto* c : without_result(sorted.changes, s)) s.put(c->job, error::outcome_unknown);
}

awaitable<std::optional<core::command_result>> find_job(confab::mysql::connection& db, const core::command& c,
                                                        const core::last_seen& seen) {
    const finder find(db, c.job, seen);
    auto answer = co_await std::visit([&](const auto& payload) { return find(payload); }, c.payload);
    co_return answer;
}

}  // namespace confab::ledger::mysql
