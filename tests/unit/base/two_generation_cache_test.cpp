#include "base/two_generation_cache.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>

namespace confab {
namespace {

struct length {
    std::size_t operator()(const std::string& s) const { return s.size(); }
};
using text_cache = two_generation_cache<int, std::string, length>;

void put_range(text_cache& cache, int first, int last) {
    for (int key = first; key <= last; ++key) cache.put(key, "x");
}

bool has(text_cache& cache, int key) {
    return cache.find(key) != nullptr;
}

TEST(two_generation_cache, finds_the_value_that_was_put_last) {
    text_cache cache(100);
    EXPECT_FALSE(has(cache, 1));
    cache.put(1, "a");
    cache.put(2, "b");
    cache.put(1, "c");
    EXPECT_EQ(*cache.find(1), "c");
    EXPECT_EQ(*cache.find(2), "b");
}

TEST(two_generation_cache, evicts_the_old_generation_when_the_young_one_is_full) {
    text_cache cache(8);
    put_range(cache, 1, 4);
    put_range(cache, 5, 8);  // 1 to 4 are in the old generation now
    put_range(cache, 9, 9);
    for (int key = 1; key <= 4; ++key) EXPECT_FALSE(has(cache, key)) << key;
    EXPECT_TRUE(has(cache, 9));
    for (int key = 5; key <= 7; ++key) EXPECT_TRUE(has(cache, key)) << key;
}

TEST(two_generation_cache, keeps_an_old_entry_that_is_used) {
    text_cache cache(8);
    put_range(cache, 1, 4);
    put_range(cache, 5, 5);
    EXPECT_TRUE(has(cache, 1));  // moves into the young generation
    put_range(cache, 6, 8);      // the third put starts a new generation
    EXPECT_TRUE(has(cache, 1));
    EXPECT_FALSE(has(cache, 2));
}

TEST(two_generation_cache, keeps_an_old_entry_whose_own_move_evicts_the_old_generation) {
    text_cache cache(8);
    put_range(cache, 1, 4);
    put_range(cache, 5, 8);
    const auto* const found = cache.find(1);
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, "x");
    EXPECT_FALSE(has(cache, 2));
    EXPECT_TRUE(has(cache, 8));
}

TEST(two_generation_cache, takes_an_entry_again_after_its_eviction) {
    text_cache cache(8);
    put_range(cache, 1, 9);
    ASSERT_FALSE(has(cache, 1));
    cache.put(1, "y");
    EXPECT_EQ(*cache.find(1), "y");
}

TEST(two_generation_cache, erases_from_both_generations) {
    text_cache cache(8);
    put_range(cache, 1, 5);
    cache.put(1, "y");  // now both generations have a value
    cache.erase(1);
    cache.erase(2);
    cache.erase(5);
    cache.erase(77);
    for (const int key : {1, 2, 5}) EXPECT_FALSE(has(cache, key)) << key;
    EXPECT_TRUE(has(cache, 3));
}

TEST(two_generation_cache, counts_no_bytes_of_what_was_erased_or_replaced) {
    text_cache cache(8);
    put_range(cache, 1, 1);
    for (int key = 10; key < 1000; ++key) {
        cache.put(key, "xx");
        cache.erase(key);
    }
    for (int i = 0; i < 1000; ++i) cache.put(2, "xx");
    put_range(cache, 3, 3);
    for (int key = 1; key <= 3; ++key) EXPECT_TRUE(has(cache, key)) << key;
}

TEST(two_generation_cache, calls_a_value_small_that_evicts_few_others) {
    const text_cache cache(160);
    EXPECT_TRUE(cache.is_small(std::string(10, 'x')));
    EXPECT_FALSE(cache.is_small(std::string(11, 'x')));
}

// Counts the bytes of all live values.
class counted {
public:
    counted(std::size_t bytes, std::size_t& existing) : bytes_(bytes), existing_(existing) { existing_ += bytes_; }
    ~counted() { existing_ -= bytes_; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;

    std::size_t bytes() const { return bytes_; }

private:
    const std::size_t bytes_;
    std::size_t& existing_;
};

struct counted_bytes {
    std::size_t operator()(const std::unique_ptr<counted>& c) const { return c->bytes(); }
};

// Compares with a model of all puts. The byte limit holds. Only the last value of a key is found. No key is missing
// that was used within the last half of the bytes.
TEST(two_generation_cache, stays_within_its_bytes_and_keeps_the_half_used_last) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };

    constexpr std::size_t bytes_max = 1000;
    struct entry {
        const counted* value;
        std::size_t used_at;  // in bytes of all operations so far
    };
    std::size_t existing = 0, passed = 0;
    std::map<std::size_t, entry> model;
    two_generation_cache<std::size_t, std::unique_ptr<counted>, counted_bytes> cache(bytes_max);
    for (int step = 0; step < 100'000; ++step) {
        const auto key = below(100);
        const auto known = model.find(key);
        const auto action = below(100);
        if (action == 0) {
            cache.erase(key);
            model.erase(key);
        } else if (action < 30) {
            auto value = std::make_unique<counted>(1 + below(40), existing);
            passed += value->bytes();
            model.insert_or_assign(key, entry{value.get(), passed});
            cache.put(key, std::move(value));
        } else if (const auto* const found = cache.find(key)) {
            ASSERT_NE(known, model.end()) << "erased, step " << step;
            ASSERT_EQ(found->get(), known->second.value) << "replaced, step " << step;
            passed += (*found)->bytes();
            known->second.used_at = passed;
        } else if (known != model.end()) {
            ASSERT_GT(passed - known->second.used_at, bytes_max / 2) << "evicted too early, step " << step;
            model.erase(known);
        }
        ASSERT_LE(existing, bytes_max) << "step " << step;
    }
    EXPECT_GT(existing, bytes_max / 4);
}

}  // namespace
}  // namespace confab
