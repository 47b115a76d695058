#include "open_loop/client.hpp"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace confab::bench {
namespace {

using namespace std::chrono_literals;

constexpr unsigned created = 201;
constexpr auto last_answer_wait = 20s;
constexpr auto stop_check_interval = 50ms;  // how often run() checks for its end

clock::duration seconds(double s) {
    return std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(s));
}

}  // namespace

client::client(std::uint16_t port, std::vector<std::string> requests, const plan& how)
    : requests_(std::move(requests)), plan_(how), events_(epoll_create1(EPOLL_CLOEXEC)) {
    if (events_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    for (std::size_t i = 0; i < how.connections; ++i) {
        auto& made = *connections_.emplace_back(std::make_unique<connection>(port));
        epoll_event on_answer{};
        on_answer.events = EPOLLIN;
        on_answer.data.ptr = &made;
        epoll_ctl(events_, EPOLL_CTL_ADD, made.file(), &on_answer);
        idle_.push_back(&made);
    }
    prctl(PR_SET_TIMERSLACK, 1);  // ns; the default lets a sleep last 50 µs longer
}

client::~client() {
    close(events_);
}

outcome client::run(const volatile std::sig_atomic_t& stop_requested) {
    begin_ = clock::now();
    counted_from_ = begin_ + seconds(plan_.warm_up_s);
    if (plan_.seconds > 0) end_ = counted_from_ + seconds(plan_.seconds);
    for (auto now = begin_; !is_over(now, stop_requested); now = clock::now()) {
        enqueue_due(now);
        send_waiting();
        const auto next = std::min(due_at(enqueued_), now + stop_check_interval);
        wait(std::max<clock::duration>(next - clock::now(), 0ns));
    }
    done_.seconds = std::chrono::duration<double>(end_ - counted_from_).count();
    done_.unanswered = in_flight() + waiting_.size();
    return std::move(done_);
}

bool client::is_over(clock::time_point now, const volatile std::sig_atomic_t& stop_requested) {
    if (stop_requested) end_ = std::min(end_, now);
    if (now < end_) return false;
    return (in_flight() == 0 && waiting_.empty()) || now > end_ + last_answer_wait;
}

clock::time_point client::due_at(std::uint64_t request) const {
    return begin_ + seconds(static_cast<double>(request) / plan_.rate);
}

void client::enqueue_due(clock::time_point now) {
    for (auto at = due_at(enqueued_); at <= now && at < end_; at = due_at(++enqueued_)) {
        waiting_.push_back({at, at >= counted_from_});
        if (waiting_.back().is_counted) done_.lateness.add(now - at);
    }
}

void client::send_waiting() {
    while (!waiting_.empty() && !idle_.empty()) {
        const auto first = waiting_.front();
        waiting_.pop_front();
        auto& by = *idle_.front();
        idle_.pop_front();
        by.send(requests_[sent_++ % requests_.size()], first);
    }
    done_.waited_for_a_connection += waiting_.empty() ? 0U : 1U;
}

void client::wait(clock::duration longest) {
    std::array<epoll_event, 64> ready;
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(longest).count();
    const timespec timeout{ns / 1'000'000'000, ns % 1'000'000'000};
    const int count = epoll_pwait2(events_, ready.data(), static_cast<int>(ready.size()), &timeout, nullptr);
    for (int i = 0; i < count; ++i) receive(*static_cast<connection*>(ready[static_cast<std::size_t>(i)].data.ptr));
}

void client::receive(connection& from) {
    const auto status = from.receive();
    if (!status) return;
    if (from.in_flight().is_counted && *status == created) {
        done_.latency.add(clock::now() - from.in_flight().at);
        ++done_.answered;
    }
    if (*status != created && done_.other_answers++ == 0) done_.first_unexpected_answer = from.answer();
    idle_.push_back(&from);
}

}  // namespace confab::bench
