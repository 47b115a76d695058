// Long work runs on the pool for long work, never on an event loop. A search has a time limit for all of its work.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/json/parse.hpp>
#include <thread>

#include "api/routes.hpp"
#include "core/decide.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "queue/local/local_queue.hpp"
#include "support/commands.hpp"
#include "support/folder.hpp"
#include "support/run.hpp"

namespace confab::api {
namespace {

using namespace std::chrono_literals;

class one_hit final : public search::port {
public:
    awaitable<result<search::hits>> find(core::chat_id, const core::folded_query&, core::message_number) override {
        co_return search::hits{{{core::message_number(1), "a cat", {}, {}, 1, {}, {}}}, {}};
    }
};

// Routes on their own loop. Work that they post to other threads waits until the test releases it.
class long_work : public ::testing::Test {
protected:
    long_work() {
        core::state s;
        for (const core::command& c :
             {testing::command(testing::new_app(app, "a")), testing::command(core::create_chat{app})}) {
            const core::command* one[] = {&c};
            testing::run(ledger->writer().load(one, s)).value();
            core::batch_effects effects;
            core::decide(s, c, now(), {}, effects).value();
            testing::run(ledger->writer().apply(effects)).value();
        }
        testing::run(ledger->reader().find_chat(app, core::chat_number(1))).value();  // it is read inline from now on
    }

    void begin(const std::string& target, std::string body = {}) {
        asked.method = http::verb::post;
        path = "/apps/" + std::string(app.text()) + target;
        asked.target = path;
        asked.headers = {{"Content-Type", "application/json"}};
        asked.body = std::move(body);
        asked.id = "id";
        asio::co_spawn(loop, dispatch(services_, asked), [this](std::exception_ptr, http::response r) { answer = r; });
        run_loop();
    }
    void run_loop() {
        loop.restart();
        loop.poll();
    }
    void unblock() {
        others.restart();
        EXPECT_EQ(others.poll(), 1U);
        run_loop();
    }

    const core::app_token app = core::app_token::make();
    const testing::temporary_folder folder;
    asio::thread_pool pool{1};
    const std::unique_ptr<ledger::sqlite::sqlite_ledger> ledger =
        ledger::sqlite::open_sqlite_ledger({folder.path(), pool.get_executor()});
    const std::unique_ptr<queue::local_queue> queue = queue::make_local_queue({100, 1'000'000});
    one_hit search;
    live::hub hub{0};
    stream_quota quota{0, 0};
    const feed no_feed{hub, ledger->reader(), quota, 0, 15s, 0s};
    page_cache pages{1024};
    response_buffer_quota buffer_quota;
    asio::io_context loop, others;
    const services services_{ledger->reader(), ledger->reader(),     *queue, search, no_feed, 32, 200ms, pages,
                             buffer_quota,     others.get_executor()};
    http::request asked;
    std::string path;
    std::optional<http::response> answer;
};

TEST_F(long_work, marks_hits_off_the_event_loop) {
    begin("/chats/1/messages/search?query=CAT&highlight=true");
    EXPECT_FALSE(answer);
    unblock();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200U);
    const auto found = boost::json::parse(answer->body).as_array();
    EXPECT_EQ(found.at(0).as_object().at("fragments"),
              boost::json::parse(R"([{"text":"a "},{"text":"cat","match":true}])"));
}

TEST_F(long_work, of_marking_hits_counts_for_the_time_limit) {
    begin("/chats/1/messages/search?query=CAT&highlight=true");
    std::this_thread::sleep_for(services_.search_time_max);
    unblock();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 503U);
    EXPECT_EQ(boost::json::parse(answer->body).as_object().at("code").as_string(), "too_slow");
}

TEST_F(long_work, is_reading_the_parameters_of_a_long_request) {
    const std::string junk(100'000, ' ');
    for (const auto* target : {"/chats", "/chats/1/messages", "/chats/1/messages/search"}) {
        answer.reset();
        begin(target, "{" + junk);
        EXPECT_FALSE(answer) << target;
        unblock();
        ASSERT_TRUE(answer) << target;
        EXPECT_EQ(answer->status, 400U) << target;
    }
}

TEST_F(long_work, is_not_reading_those_of_a_short_one) {
    begin("/chats/1/messages", "{");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 400U);
}

}  // namespace
}  // namespace confab::api
