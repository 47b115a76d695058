#include "queue/redis/pending_replies.hpp"

#include <cstring>

namespace confab::queue {

std::size_t pending_replies::job_hash::operator()(const core::job_id& job) const noexcept {
    std::size_t bits = 0;  // a job consists of random bits
    std::memcpy(&bits, job.data(), sizeof bits);
    return bits;
}

pending_replies::pending_reply::pending_reply(pending_replies& owner, const core::job_id& job)
    : owner_(owner), job_(job) {
    owner_.replies_[job_] = this;
}

pending_replies::pending_reply::~pending_reply() {
    owner_.replies_.erase(job_);
}

awaitable<void> pending_replies::pending_reply::wait(clock::time_point until) {
    if (answer_ || owner_.has_ended_) co_return;
    until_ = until;
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
        [this](auto h) { handler_.emplace(std::move(h)); }, asio::use_awaitable);
}

void pending_replies::pending_reply::resume() {
    if (auto h = std::exchange(handler_, std::nullopt)) asio::post(owner_.loop_, std::move(*h));
}

void pending_replies::deliver(const core::job_id& job, outcome answer) {
    const auto found = replies_.find(job);
    if (found == replies_.end() || found->second->answer_) return;
    found->second->answer_.emplace(std::move(answer));
    found->second->resume();
}

void pending_replies::wake_expired(clock::time_point at) {
    for (auto& [job, waiting] : replies_)
        if (waiting->until_ <= at) waiting->resume();
}

void pending_replies::end() {
    has_ended_ = true;
    for (auto& [job, waiting] : replies_) waiting->resume();
}

}  // namespace confab::queue
