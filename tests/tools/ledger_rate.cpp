// Measures the messages per second that a worker's ledger commits, by batch size, without the queue and clients:
//   with_services.py mariadb -- ledger_rate [SECONDS]
// Each line has the commands per batch, the number of chats, batches/s, messages/s, and the shares of a batch's time in
// load(), decide() and apply().
#include <fmt/core.h>

#include <boost/asio/thread_pool.hpp>
#include <cstdlib>

#include "core/decide.hpp"
#include "support/commands.hpp"
#include "support/mysql.hpp"
#include "support/run.hpp"

namespace confab::testing {
namespace {

using clock = std::chrono::steady_clock;

class rate {
public:
    explicit rate(clock::duration time)
        : time_(time), opened_(ledger::mysql::open_mysql_worker(mysql_server(pool_.get_executor()), {})) {
        renew();
        std::vector<core::command> all{command(new_app(app_, "rate"))};
        for (std::size_t i = 0; i < chats_max; ++i) all.push_back(command(core::create_chat{app_}));
        commit(all);
    }
    ~rate() { pool_.join(); }

    static constexpr std::size_t chats_max = 1000;

    void measure(std::size_t batch_size, std::size_t chats) {
        in_load_ = in_decide_ = in_apply_ = {};
        std::size_t batches = 0;
        const auto begin = clock::now();
        while (clock::now() - begin < time_) {
            std::vector<core::command> batch;
            for (std::size_t i = 0; i < batch_size; ++i) {
                batch.push_back(command(new_message(app_, 1 + (batches + i) % chats, std::string(64, 'x'))));
                batch.back().delivery = core::delivery{static_cast<core::partition_number>(i % chats % 64),
                                                       core::epoch_id{std::byte{1}},
                                                       {1, ++entries_},
                                                       {}};
            }
            renew();
            commit(batch);
            ++batches;
        }
        const auto took = std::chrono::duration<double>(clock::now() - begin).count();
        const auto share = [&](clock::duration part) {
            return 100 * std::chrono::duration<double>(part).count() / took;
        };
        fmt::print("{:5} {:5} {:8.0f} {:8.0f}   {:3.0f} % {:3.0f} % {:3.0f} %\n", batch_size, chats,
                   static_cast<double>(batches) / took, static_cast<double>(batches * batch_size) / took,
                   share(in_load_), share(in_decide_), share(in_apply_));
    }

private:
    void renew() {
        if (!run(opened_->ownership().renew())) throw std::runtime_error("no partitions");
    }

    void commit(const std::vector<core::command>& batch) {
        std::vector<const core::command*> commands;
        for (const auto& c : batch) commands.push_back(&c);
        const auto begin = clock::now();
        if (!run(opened_->writer().load(commands, state_))) throw std::runtime_error("not loaded");
        const auto loaded = clock::now();
        core::batch_effects effects;
        for (const auto* c : commands)
            if (!core::decide(state_, *c, now(), {}, effects)) throw std::runtime_error("refused");
        const auto decided = clock::now();
        if (!run(opened_->writer().apply(effects))) throw std::runtime_error("not applied");
        state_.end_batch(100'000);
        in_load_ += loaded - begin;
        in_decide_ += decided - loaded;
        in_apply_ += clock::now() - decided;
    }

    const clock::duration time_;
    asio::thread_pool pool_{1};
    std::unique_ptr<ledger::mysql::mysql_worker> opened_;
    core::state state_;
    const core::app_token app_ = core::app_token::make();
    std::uint64_t entries_ = 0;
    clock::duration in_load_{}, in_decide_{}, in_apply_{};
};

}  // namespace
}  // namespace confab::testing

int main(int count, char** arguments) {
    using namespace confab::testing;
    clear_ledger();
    rate r(std::chrono::seconds(count > 1 ? std::stoi(arguments[1]) : 3));
    fmt::print("batch chats batches/s messages/s  load decide apply\n");
    for (const std::size_t size : {1U, 8U, 64U, 256U, 1000U}) {
        r.measure(size, 1);
        if (size > 1) r.measure(size, std::min(size, rate::chats_max));
    }
}
