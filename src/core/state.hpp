// What decide() knows: the heads of apps and chats a batch touches, the messages it edits, the keys it brings. The
// ledger fills in what is missing before a batch; decide() moves it on. After any failure it is dropped and read again,
// never mended.
#pragma once

#include <map>
#include <unordered_map>
#include <utility>

#include "base/error.hpp"
#include "core/command.hpp"
#include "core/effect.hpp"
#include "core/entities.hpp"

namespace confab::core {

struct chat_head {
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
    using chat_place = std::pair<app_id, chat_number>;
    using message_place = std::pair<chat_id, message_number>;
    using key_place = std::pair<key_scope, digest>;

    // Ids the next app and chat will get; zero asks the ledger to set them. Skipping some is harmless.
    app_id next_app;
    chat_id next_chat;

    app* find(const app_token& token);
    chat_head* find(const chat_place& place);
    message* find(const message_place& place);
    const key_record* find(const key_place& place) const;
    const result<answer>* find(const job_id& job) const;

    app& put(app a);
    chat_head& put(const chat_place& place, chat_head head);
    message& put(chat_id chat, message m);
    void put(const key_place& place, const key_record& record);
    // Of a command that a shared queue delivers once more: what became of it.
    void put(const job_id& job, result<answer> settled);

    // Between batches: forgets messages, keys and settled jobs, and everything once more than `heads_max` heads are held.
    void end_batch(std::size_t heads_max);
    void clear();

private:
    struct place_hash {
        std::size_t operator()(const chat_place& place) const noexcept {
            // Fibonacci hashing spreads neighbouring ids.
            return (place.first.value() << 32 ^ place.second.value()) * 0x9e3779b97f4a7c15ULL;
        }
    };

    std::unordered_map<app_token, app> apps_;
    std::unordered_map<chat_place, chat_head, place_hash> chats_;
    std::map<message_place, message> messages_;
    std::map<key_place, key_record> keys_;
    std::map<job_id, result<answer>> settled_;
};

}  // namespace confab::core
