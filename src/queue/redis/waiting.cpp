#include "queue/redis/waiting.hpp"

#include <cstring>

namespace confab::queue {

std::size_t waiting_room::job_hash::operator()(const core::job_id& job) const noexcept {
    std::size_t bits = 0;  // a job is random bits already
    std::memcpy(&bits, job.data(), sizeof bits);
    return bits;
}

waiting_room::seat::seat(waiting_room& room, const core::job_id& job) : room_(room), job_(job) {
    room_.seats_[job_] = this;
}

waiting_room::seat::~seat() {
    room_.seats_.erase(job_);
}

awaitable<void> waiting_room::seat::wait(clock::time_point until) {
    if (answer_ || room_.has_ended_) co_return;
    until_ = until;
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
        [this](auto h) { handler_.emplace(std::move(h)); }, asio::use_awaitable);
}

void waiting_room::seat::resume() {
    if (auto h = std::exchange(handler_, std::nullopt)) asio::post(room_.loop_, std::move(*h));
}

void waiting_room::deliver(const core::job_id& job, outcome answer) {
    const auto found = seats_.find(job);
    if (found == seats_.end() || found->second->answer_) return;
    found->second->answer_.emplace(std::move(answer));
    found->second->resume();
}

void waiting_room::look_at_clock(clock::time_point at) {
    for (auto& [job, waiting] : seats_)
        if (waiting->until_ <= at) waiting->resume();
}

void waiting_room::end() {
    has_ended_ = true;
    for (auto& [job, waiting] : seats_) waiting->resume();
}

}  // namespace confab::queue
