#include "live/ledger_poller.hpp"

#include <fmt/core.h>

#include <exception>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "live/backlog.hpp"

namespace confab::live {
namespace {

constexpr std::chrono::seconds poll_interval{1};
constexpr std::size_t slice_events_max = 1000;
// More new rows than this are left to the followers: they would fill their buffers.
constexpr std::uint64_t published_rows_max = 2000;

std::uint64_t rows_between(const counters& from, const counters& upto) {
    return upto.creations - from.creations + (upto.changes - from.changes);
}

}  // namespace

ledger_poller::ledger_poller(hub& hub, ledger::readers& readers, event_texts texts, const asio::any_io_executor& loop)
    : hub_(hub),
      readers_(readers),
      texts_(texts),
      timer_(loop),
      next_poll_(clock::now()),
      generation_(readers.generation()) {}

awaitable<void> ledger_poller::run() {
    for (;;) {
        try {
            co_await read_what_is_due();
        } catch (const std::exception& cause) {
            log::error(fmt::format("reading events for followers: {}", cause.what()));
        }
        if (!hinted_.empty()) continue;
        is_waiting_ = true;
        timer_.expires_at(next_poll_);
        co_await timer_.async_wait(use_tuple);
        is_waiting_ = false;
    }
}

awaitable<void> ledger_poller::read_what_is_due() {
    if (clock::now() >= next_poll_) {
        next_poll_ = clock::now() + poll_interval;
        if (hub_.has_followers())
            co_await poll();
        else
            topics_.clear();
    }
    if (!hinted_.empty()) co_await read_hinted();
}

void ledger_poller::hinted(std::span<const hint> hints) {
    for (const auto& h : hints)
        if (hub_.may_be_followed(h.topic)) {
            auto& known = hinted_[h.topic];
            known.upto.raise_to({h.creations, h.changes});
            known.lacks_creations = known.lacks_creations || h.creations == 0;
        }
    if (!hinted_.empty()) wake();
}

void ledger_poller::missed_hints() {
    next_poll_ = clock::now();
    wake();
}

void ledger_poller::wake() {
    if (std::exchange(is_waiting_, false)) timer_.cancel();
}

void ledger_poller::refresh_topics() {
    std::unordered_map<topic, followed, topic_hash> present;
    for (const auto& t : hub_.followed_topics()) {
        const auto known = topics_.find(t.topic);
        present[t.topic] = known == topics_.end() ? followed{t.chat, std::nullopt} : known->second;
    }
    topics_ = std::move(present);
}

awaitable<void> ledger_poller::poll() {
    refresh_topics();
    std::vector<core::chat_id> chats;
    std::vector<core::app_id> apps;
    for (const auto& [t, f] : topics_) {
        if (t.of == topic::kind::app)
            apps.emplace_back(t.id);
        else
            chats.emplace_back(t.id);
    }
    const auto heads = co_await readers_.read_heads(chats, apps);
    if (!heads) co_return;  // the reader has logged why
    if (generation_ != heads->generation) {
        log::warning("the ledger has another generation: all streams of events end, and their clients begin again");
        topics_.clear();
        hinted_.clear();
        hub_.end_all();
    }
    generation_ = heads->generation;
    for (const auto& c : heads->chats) {
        const auto found = topics_.find(topic_of(c.chat));
        if (found != topics_.end()) co_await advance(found->first, found->second, counters_of(c.position));
    }
    for (const auto& a : heads->apps) {
        const auto found = topics_.find(topic_of(a.app));
        if (found != topics_.end()) co_await advance(found->first, found->second, counters{a.chats_count, 0});
    }
}

// A hint of changes alone may come after a lost hint of creations. A change must not be published before the message
// that it changes.
awaitable<bool> ledger_poller::add_creations(hints_by_topic& hints) {
    std::vector<core::chat_id> chats;
    for (const auto& [t, moved] : hints)
        if (t.of == topic::kind::chat && moved.lacks_creations) chats.emplace_back(t.id);
    if (chats.empty()) co_return true;
    const auto heads = co_await readers_.read_heads(chats, {});
    if (!heads) co_return false;
    for (const auto& c : heads->chats) hints[topic_of(c.chat)].upto.raise_to(counters_of(c.position));
    co_return true;
}

awaitable<void> ledger_poller::read_hinted() {
    auto hints = std::exchange(hinted_, {});
    if (!co_await add_creations(hints)) co_return;
    for (const auto& [t, hinted] : hints) {
        if (!topics_.contains(t)) refresh_topics();
        const auto found = topics_.find(t);
        if (found == topics_.end()) continue;
        // The next poll tries again.
        if (!co_await advance(t, found->second, hinted.upto)) co_return;
    }
}

// False: the ledger cannot be read now. REQUIRES: `f` is of topics_, which does not change meanwhile.
awaitable<bool> ledger_poller::advance(const topic& t, followed& f, const counters& head) {
    if (!f.published) {
        f.published = head;
        publish_notice(t, head);
        co_return true;
    }
    auto upto = *f.published;
    upto.raise_to(head);
    if (rows_between(*f.published, upto) > published_rows_max) {
        f.published = upto;
        publish_notice(t, upto);
        co_return true;
    }
    const followed_topic topic{t, f.chat};
    while (upto.exceed(*f.published)) {
        const auto events = co_await read_backlog(readers_, texts_, topic, *f.published, upto, slice_events_max);
        if (!events) co_return false;
        for (const auto& e : *events) f.published->of(e.counter) = e.number;
        hub_.publish(*events);
    }
    co_return true;
}

void ledger_poller::publish_notice(const topic& t, const counters& head) {
    const event notices[] = {{t, counter::creations, head.creations, nullptr},
                             {t, counter::changes, head.changes, nullptr}};
    hub_.publish(notices);
}

}  // namespace confab::live
