#include "drivers/sqlite/session_pool.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

namespace confab::sqlite {
namespace {

struct counted_session {
    explicit counted_session(std::string path) : database(std::move(path)) {
        if (database.empty()) throw std::runtime_error("no database");
        ++open;
    }
    ~counted_session() { --open; }
    counted_session(const counted_session&) = delete;
    counted_session& operator=(const counted_session&) = delete;

    const std::string database;
    int visits = 0;
    static inline int open = 0;
};

class a_session_pool : public ::testing::Test {
protected:
    int idle() {
        int count = 0;
        pool.for_each_idle([&](counted_session&) { ++count; });
        return count;
    }

    session_pool<counted_session> pool{"a.db"};
};

TEST_F(a_session_pool, opens_a_session_only_if_none_is_idle) {
    auto first = pool.take(), second = pool.take();
    EXPECT_EQ(first->database, "a.db");
    EXPECT_EQ(counted_session::open, 2);
    EXPECT_EQ(idle(), 0);
    const auto* const last = second.get();
    pool.give_back(std::move(first));
    pool.give_back(std::move(second));
    EXPECT_EQ(idle(), 2);
    EXPECT_EQ(pool.take().get(), last);
    EXPECT_EQ(counted_session::open, 1);
}

TEST_F(a_session_pool, calls_back_before_a_session_is_idle) {
    pool.give_back(pool.take(), [](counted_session& s) { s.visits = 5; });
    pool.for_each_idle([](counted_session& s) { ++s.visits; });
    EXPECT_EQ(pool.take()->visits, 6);
}

TEST_F(a_session_pool, closes_the_idle_sessions_only) {
    auto used = pool.take();
    pool.give_back(pool.take());
    pool.clear();
    EXPECT_EQ(counted_session::open, 1);
    EXPECT_EQ(idle(), 0);
    pool.give_back(std::move(used));
    EXPECT_EQ(idle(), 1);
}

// Two threads that follow each other have different shards.
TEST_F(a_session_pool, gives_a_thread_no_session_of_another_and_visits_those_of_all) {
    std::size_t one = 0, other = 0;
    std::thread([&] {
        one = number_of_this_thread();
        EXPECT_EQ(number_of_this_thread(), one);
        pool.give_back(pool.take());
    }).join();
    std::thread([&] {
        other = number_of_this_thread();
        pool.give_back(pool.take());
    }).join();
    EXPECT_EQ(other, one + 1);
    EXPECT_EQ(idle(), 2);
    pool.clear();
    EXPECT_EQ(counted_session::open, 0);
}

TEST(a_session_pool_without_a_database, reports_why_no_session_could_be_opened) {
    session_pool<counted_session> pool("");
    EXPECT_THROW(pool.take(), std::runtime_error);
}

}  // namespace
}  // namespace confab::sqlite
