#include "live/follower.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "base/require.hpp"

namespace confab::live {
namespace {

// A slow client holds one slice of the backlog in its connection. There may be as many of them as streams.
constexpr std::size_t slice_events_max = 100;
// What an event costs besides its text, which other followers share.
constexpr std::size_t event_overhead = sizeof(event);

}  // namespace

follower::follower(hub& hub, const asio::any_io_executor& executor, ledger::readers& readers, event_texts texts,
                   std::size_t buffer_bytes_max)
    : loop_(hub.at(executor)),
      readers_(readers),
      texts_(texts),
      buffer_bytes_max_(buffer_bytes_max),
      timer_(executor) {}

follower::~follower() {
    for (const auto& t : topics_) loop_.remove(*this, t.topic.topic);
}

void follower::add(const followed_topic& t) {
    require(std::ranges::none_of(topics_, [&](const auto& f) { return f.topic.topic == t.topic; }),
            "a topic is followed once");
    topics_.push_back({t, {}, {}});
    loop_.add(*this, t);
}

void follower::begin(const topic& t, const counters& sent, const counters& head) {
    require(!sent.exceed(head), "a client has no more than the ledger");
    auto& f = find(t);
    f.sent = sent;
    f.known.raise_to(head);
    f.target = f.known;  // also what was delivered since add()
}

awaitable<result<follower::outcome>> follower::next(clock::time_point until) {
    for (;;) {
        if (is_stopped_) co_return outcome::stopped;
        if (!read_.empty()) co_return outcome::events;
        if (auto* const behind = find_behind()) {
            co_await asio::post(asio::use_awaitable);  // lets other handlers of this loop run
            if (is_stopped_) co_return outcome::stopped;
            const auto read =
                co_await read_backlog(readers_, texts_, behind->topic, behind->sent, behind->target, slice_events_max);
            if (!read) co_return read.error();
            behind->was_read = true;
            read_.assign(read->begin(), read->end());
            continue;
        }
        if (auto* const read = find_read()) {
            if (const auto done = co_await look_for_changes(*read); !done) co_return done.error();
            continue;
        }
        while (!buffer_.empty() && !is_new(buffer_.front())) {
            buffer_bytes_ -= event_overhead + buffer_.front().text->lines().size();
            buffer_.pop_front();
        }
        if (!buffer_.empty()) co_return outcome::events;
        if (clock::now() >= until) co_return outcome::timeout;
        is_waiting_ = true;
        timer_.expires_at(until);
        co_await timer_.async_wait(use_tuple);
        is_waiting_ = false;
    }
}

awaitable<result<void>> follower::look_for_changes(followed& f) {
    if (f.topic.topic.of == topic::kind::chat) {
        const auto read = co_await readers_.position_of(core::chat_id(f.topic.topic.id));
        if (!read) co_return read.error();
        const auto head = counters_of(read->position);
        if (head.changes > f.sent.changes) {
            f.known.raise_to(head);
            f.target = f.known;
        }
    }
    f.was_read = false;
    co_return result<void>();
}

// An event that is not new was read from the ledger before it was taken from the buffer.
bool follower::is_new(const event& e) const {
    const auto found = std::ranges::find_if(topics_, [&](const auto& f) { return f.topic.topic == e.topic; });
    return found != topics_.end() && e.number > found->sent.of(e.counter);
}

const event* follower::pop() {
    if (!read_.empty()) {
        current_ = std::move(read_.front());
        read_.pop_front();
        find(current_.topic).sent.of(current_.counter) = current_.number;
        return &current_;
    }
    if (find_behind() || find_read()) return nullptr;
    while (!buffer_.empty()) {
        current_ = std::move(buffer_.front());
        buffer_.pop_front();
        buffer_bytes_ -= event_overhead + current_.text->lines().size();
        if (!is_new(current_)) continue;
        auto& sent = find(current_.topic).sent.of(current_.counter);
        require(current_.number == sent + 1, "the buffer of an up-to-date follower has no gap");
        sent = current_.number;
        return &current_;
    }
    return nullptr;
}

bool follower::is_up_to_date() const {
    return read_.empty() && std::ranges::none_of(buffer_, [this](const auto& e) { return is_new(e); }) &&
           std::ranges::none_of(topics_, &followed::is_behind);
}

void follower::stop() {
    is_stopped_ = true;
    wake();
}

void follower::deliver(const event& e) {
    auto& f = find(e.topic);
    auto& known = f.known.of(e.counter);
    if (e.number <= known) return;
    const bool has_gap = e.number > known + 1;
    known = e.number;
    if (!e.text || has_gap) {
        f.target = f.known;
        return wake();
    }
    buffer_.push_back(e);
    buffer_bytes_ += event_overhead + e.text->lines().size();
    if (buffer_bytes_ > buffer_bytes_max_) drop_buffer();
    wake();
}

void follower::drop_buffer() {
    for (const auto& e : buffer_) {
        auto& f = find(e.topic);
        f.target = f.known;
    }
    buffer_.clear();
    buffer_bytes_ = 0;
}

void follower::wake() {
    if (std::exchange(is_waiting_, false)) timer_.cancel();
}

follower::followed& follower::find(const topic& t) {
    const auto found = std::ranges::find_if(topics_, [&](const auto& f) { return f.topic.topic == t; });
    require(found != topics_.end(), "the topic is followed");
    return *found;
}

follower::followed* follower::find_behind() {
    const auto found = std::ranges::find_if(topics_, &followed::is_behind);
    return found == topics_.end() ? nullptr : &*found;
}

follower::followed* follower::find_read() {
    const auto found = std::ranges::find_if(topics_, &followed::was_read);
    return found == topics_.end() ? nullptr : &*found;
}

}  // namespace confab::live
