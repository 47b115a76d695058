#include "core/state.hpp"

namespace confab::core {
namespace {

template <class Map, class Key>
auto* find_in(Map& map, const Key& key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
}

}  // namespace

app* state::find(const app_token& token) {
    return find_in(apps_, token);
}
chat_head* state::find(const chat_place& place) {
    return find_in(chats_, place);
}
message* state::find(const message_place& place) {
    return find_in(messages_, place);
}
const key_record* state::find(const key_place& place) const {
    return find_in(keys_, place);
}

const result<answer>* state::find(const job_id& job) const {
    return find_in(settled_, job);
}

app& state::put(app a) {
    const auto token = a.token;
    return apps_.insert_or_assign(token, std::move(a)).first->second;
}

chat_head& state::put(const chat_place& place, chat_head head) {
    return chats_.insert_or_assign(place, head).first->second;
}

message& state::put(chat_id chat, message m) {
    const message_place place{chat, m.number};
    return messages_.insert_or_assign(place, std::move(m)).first->second;
}

void state::put(const key_place& place, const key_record& record) {
    keys_.insert_or_assign(place, record);
}

void state::put(const job_id& job, result<answer> settled) {
    settled_.insert_or_assign(job, std::move(settled));
}

void state::end_batch(std::size_t heads_max) {
    messages_.clear();
    keys_.clear();
    settled_.clear();
    if (apps_.size() + chats_.size() > heads_max) clear();
}

void state::clear() {
    next_app = {};
    next_chat = {};
    apps_.clear();
    chats_.clear();
    messages_.clear();
    keys_.clear();
    settled_.clear();
}

}  // namespace confab::core
