#include "journal/legacy_batches.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "base/digest.hpp"
#include "support/folder.hpp"

namespace confab::journal {
namespace {

const std::string identity = "6e322673ba25955b3629b8f045589f4f";
constexpr std::size_t file_bytes = 4 * 1024 * 1024;  // that version preallocated this many zeros

template <class Integer>
std::string bytes_of(Integer value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string record(std::uint64_t number, const std::string& payload) {
    const auto number_bytes = bytes_of(number), length = bytes_of(static_cast<std::uint32_t>(payload.size()));
    const auto whole = digest_of({identity, number_bytes, length, payload});
    return number_bytes + length + std::string(reinterpret_cast<const char*>(whole.data()), 16) + payload;
}

class legacy_batches : public ::testing::Test {
protected:
    void write(int which, std::string bytes) const {
        bytes.resize(std::max(bytes.size(), file_bytes));
        std::ofstream(folder.path() / ("confab-batches." + std::to_string(which)), std::ios::binary) << bytes;
    }

    contents read(std::uint64_t after) const { return read_legacy_batches(folder.path(), identity, after); }

    // The numbers of the batches that a replay would apply.
    std::vector<std::uint64_t> numbers(std::uint64_t after) const {
        const auto found = read(after);
        EXPECT_FALSE(found.missing);
        std::vector<std::uint64_t> result;
        for (const auto& r : found.records) result.push_back(r.number);
        return result;
    }

    testing::temporary_folder folder;
};

using list = std::vector<std::uint64_t>;

void expect_gap(const contents& found, std::uint64_t first, std::uint64_t last, std::uint64_t last_found) {
    ASSERT_TRUE(found.missing && found.unreachable);
    EXPECT_EQ(found.missing->first, first);
    EXPECT_EQ(found.missing->last, last);
    EXPECT_EQ(found.unreachable->last, last_found);
}

TEST_F(legacy_batches, of_both_files_follow_on_what_is_applied) {
    write(0, record(5, "five") + record(6, ""));
    write(1, record(3, "three") + record(4, std::string(100, '\0')));
    EXPECT_EQ(numbers(2), (list{3, 4, 5, 6}));
    EXPECT_EQ(numbers(4), (list{5, 6}));
    EXPECT_EQ(numbers(6), list{});
}

TEST_F(legacy_batches, torn_last_one_leaves_no_gap) {
    write(0, record(1, "one") + record(2, "two").substr(0, 20));
    EXPECT_EQ(numbers(0), list{1});
}

TEST_F(legacy_batches, any_damaged_byte_before_whole_ones_leaves_a_gap) {
    const auto one = record(1, "one"), two = record(2, "two"), behind = record(3, "three") + record(4, "four");
    for (std::size_t at = 0; at < two.size(); ++at) {
        auto damaged = two;
        damaged[at] ^= 1;
        write(0, one + damaged + behind);
        const auto found = read(0);
        ASSERT_EQ(found.records.size(), 1) << "byte " << at;
        expect_gap(found, 2, 2, 4);
    }
}

TEST_F(legacy_batches, far_ahead_of_an_older_database_leave_a_gap) {
    write(0, record(5'000'000, "far") + record(5'000'001, "ahead"));
    expect_gap(read(7), 8, 4'999'999, 5'000'001);
}

TEST_F(legacy_batches, behind_a_file_of_zeros_are_found) {
    write(0, std::string(file_bytes, '\0') + record(2, "two"));
    expect_gap(read(0), 1, 1, 2);
}

}  // namespace
}  // namespace confab::journal
