// Queries a MySQL server through one pool, for mysql_outage_test.py. Each line of the input is a number of concurrent
// callers. Each line of the output has the number of answered callers and the milliseconds until the last one ended.
#include <fmt/core.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>

#include "drivers/mysql/pool.hpp"

namespace confab {
namespace {

awaitable<void> ask(mysql::pool& pool, int& answered) {
    try {
        const auto db = co_await pool.take();
        const auto found = co_await db->run("select ? + 1", std::uint64_t{1});
        if (found.front().number(0) == 2) ++answered;
    } catch (const mysql::failure& cause) {
        fmt::print(stderr, "{}\n", cause.what());
    }
}

void serve(mysql::pool& pool) {
    asio::io_context loop;
    for (int callers = 0; std::cin >> callers;) {
        const auto begun = std::chrono::steady_clock::now();
        int answered = 0;
        for (int i = 0; i < callers; ++i) asio::co_spawn(loop, ask(pool, answered), asio::detached);
        loop.restart();
        loop.run();
        const auto took = std::chrono::steady_clock::now() - begun;
        fmt::print("{} {}\n", answered, std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
        std::fflush(stdout);
    }
}

}  // namespace
}  // namespace confab

int main(int, char** arguments) {
    confab::mysql::pool_options options;
    options.connection.server = confab::mysql::address::parse(arguments[1]);
    options.connection.connect_timeout = std::chrono::milliseconds(500);
    options.connection.query_timeout = std::chrono::milliseconds(500);
    confab::mysql::pool pool(options);
    confab::serve(pool);
}
