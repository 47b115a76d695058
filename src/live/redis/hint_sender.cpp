#include <fmt/core.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>
#include <variant>
#include <vector>

#include "live/redis/hint_codec.hpp"
#include "live/redis/hints.hpp"

namespace confab::live {

hint_sender::hint_sender(std::unique_ptr<redis::client> redis, std::string_view cluster)
    : redis_(std::move(redis)), channel_(hint_channel(cluster)) {}

void hint_sender::committed(const core::batch_effects& effects) noexcept {
    try {
        collect(effects);
        publish();
    } catch (const std::exception&) {
        drop_waiting();
    }
}

// There is no memory for them. The batch is committed, and its clients are answered all the same.
void hint_sender::drop_waiting() noexcept {
    failed_ += waiting_.size();
    waiting_.clear();
}

void hint_sender::collect(const core::batch_effects& effects) {
    for (const auto& chat : effects.chats()) collect({topic_of(chat.id), chat.last_message, chat.last_change});
    if (!effects.changes_apps()) return;
    for (const auto& e : effects)
        if (const auto* const created = std::get_if<core::chat_created>(&e))
            collect({topic_of(created->app), created->number.value(), 0});
}

void hint_sender::collect(const hint& moved) {
    // A chat that was only created has no followers yet.
    if (moved.creations == 0 && moved.changes == 0) return;
    if (waiting_.size() >= topics_max && !waiting_.contains(moved.topic)) {
        failed_ += 1;
        return;
    }
    auto& newest = waiting_.try_emplace(moved.topic, hint{moved.topic}).first->second;
    newest.creations = std::max(newest.creations, moved.creations);
    newest.changes = std::max(newest.changes, moved.changes);
}

void hint_sender::publish() {
    if (in_flight_ > 0 || waiting_.empty()) return;
    const auto end =
        std::next(waiting_.begin(), static_cast<std::ptrdiff_t>(std::min(waiting_.size(), hints_per_message_max)));
    std::vector<hint> next;
    for (auto one = waiting_.begin(); one != end; ++one) next.push_back(one->second);
    const auto text = encode(next);
    waiting_.erase(waiting_.begin(), end);
    in_flight_ = next.size();
    try {
        redis_->send({"PUBLISH", channel_, text}, [this](const result<redis::reply>& reply) { handle_reply(reply); });
    } catch (const std::exception&) {
        failed_ += std::exchange(in_flight_, 0);
        throw;
    }
}

void hint_sender::handle_reply(const result<redis::reply>& reply) noexcept {
    const bool is_received = reply && !reply->is_error();
    (is_received ? sent_ : failed_) += std::exchange(in_flight_, 0);
    try {
        if (reply && reply->is_error())
            log_.warning(reply->text.substr(0, reply->text.find(' ')),
                         fmt::format("Redis refuses PUBLISH; the live feed polls MySQL: {}", reply->text));
        publish();
    } catch (const std::exception&) {
        drop_waiting();
    }
}

std::unique_ptr<hint_sender> make_hint_sender(const asio::any_io_executor& loop, redis::client_options options,
                                              std::string_view cluster) {
    return std::make_unique<hint_sender>(redis::make_client(loop, std::move(options)), cluster);
}

}  // namespace confab::live
