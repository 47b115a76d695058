// A client of Redis without a server: records the commands and returns replies that the test has prepared.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "drivers/redis/client.hpp"

namespace confab::testing {

class scripted_redis : public redis::client {
public:
    using command = std::vector<std::string>;

    // The next commands get these replies. Without one, a command gets an empty reply.
    std::deque<result<redis::reply>> replies;
    std::vector<command> commands;  // that were sent, in order

    awaitable<result<redis::reply>> execute(const redis::arguments& a) override { co_return record(a); }
    awaitable<result<redis::reply>> execute(const redis::arguments& a, std::chrono::milliseconds) override {
        co_return record(a);
    }
    void send(const redis::arguments& a) override { record(a); }
    void send(const redis::arguments& a, redis::reply_handler then) override { std::move(then)(record(a)); }

    bool is_connected() const override { return true; }
    std::optional<redis::failure> last_failure() const override { return std::nullopt; }
    std::uint64_t connection_number() const override { return 1; }
    void close() override {}

private:
    result<redis::reply> record(const redis::arguments& a) {
        commands.emplace_back(a.begin(), a.end());
        if (replies.empty()) return redis::reply{};
        auto next = std::move(replies.front());
        replies.pop_front();
        return next;
    }
};

}  // namespace confab::testing
