#include "journal/journal.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "base/error.hpp"
#include "journal/format.hpp"
#include "support/file_size_limit.hpp"
#include "support/folder.hpp"

namespace confab::journal {
namespace {

using outcome = journal::outcome;

const std::string owner(owner_bytes, 'o');

class journal_in_folder : public ::testing::Test {
protected:
    std::filesystem::path segment(int which) const {
        return folder.path() / ("confab-journal." + std::to_string(which));
    }

    options with_segments_of(std::uint64_t bytes) const {
        return {.folder = folder.path(), .owner = owner, .segment_bytes = bytes, .store_file = folder.path()};
    }

    // The records that the next start would replay.
    std::vector<std::string> read(std::uint64_t after = 0) const {
        std::vector<std::string> found;
        for (const auto& r : read_after(folder.path(), owner, after).records) {
            EXPECT_EQ(r.number, after + found.size() + 1);
            found.push_back(r.payload);
        }
        return found;
    }

    void flip_byte(int which, std::uint64_t at) const {
        std::fstream bytes(segment(which), std::ios::in | std::ios::out | std::ios::binary);
        bytes.seekg(static_cast<std::streamoff>(at));
        const auto changed = static_cast<char>(bytes.get() ^ 1);
        bytes.seekp(static_cast<std::streamoff>(at));
        bytes.put(changed);
    }

