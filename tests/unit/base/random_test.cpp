#include "base/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace confab {
namespace {

TEST(random_bytes, never_come_twice_whatever_the_length_asked) {
    std::set<std::vector<std::byte>> seen;
    for (std::size_t i = 0; i < 2000; ++i) {
        std::vector<std::byte> drawn(16 + i % 300);
        fill_random(drawn);
        drawn.resize(16);
        EXPECT_TRUE(seen.insert(drawn).second);
    }
}

using block = std::vector<std::byte>;

// Its whole blocks of 16 bytes.
std::vector<block> blocks_of(std::span<const std::byte> bytes) {
    std::vector<block> blocks;
    for (; bytes.size() >= 16; bytes = bytes.subspan(16)) blocks.emplace_back(bytes.begin(), bytes.begin() + 16);
    return blocks;
}

TEST(random_bytes, fill_a_long_request_without_a_repetition) {
    std::vector<std::byte> drawn(64 * 1024 + 5);
    fill_random(drawn);
    const auto blocks = blocks_of(drawn);
    EXPECT_EQ(std::set<block>(blocks.begin(), blocks.end()).size(), blocks.size());
    fill_random({});
}

TEST(random_bytes, change_nothing_outside_of_the_request) {
    std::vector<std::byte> drawn(600, std::byte{7});
    for (std::size_t length = 0; length < 580; length += 29) {
        fill_random(std::span(drawn).subspan(10, length));
        EXPECT_TRUE(std::ranges::all_of(std::span(drawn).first(10), [](std::byte b) { return b == std::byte{7}; }));
        EXPECT_TRUE(std::ranges::all_of(std::span(drawn).subspan(10 + length), [](std::byte b) {
            return b == std::byte{7};
        })) << length;
    }
}

TEST(random_bytes, differ_between_threads) {
    std::vector<std::vector<std::byte>> drawn(4, std::vector<std::byte>(1000));
    std::vector<std::thread> threads;
    for (auto& each : drawn) threads.emplace_back([&each] { fill_random(each); });
    for (auto& thread : threads) thread.join();
    std::set<block> seen;
    for (const auto& each : drawn)
        for (const auto& drawn_block : blocks_of(each)) EXPECT_TRUE(seen.insert(drawn_block).second);
}

}  // namespace
}  // namespace confab
