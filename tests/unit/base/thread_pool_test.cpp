#include "base/thread_pool.hpp"

#include <gtest/gtest.h>

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>
#include <atomic>
#include <boost/asio/post.hpp>
#include <fstream>
#include <future>
#include <latch>
#include <string>
#include <thread>

#include "base/error.hpp"

namespace confab {
namespace {

namespace asio = boost::asio;

TEST(a_thread_pool, works_on_all_its_threads_at_once) {
    thread_pool pool(3);
    std::latch all(3);
    for (int i = 0; i < 3; ++i) asio::post(pool.get_executor(), [&all] { all.arrive_and_wait(); });
    pool.join();
    EXPECT_TRUE(all.try_wait());
}

TEST(a_thread_pool, finishes_all_work_before_it_joins_its_threads) {
    thread_pool pool(2);
    std::atomic<int> done = 0;
    for (int i = 0; i < 100; ++i)
        asio::post(pool.get_executor(), [&pool, &done] {
            ++done;
            asio::post(pool.get_executor(), [&done] { ++done; });
        });
    pool.join();
    EXPECT_EQ(done, 200);
    pool.join();  // there are no threads left
}

TEST(a_thread_pool, finishes_begun_work_and_discards_the_rest_in_its_destructor) {
    std::promise<void> begun;
    bool is_first_finished = false, is_second_begun = false;
    {
        thread_pool pool(1);
        asio::post(pool.get_executor(), [&, executor = pool.get_executor()] {
            begun.set_value();
            while (!executor.context().stopped()) std::this_thread::yield();
            is_first_finished = true;
        });
        asio::post(pool.get_executor(), [&is_second_begun] { is_second_begun = true; });
        begun.get_future().wait();
    }
    EXPECT_TRUE(is_first_finished);
    EXPECT_FALSE(is_second_begun);
}

// While an object exists, a thread's stack is large, and the address space has room for this many of them.
class room_for_stacks {
public:
    explicit room_for_stacks(std::size_t count) {
        pthread_getattr_default_np(&before_);
        pthread_attr_t large;
        pthread_attr_init(&large);
        pthread_attr_setstacksize(&large, stack_bytes);
        pthread_setattr_default_np(&large);
        pthread_attr_destroy(&large);
        getrlimit(RLIMIT_AS, &limit_before_);
        std::size_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages;
        const rlimit limit{pages * static_cast<std::size_t>(getpagesize()) + count * stack_bytes + stack_bytes / 2,
                           limit_before_.rlim_max};
        setrlimit(RLIMIT_AS, &limit);
    }
    ~room_for_stacks() {
        setrlimit(RLIMIT_AS, &limit_before_);
        pthread_setattr_default_np(&before_);
        pthread_attr_destroy(&before_);
    }
    room_for_stacks(const room_for_stacks&) = delete;
    room_for_stacks& operator=(const room_for_stacks&) = delete;

private:
    static constexpr std::size_t stack_bytes = 512 * 1024 * 1024;

    pthread_attr_t before_{};
    rlimit limit_before_{};
};

TEST(a_thread_pool, ends_the_threads_that_it_has_if_the_system_refuses_one) {
    for (const std::size_t room : {0U, 2U}) {
        std::string why;
        {
            const room_for_stacks limit(room);
            try {
                thread_pool pool(4);
            } catch (const startup_error& refused) {
                why = refused.what();
            }
        }
        EXPECT_TRUE(why.starts_with("cannot start a thread: ")) << why;
    }
    thread_pool(4).join();
}

}  // namespace
}  // namespace confab
