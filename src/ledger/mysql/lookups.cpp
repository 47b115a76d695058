// Who comes while fewer than `statements_max` are under way leads one. It takes along those that wait, and when it is
// done the first of those that came meanwhile leads the next.
#include "ledger/mysql/lookups.hpp"

#include <deque>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "ledger/mysql/reader_sql.hpp"

namespace confab::ledger::mysql {
namespace {

constexpr std::size_t statements_max = 2;  // at once: one that is slow does not hold up all

struct waiting {
    lookup asked;
    bool leads = false;
    asio::any_io_executor home = {};
    asio::any_completion_handler<void()> resume = {};
};

// In its own turn.
void go_on(waiting& w) {
    asio::post(w.home, std::exchange(w.resume, {}));
}

}  // namespace

// Those of one event loop; its thread only.
class lookups::line {
public:
    awaitable<result<core::message>> find(lookup asked, const look_up& how) {
        waiting mine{std::move(asked)};
        if (under_way_ < statements_max) {
            ++under_way_;
            mine.leads = true;
        } else {
            co_await wait(mine);
        }
        if (mine.leads) {
            statement led(*this, mine);
            co_await how(led.lookups());
            led.end();
        }
        co_return std::move(*mine.asked.answer);
    }

private:
    // One that is being led. A handler owns the frame of who waits: those whose loop has ended before their statement
    // go with its leader.
    class statement {
    public:
        statement(line& of, waiting& leader) : of_(of) {
            lookups_.push_back(&leader.asked);
            while (!of_.waiting_.empty() && lookups_.size() < lookups_max) {
                taken_.push_back(of_.waiting_.front());
                lookups_.push_back(&of_.waiting_.front()->asked);
                of_.waiting_.pop_front();
            }
        }
        ~statement() {
            for (auto* each : taken_) std::exchange(each->resume, {});
            if (has_ended_) return;
            for (auto* each : std::exchange(of_.waiting_, {})) std::exchange(each->resume, {});
        }
        statement(const statement&) = delete;
        statement& operator=(const statement&) = delete;

        std::span<lookup* const> lookups() const { return lookups_; }

        // Those it took along go on, and somebody leads the next.
        void end() {
            for (auto* each : std::exchange(taken_, {})) go_on(*each);
            of_.lead_next();
            has_ended_ = true;
        }

    private:
        line& of_;
        std::vector<lookup*> lookups_;
        std::vector<waiting*> taken_;
        bool has_ended_ = false;
    };

    awaitable<void> wait(waiting& mine) {
        return asio::async_initiate<const asio::use_awaitable_t<>, void()>(
            [this, &mine](auto handler) {
                mine.home = asio::get_associated_executor(handler);
                mine.resume = std::move(handler);
                waiting_.push_back(&mine);
            },
            asio::use_awaitable);
    }

    void lead_next() {
        if (waiting_.empty()) {
            --under_way_;
            return;
        }
        auto* const next = waiting_.front();
        waiting_.pop_front();
        next->leads = true;
        go_on(*next);
    }

    std::deque<waiting*> waiting_;
    std::size_t under_way_ = 0;
};

class lookups::lines {
public:
    std::shared_ptr<line> of(asio::execution_context& loop) {
        const std::lock_guard lock(mutex_);
        auto& found = all_[&loop];
        if (!found) found = std::make_shared<line>();
        return found;
    }

private:
    std::mutex mutex_;
    std::unordered_map<asio::execution_context*, std::shared_ptr<line>> all_;
};

lookups::lookups(look_up how) : how_(std::move(how)), lines_(std::make_unique<lines>()) {}

lookups::~lookups() = default;

awaitable<result<core::message>> lookups::find(core::chat_id chat, core::message_number number) {
    const auto loop = co_await asio::this_coro::executor;
    const auto here = lines_->of(asio::query(loop, asio::execution::context));
    lookup asked{chat, number};
    co_return co_await here->find(std::move(asked), how_);
}

}  // namespace confab::ledger::mysql