    testing::temporary_folder folder;
    const options usual = with_segments_of(64 * 1024);
};

using strings = std::vector<std::string>;

TEST_F(journal_in_folder, has_what_was_appended_in_order) {
    journal log(usual);
    EXPECT_EQ(read(), strings{});
    for (std::uint64_t number = 1; number <= 3; ++number)
        EXPECT_EQ(log.append(number, "record " + std::to_string(number)), outcome::durable);
    EXPECT_EQ(read(), (strings{"record 1", "record 2", "record 3"}));
    EXPECT_EQ(read(2), strings{"record 3"});
    EXPECT_EQ(read(3), strings{});
}

TEST_F(journal_in_folder, ends_the_process_rather_than_reuse_a_number) {
    journal log(usual);
    log.append(7, "seven");
    for (const std::uint64_t number : {0U, 6U, 7U})
        EXPECT_EXIT(log.append(number, "again"), ::testing::KilledBySignal(SIGABRT), "");
    EXPECT_EQ(log.append(8, "eight"), outcome::durable);
    EXPECT_EQ(read(6), (strings{"seven", "eight"}));
}

TEST_F(journal_in_folder, goes_on_from_any_number_and_takes_empty_and_large_records) {
    journal log(usual);
    const std::string large(6 * 1024 * 1024, 'x');
    log.recycle_up_to(999'999);
    EXPECT_EQ(log.append(1'000'000, ""), outcome::durable);
    EXPECT_EQ(log.append(1'000'001, large), outcome::durable);
    EXPECT_EQ(log.append(1'000'002, "after it"), outcome::durable);
    EXPECT_EQ(read(999'999), (strings{"", large, "after it"}));
}

TEST_F(journal_in_folder, takes_payloads_that_end_in_zeros) {
    journal log(usual);
    const std::string zeros(1'000, '\0');
    EXPECT_EQ(log.append(1, zeros), outcome::durable);
    EXPECT_EQ(read(), strings{zeros});
}

TEST_F(journal_in_folder, is_empty_when_created_again) {
    {
        journal log(usual);
        log.append(1, "before");
    }
    EXPECT_EQ(read(), strings{"before"});
    journal log(usual);
    EXPECT_EQ(read(), strings{});
}

TEST_F(journal_in_folder, of_another_owner_is_recognised_and_not_read) {
    journal log(usual);
    log.append(1, "one");
    const auto found = read_after(folder.path(), std::string(owner_bytes, 'x'), 0);
    EXPECT_EQ(found.other_owner, owner);
    EXPECT_TRUE(found.records.empty());
    EXPECT_FALSE(read_after(folder.path(), owner, 0).other_owner);
}

TEST_F(journal_in_folder, is_gone_once_it_was_removed) {
    journal log(usual);
    log.append(1, "one");
    EXPECT_TRUE(remove_segments(folder.path()));
    EXPECT_EQ(read(), strings{});
    EXPECT_FALSE(std::filesystem::exists(segment(0)) || std::filesystem::exists(segment(1)));
}

TEST_F(journal_in_folder, ends_before_a_record_that_is_torn_at_any_byte) {
    const std::string last = "the last one";
    {
        journal log(usual);
        log.append(1, "one");
        log.append(2, last);
    }
    const auto begin = header_bytes + record_header_bytes + 3;
    const auto end = begin + record_header_bytes + last.size();
    const auto whole = segment(0);
    const auto copy = folder.path() / "whole";
    std::filesystem::resize_file(whole, 4096);
    std::filesystem::copy_file(whole, copy);
    for (auto at = begin; at < end; ++at) {
        std::filesystem::resize_file(whole, at);
        EXPECT_EQ(read(), strings{"one"}) << at;
        std::filesystem::resize_file(whole, 4096);  // zeros, as in a preallocated segment
        EXPECT_EQ(read(), strings{"one"}) << at;
        std::filesystem::copy_file(copy, whole, std::filesystem::copy_options::overwrite_existing);
        flip_byte(0, at);
        EXPECT_EQ(read(), strings{"one"}) << at;
        EXPECT_FALSE(read_after(folder.path(), owner, 0).missing) << "no complete record follows";
        flip_byte(0, at);
        EXPECT_EQ(read().size(), 2U);
    }
}

TEST_F(journal_in_folder, has_a_gap_where_a_damaged_record_has_whole_ones_behind_it) {
    {
        journal log(usual);
        for (std::uint64_t number = 1; number <= 5; ++number) log.append(number, std::string(100, 'x'));
    }
    const auto record = record_header_bytes + 100;
    for (std::uint64_t damaged = 0; damaged < 4; ++damaged) {
        for (const auto byte : {0UL, 8UL, 16UL, 20UL, 36UL, 135UL}) {
            const auto at = header_bytes + damaged * record + byte;
            flip_byte(0, at);
            const auto found = read_after(folder.path(), owner, 0);
            EXPECT_EQ(found.records.size(), damaged) << at;
            ASSERT_TRUE(found.missing) << at;
            EXPECT_EQ(found.missing->first, damaged + 1) << at;
            EXPECT_EQ(found.missing->last, damaged + 1) << at;
            EXPECT_EQ(found.unreachable->last, 5U) << at;
            EXPECT_EQ(read_after(folder.path(), owner, damaged + 1).records.size(), 4 - damaged)
                << "the rest is complete";
            flip_byte(0, at);
        }
    }
    for (std::uint64_t at = 0; at < header_bytes; ++at) {
        flip_byte(0, at);
        const auto found = read_after(folder.path(), owner, 0);
        EXPECT_TRUE(found.records.size() == 5U) << "records are read without their header " << at;
        flip_byte(0, at);
    }
}

TEST_F(journal_in_folder, has_a_gap_where_the_store_that_follows_is_older_than_its_records) {
    journal log(usual);
    for (std::uint64_t number = 11; number <= 15; ++number) log.append(number, "later");
    const auto found = read_after(folder.path(), owner, 7);
    EXPECT_TRUE(found.records.empty());
    ASSERT_TRUE(found.missing);
    EXPECT_EQ(found.missing->first, 8U);
    EXPECT_EQ(found.missing->last, 10U);
    EXPECT_EQ(found.unreachable->first, 8U);
    EXPECT_EQ(found.unreachable->last, 15U);
}

TEST_F(journal_in_folder, takes_turns_once_records_can_be_recycled) {
    journal log(usual);
    const std::string payload(1'000, 'x');
    std::uint64_t number = 0;
    for (int round = 0; round < 600; ++round) {
        const auto recyclable = number > 60 ? number - 60 : 0;
        log.recycle_up_to(recyclable);
        ASSERT_EQ(log.append(++number, payload), outcome::durable);
        if (round % 7 != 0) continue;
        const auto found = read_after(folder.path(), owner, recyclable);
        ASSERT_EQ(found.records.size(), number - recyclable) << number;
        ASSERT_FALSE(found.missing || found.other_owner) << "stale records are ignored " << number;
    }
    for (const int which : {0, 1}) EXPECT_LT(std::filesystem::file_size(segment(which)), 130'000U);
    EXPECT_TRUE(read_after(folder.path(), owner, 0).missing) << "recycled records are missing";
}

TEST_F(journal_in_folder, grows_as_long_as_nothing_can_be_recycled) {
    journal log(usual);
    const std::string payload(20'000, 'x');
    for (std::uint64_t number = 1; number <= 20; ++number) ASSERT_EQ(log.append(number, payload), outcome::durable);
    EXPECT_EQ(read().size(), 20U);
    // Writing continues in the other segment, and returns to this one when that is full.
    for (std::uint64_t number = 21; number <= 40; ++number) {
        log.recycle_up_to(number - 1);
        ASSERT_EQ(log.append(number, payload), outcome::durable);
    }
    EXPECT_EQ(read(39).size(), 1U);
}

TEST_F(journal_in_folder, is_off_and_keeps_nothing_of_what_does_not_fit) {
    journal log(usual);
    EXPECT_FALSE(log.off_reason());
    EXPECT_EQ(log.append(1, "one"), outcome::durable);
    {
        const testing::file_size_limit limit(300);
        EXPECT_NE(log.off_reason().value().find("ulimit -f"), std::string::npos);
        EXPECT_EQ(log.append(2, std::string(1000, 'x')), outcome::no_space);
    }
    EXPECT_EQ(read(), strings{"one"});
    EXPECT_EQ(log.append(2, "two"), outcome::durable);
    EXPECT_EQ(read(), (strings{"one", "two"}));
}

TEST_F(journal_in_folder, is_on_with_a_sufficient_file_size_limit) {
    const journal log(usual);
    const testing::file_size_limit limit(usual.free_bytes_min + 1024 * 1024);
    EXPECT_FALSE(log.off_reason());
}

TEST_F(journal_in_folder, is_off_below_the_minimum_of_free_disk_space) {
    auto o = usual;
    o.free_bytes_min = std::uint64_t{1} << 60;
    EXPECT_NE(journal(o).off_reason().value().find("of the disk are free"), std::string::npos);
}

TEST_F(journal_in_folder, is_off_where_the_disk_was_too_full_for_its_segments) {
    const testing::file_size_limit limit(10'000);
    const journal log(usual);
    EXPECT_TRUE(log.off_reason());
}

TEST_F(journal_in_folder, in_no_folder_is_refused) {
    auto o = usual;
    o.folder = folder.path() / "none";
    EXPECT_THROW(journal{o}, startup_error);
}

TEST_F(journal_in_folder, is_read_again_after_a_segment_could_not_begin) {
    journal log(usual);
    const std::string payload(20'000, 'x');
    std::uint64_t number = 0;
    while (number < 3) ASSERT_EQ(log.append(++number, payload), outcome::durable);
    log.recycle_up_to(number);
    {
        const testing::file_size_limit limit(100);  // a part of the header and the record
        ASSERT_EQ(log.append(number + 1, payload), outcome::no_space);
    }
    EXPECT_EQ(read().size(), 3U) << "a torn record is ignored";
    EXPECT_EQ(log.append(++number, payload), outcome::durable);
    EXPECT_EQ(read(3).size(), 1U);
}

}  // namespace
}  // namespace confab::journal
