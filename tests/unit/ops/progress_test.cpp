#include "ops/progress.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace confab::ops {
namespace {

using namespace std::chrono_literals;

// A manual clock, and the printed lines.
struct observed_progress {
    progress::clock::time_point at{};
    std::vector<std::string> lines;
    progress shown{{.every = 10s,
                    .now = [this] { return at; },
                    .print = [this](const std::string& line) { lines.push_back(line); }}};
};

TEST(progress_of_a_command, is_a_line_with_rate_and_time_left_now_and_then) {
    observed_progress p;
    p.shown.begin("messages", 5'000);
    p.at += 9s;
    p.shown.add(900);
    EXPECT_EQ(p.lines, std::vector<std::string>());
    p.at += 1s;
    p.shown.add(100);
    p.at += 9s;
    p.shown.add(500);
    p.at += 1s;
    p.shown.add(2'500);
    EXPECT_EQ(p.lines, (std::vector<std::string>{"messages: 1000 of 5000, 100/s, about 40 s left",
                                                 "messages: 4000 of 5000, 200/s, about 5 s left"}));
}

TEST(progress_of_a_command, restarts_with_each_phase) {
    observed_progress p;
    p.shown.begin("messages", 100);
    p.shown.add(100);
    p.at += 60s;
    p.shown.begin("texts", 30);
    p.shown.add(10);
    EXPECT_EQ(p.lines, std::vector<std::string>());
    p.at += 10s;
    p.shown.add(10);
    EXPECT_EQ(p.lines, std::vector<std::string>{"texts: 20 of 30, 2/s, about 5 s left"});
}

TEST(progress_of_a_command, that_is_resumed_has_the_rate_of_what_is_done_now) {
    observed_progress p;
    p.shown.begin("messages", 1'000, 500);
    p.at += 10s;
    p.shown.add(100);
    EXPECT_EQ(p.lines, std::vector<std::string>{"messages: 600 of 1000, 10/s, about 40 s left"});
}

TEST(progress_of_a_command, shows_no_time_left_beyond_the_total) {
    observed_progress p;
    p.shown.begin("messages", 10);
    p.at += 10s;
    p.shown.add(0);
    p.at += 10s;
    p.shown.add(40);
    EXPECT_EQ(p.lines, (std::vector<std::string>{"messages: 0 of 10, 0/s", "messages: 40 of 10, 2/s"}));
}

TEST(progress_of_a_command, is_silent_unless_somebody_listens) {
    progress silent;
    silent.begin("messages", 10);
    silent.add(1);
}

}  // namespace
}  // namespace confab::ops
