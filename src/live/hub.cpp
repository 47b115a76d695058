#include "live/hub.hpp"

#include <algorithm>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <utility>

#include "base/require.hpp"
#include "live/follower.hpp"

namespace confab::live {

hub::hub(std::size_t loops) {
    for (std::size_t i = 0; i < loops; ++i) parts_.push_back(std::make_unique<loop>(*this));
}

void hub::attach(event_loops& loops) {
    require(!loops_ && loops.size() == parts_.size(), "a hub gets its loops once");
    loops_ = &loops;
}

hub::loop& hub::at(const asio::any_io_executor& executor) {
    const auto* const context = &asio::query(executor, asio::execution::context);
    for (std::size_t i = 0; i < parts_.size(); ++i)
        if (context == &loops_->at(i)) return *parts_[i];
    require(false, "a follower is on an event loop of the server");
    std::abort();
}

bool hub::may_be_followed(const topic& t) const {
    return std::ranges::any_of(parts_, [&](const auto& p) { return p->may_be_followed(t); });
}

std::vector<followed_topic> hub::followed_topics() const {
    const std::lock_guard lock(mutex_);
    std::vector<followed_topic> all;
    all.reserve(topics_.size());
    for (const auto& [topic, r] : topics_) all.push_back({topic, r.chat});
    return all;
}

void hub::publish(std::span<const event> events) {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        auto& part = *parts_[i];
        std::vector<event> wanted;
        for (const auto& e : events)
            if (part.may_be_followed(e.topic)) wanted.push_back(e);
        if (wanted.empty()) continue;
        asio::post(loops_->at(i), [&part, wanted = std::move(wanted)] { part.deliver(wanted); });
    }
}

void hub::end_all() {
    for (std::size_t i = 0; i < parts_.size(); ++i) asio::post(loops_->at(i), [p = parts_[i].get()] { p->end_all(); });
}

void hub::loop::add(follower& f, const followed_topic& t) {
    followers_[t.topic].push_back(&f);
    {
        const std::lock_guard lock(owner_.mutex_);
        auto& r = owner_.topics_[t.topic];
        r.chat = t.chat;
        r.followers += 1;
    }
    ++counts_[slot_of(t.topic)];
    ++owner_.registrations_;
}

void hub::loop::remove(follower& f, const topic& t) {
    const auto found = followers_.find(t);
    require(found != followers_.end(), "a follower that is removed was added");
    std::erase(found->second, &f);
    if (found->second.empty()) followers_.erase(found);
    {
        const std::lock_guard lock(owner_.mutex_);
        const auto r = owner_.topics_.find(t);
        if (--r->second.followers == 0) owner_.topics_.erase(r);
    }
    --counts_[slot_of(t)];
    --owner_.registrations_;
}

void hub::loop::deliver(const std::vector<event>& events) {
    event_loops::count_handler();
    for (const auto& e : events) {
        const auto found = followers_.find(e.topic);
        if (found == followers_.end()) continue;
        for (auto* f : found->second) f->deliver(e);
    }
}

void hub::loop::end_all() {
    for (const auto& [topic, all] : followers_)
        for (auto* f : all) f->stop();
}

}  // namespace confab::live
