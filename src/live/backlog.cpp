#include "live/backlog.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/log_throttle.hpp"

namespace confab::live {
namespace {

event event_of(const topic& t, counter c, std::uint64_t number, event_text text) {
    return {t, c, number, std::make_shared<const event_text>(std::move(text))};
}

template <class Row, class Convert>
result<std::vector<event>> events_of(const result<std::vector<Row>>& rows, Convert convert) {
    if (!rows) return rows.error();
    std::vector<event> events;
    events.reserve(rows->size());
    for (const auto& row : *rows) events.push_back(convert(row));
    return events;
}

awaitable<result<std::vector<event>>> read_chats(ledger::readers& readers, event_texts texts, topic t,
                                                 ledger::window w) {
    const auto rows = co_await readers.chats(core::app_id(t.id), w);
    co_return events_of(
        rows, [&](const auto& c) { return event_of(t, counter::creations, c.number.value(), texts.of_chat(c)); });
}

awaitable<result<std::vector<event>>> read_messages(ledger::readers& readers, event_texts texts, followed_topic t,
                                                    ledger::window w) {
    const auto rows = co_await readers.messages(core::chat_id(t.topic.id), w);
    co_return events_of(rows, [&](const auto& m) {
        return event_of(t.topic, counter::creations, m.number.value(),
                        texts.of_message(message_event::created, t.chat, m));
    });
}

awaitable<result<std::vector<event>>> read_changes(ledger::readers& readers, event_texts texts, followed_topic t,
                                                   ledger::window w) {
    const auto rows = co_await readers.changed_messages(core::chat_id(t.topic.id), w);
    co_return events_of(rows, [&](const auto& c) {
        const auto what = c.is_deletion ? message_event::deleted : message_event::updated;
        return event_of(t.topic, counter::changes, c.seq, texts.of_message(what, t.chat, c.message));
    });
}

}  // namespace

awaitable<result<std::vector<event>>> read_backlog(ledger::readers& readers, event_texts texts, followed_topic topic,
                                                   counters from, counters upto, std::size_t events_max) {
    const bool has_creations = upto.creations > from.creations;
    if (!has_creations && upto.changes <= from.changes) co_return std::vector<event>();
    const auto which = has_creations ? counter::creations : counter::changes;
    const ledger::window w{from.of(which), upto.of(which), ledger::order::ascending, events_max};
    result<std::vector<event>> events = error::unavailable;
    if (!has_creations)
        events = co_await read_changes(readers, texts, topic, w);
    else if (topic.topic.of == topic::kind::app)
        events = co_await read_chats(readers, texts, topic.topic, w);
    else
        events = co_await read_messages(readers, texts, topic, w);
    if (events && (events->empty() || events->front().number != w.after + 1)) {
        static log_throttle log;
        log.error("lacks rows", fmt::format("the ledger lacks rows of {} {} after ({}, {})",
                                            topic.topic.of == topic::kind::app ? "app" : "chat", topic.topic.id,
                                            from.creations, from.changes));
        co_return error::unavailable;
    }
    co_return events;
}

}  // namespace confab::live
