#include "live/follower.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <functional>
#include <memory>

#include "base/thread_pool.hpp"
#include "core/decide.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "live/commit_events.hpp"
#include "support/commands.hpp"
#include "support/folder.hpp"
#include "support/forwarding_reader.hpp"
#include "support/run.hpp"

namespace confab::live {
namespace {

using namespace std::chrono_literals;
using testing::command, testing::edit, testing::new_app, testing::new_message;

event_texts short_texts() {
    return {[](message_event what, core::chat_number chat, const core::message& m) {
                constexpr std::string_view names[] = {"created", "updated", "deleted"};
                return event_text(names[static_cast<std::size_t>(what)],
                                  fmt::format("{}:{} v{} {}", chat.value(), m.number.value(), m.version, m.content));
            },
            [](const core::chat& c) { return event_text("chat", std::to_string(c.number.value())); }};
}

// Counts the reads of events, and runs a hook before each.
class counting_reader : public testing::forwarding_reader {
public:
    using forwarding_reader::forwarding_reader;

    awaitable<result<std::vector<core::message>>> messages(core::chat_id chat, ledger::window w) override {
        note();
        return forwarding_reader::messages(chat, w);
    }
    awaitable<result<std::vector<ledger::changed_message>>> changed_messages(core::chat_id chat,
                                                                             ledger::window w) override {
        note();
        return forwarding_reader::changed_messages(chat, w);
    }

    int reads = 0;
    std::function<void()> before_read;

private:
    void note() {
        ++reads;
        if (before_read) std::exchange(before_read, nullptr)();
    }
};

// A ledger with one chat, and one event loop, which the test's thread runs.
class followed_chat : public ::testing::Test {
protected:
    followed_chat() {
        hub_.attach(loops_);
        commit({command(new_app(token, "app")), command(core::create_chat{token})});
        app = testing::run(ledger_->reader().find_app(token)).value().id;
        chat = testing::run(ledger_->reader().find_chat(token, core::chat_number(1))).value().id;
    }

    void commit(const std::vector<core::command>& batch) {
        std::vector<const core::command*> commands;
        for (const auto& c : batch) commands.push_back(&c);
        ASSERT_TRUE(testing::run(ledger_->writer().load(commands, state_)));
        core::batch_effects effects;
        for (const auto* c : commands) ASSERT_TRUE(core::decide(state_, *c, now(), {}, effects));
        ASSERT_TRUE(testing::run(ledger_->writer().apply(effects)));
        publish_commit(hub_, short_texts(), effects);
        state_.end_batch(1000);
    }
    void create(const std::string& content) { commit({command(new_message(token, 1, content))}); }
    void change(std::uint64_t message, const std::string& content) {
        commit({command(edit(token, 1, message, content))});
    }
    void remove(std::uint64_t message) {
        commit({command(core::delete_message{token, core::chat_number(1), core::message_number(message), {}})});
    }

    std::unique_ptr<follower> make(std::size_t buffer_bytes_max = 100'000) {
        return std::make_unique<follower>(hub_, loops_.at(0).get_executor(), readers, short_texts(), buffer_bytes_max);
    }
    followed_topic topic() const { return {topic_of(chat), core::chat_number(1)}; }
    counters head() { return counters_of(testing::run(ledger_->reader().position_of(chat)).value().position); }
    // A follower that begins at these counters.
    std::unique_ptr<follower> begun(const counters& sent, std::size_t buffer_bytes_max = 100'000) {
        auto f = make(buffer_bytes_max);
        f->add(topic());
        f->begin(topic().topic, sent, head());
        return f;
    }

    template <class T>
    T run(awaitable<T> work) {
        std::optional<T> value;
        asio::co_spawn(
            loops_.at(0), [&]() -> awaitable<void> { value.emplace(co_await std::move(work)); }, asio::detached);
        while (!value) loops_.at(0).run_one_for(10s);
        return std::move(*value);
    }
    follower::outcome next(follower& f, std::chrono::milliseconds most = 5s) {
        return run(f.next(follower::clock::now() + most)).value();
    }
    // The events until there is nothing more.
    std::vector<std::string> all(follower& f) {
        loops_.at(0).poll();
        std::vector<std::string> found;
        while (next(f, 0ms) == follower::outcome::events)
            while (const auto* e = f.pop()) found.emplace_back(e->text->data());
        return found;
    }

    using texts = std::vector<std::string>;

    const core::app_token token = core::app_token::make();
    core::app_id app;
    core::chat_id chat;

private:
    const testing::temporary_folder folder_;
    thread_pool pool_{1};
    const std::unique_ptr<ledger::sqlite::sqlite_ledger> ledger_ =
        ledger::sqlite::open_sqlite_ledger({folder_.path(), pool_.get_executor()});
    core::state state_;
    hub hub_{1};
    event_loops loops_{1};

protected:
    counting_reader readers{ledger_->reader()};

