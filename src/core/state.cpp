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
chat_counters* state::find(const chat_locator& locator) {
    return find_in(chats_, locator);
}
message* state::find(const message_locator& locator) {
    return find_in(messages_, locator);
}
const key_record* state::find(const key_locator& locator) const {
    return find_in(keys_, locator);
}

const result<command_result>* state::find(const job_id& job) const {
    return find_in(results_, job);
}

app& state::put(app a) {
    const auto token = a.token;
    return apps_.insert_or_assign(token, std::move(a)).first->second;
}

chat_counters& state::put(const chat_locator& locator, chat_counters counters) {
    return chats_.insert_or_assign(locator, counters).first->second;
}

message& state::put(chat_id chat, message m) {
    const message_locator locator{chat, m.number};
    return messages_.insert_or_assign(locator, std::move(m)).first->second;
}

void state::put(const key_locator& locator, const key_record& record) {
    keys_.insert_or_assign(locator, record);
}

void state::put(const job_id& job, result<command_result> completed) {
    results_.insert_or_assign(job, std::move(completed));
}

void state::end_batch(std::size_t counters_max) {
    messages_.clear();
    keys_.clear();
    results_.clear();
    if (apps_.size() + chats_.size() > counters_max) clear();
}

void state::clear() {
    next_app = {};
    next_chat = {};
    apps_.clear();
    chats_.clear();
    messages_.clear();
    keys_.clear();
    results_.clear();
}

}  // namespace confab::core
