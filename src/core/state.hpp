// The state on which decide() works: the apps and chat counters that a batch touches, the messages that it edits, and
// its keys. Before a batch the ledger loads the missing entries. decide() updates them. After any failure the state is
// discarded and loaded again, never repaired.
#pragma once

#include <map>
#include <unordered_map>
#include <utility>

#include "base/error.hpp"
#include "base/fibonacci_hash.hpp"
#include "core/command.hpp"
#include "core/effect.hpp"
#include "core/entities.hpp"

namespace confab::core {

struct chat_counters {
    chat_id id;
    std::uint64_t messages_count = 0;
    std::uint64_t changes_count = 0;
};

struct key_record {
    digest fingerprint;
    std::uint64_t number = 0;
    timestamp expires_at;
};

class state {
public:
    using chat_locator = std::pair<app_id, chat_number>;
    using message_locator = std::pair<chat_id, message_number>;
    using key_locator = std::pair<key_scope, digest>;

    // The ids of the next app and chat. The ledger sets them if they are zero. Skipped ids are harmless.
    app_id next_app;
    chat_id next_chat;

    app* find(const app_token& token);
    chat_counters* find(const chat_locator& locator);
    message* find(const message_locator& locator);
    const key_record* find(const key_locator& locator) const;
    const result<command_result>* find(const job_id& job) const;

    app& put(app a);
    chat_counters& put(const chat_locator& locator, chat_counters counters);
    message& put(chat_id chat, message m);
    void put(const key_locator& locator, const key_record& record);
    // The result of a command that a shared queue delivers again.
    void put(const job_id& job, result<command_result> completed);

    // To be called between batches. Drops messages, keys and results. Drops everything if the state holds more than
    // `counters_max` apps and chats.
    void end_batch(std::size_t counters_max);
    void clear();

private:
    struct locator_hash {
        std::size_t operator()(const chat_locator& locator) const noexcept {
            return fibonacci_hash(locator.first.value() << 32 ^ locator.second.value());
        }
    };

    std::unordered_map<app_token, app> apps_;
    std::unordered_map<chat_locator, chat_counters, locator_hash> chats_;
    std::map<message_locator, message> messages_;
    std::map<key_locator, key_record> keys_;
    std::map<job_id, result<command_result>> results_;
};

}  // namespace confab::core