    ~followed_chat() override { pool_.join(); }
};

TEST_F(followed_chat, that_is_up_to_date_is_followed_without_a_read) {
    const auto f = begun({});
    create("a");
    create("b");
    change(1, "A");
    remove(2);
    EXPECT_EQ(all(*f), (texts{"1:1 v1 a", "1:2 v1 b", "1:1 v2 A", "1:2 v2 "}));
    EXPECT_EQ(readers.reads, 0);
    EXPECT_EQ(f->topics().front().sent, (counters{2, 2}));
    EXPECT_TRUE(f->is_up_to_date());
}

TEST_F(followed_chat, is_read_from_any_position_and_then_followed) {
    create("a");
    create("b");
    change(1, "A");
    const auto f = begun({1, 0});
    create("c");
    EXPECT_EQ(all(*f), (texts{"1:2 v1 b", "1:1 v2 A", "1:3 v1 c"}));
    create("d");
    readers.reads = 0;
    EXPECT_EQ(all(*f), (texts{"1:4 v1 d"}));
    EXPECT_EQ(readers.reads, 0);
}

TEST_F(followed_chat, loses_nothing_that_is_committed_before_it_begins) {
    const auto f = make();
    f->add(topic());
    create("a");
    create("b");
    f->begin(topic().topic, {}, {});  // the counters were read before both
    create("c");
    EXPECT_EQ(all(*f), (texts{"1:1 v1 a", "1:2 v1 b", "1:3 v1 c"}));
}

TEST_F(followed_chat, is_read_again_when_the_buffer_of_a_slow_client_overflows) {
    const auto f = begun({}, 1000);
    for (int i = 1; i <= 300; ++i) create(std::to_string(i));
    const auto found = all(*f);
    ASSERT_EQ(found.size(), 300U);
    for (std::size_t i = 0; i < 300; ++i) EXPECT_EQ(found[i], fmt::format("1:{} v1 {}", i + 1, i + 1));
    EXPECT_GE(readers.reads, 3) << "in slices";
    create("after");
    EXPECT_EQ(all(*f), (texts{"1:301 v1 after"}));
}

TEST_F(followed_chat, never_gets_an_older_object_after_a_newer_one) {
    create("a");
    change(1, "b");
    const auto f = begun({});
    // Two edits between the counters and the read, which sees both.
    readers.before_read = [this] {
        change(1, "c");
        change(1, "d");
    };
    EXPECT_EQ(all(*f), (texts{"1:1 v4 d", "1:1 v4 d", "1:1 v4 d", "1:1 v4 d"}));
    change(1, "e");
    EXPECT_EQ(all(*f), (texts{"1:1 v5 e"}));
}

TEST_F(followed_chat, is_read_after_a_notice_and_after_a_gap) {
    const auto f = begun({});
    create("a");
    EXPECT_EQ(all(*f).size(), 1U);
    // As on a node that hears of commits, and has not read them.
    f->deliver({topic().topic, counter::creations, 1, nullptr});
    EXPECT_TRUE(all(*f).empty()) << "it has that already";
    const auto apart = begun({1, 0});
    create("b");
    create("c");
    apart->deliver({topic().topic, counter::creations, 3, nullptr});
    EXPECT_EQ(all(*apart), (texts{"1:2 v1 b", "1:3 v1 c"}));
    EXPECT_EQ(all(*f), (texts{"1:2 v1 b", "1:3 v1 c"}));
}

TEST_F(followed_chat, waits_until_there_is_something) {
    const auto f = begun({});
    EXPECT_EQ(next(*f, 0ms), follower::outcome::timeout);
    create("a");
    EXPECT_EQ(next(*f), follower::outcome::events);
    EXPECT_EQ(next(*f), follower::outcome::events) << "it was not taken yet";
    ASSERT_NE(f->pop(), nullptr);
    EXPECT_EQ(f->pop(), nullptr);
    f->stop();
    EXPECT_EQ(next(*f), follower::outcome::stopped);
}

TEST_F(followed_chat, has_an_app_whose_new_chats_are_followed) {
    const auto f = make();
    const followed_topic of_app{topic_of(app), {}};
    f->add(of_app);
    f->begin(of_app.topic, {}, {1, 0});
    commit({command(core::create_chat{token})});
    create("not of the app");
    EXPECT_EQ(all(*f), (texts{"1", "2"}));
}

}  // namespace
}  // namespace confab::live
