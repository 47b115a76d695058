#include "ledger/sqlite/batch_log.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.hpp"
#include "support/files_end_at.hpp"
#include "support/folder.hpp"

namespace confab::ledger {
namespace {

using kept = batch_log::outcome;

class batch_log_file : public ::testing::Test {
protected:
    std::filesystem::path file(int which) const { return folder.path() / ("confab-batches." + std::to_string(which)); }

    // What the next opening would find.
    std::vector<std::string> read(std::uint64_t after = 0) const {
        std::vector<std::string> found;
        for (const auto& record : batch_log::read(folder.path(), "a ledger", after)) {
            EXPECT_EQ(record.number, after + found.size() + 1);
            found.push_back(record.bytes);
        }
        return found;
    }

    void change_byte(std::uint64_t at, char by) const {
        std::fstream bytes(file(0), std::ios::in | std::ios::out | std::ios::binary);
        bytes.seekg(static_cast<std::streamoff>(at));
        const auto changed = static_cast<char>(bytes.get() ^ by);
        bytes.seekp(static_cast<std::streamoff>(at));
        bytes.put(changed);
    }

    testing::temporary_folder folder;
};

constexpr std::size_t header_bytes = 28;

TEST_F(batch_log_file, has_what_was_appended_in_its_order) {
    batch_log log(folder.path(), "a ledger");
    EXPECT_EQ(read(), std::vector<std::string>{});
    for (std::uint64_t number = 1; number <= 3; ++number)
        EXPECT_EQ(log.append(number, "record " + std::to_string(number), 0), kept::kept);
    EXPECT_EQ(read(), (std::vector<std::string>{"record 1", "record 2", "record 3"}));
    EXPECT_EQ(read(2), std::vector<std::string>{"record 3"});
    EXPECT_EQ(read(3), std::vector<std::string>{});
}

TEST_F(batch_log_file, goes_on_from_any_number_and_takes_empty_and_large_records) {
    batch_log log(folder.path(), "a ledger");
    const std::string large(6 * 1024 * 1024, 'x');
    EXPECT_EQ(log.append(1'000'000, "", 999'999), kept::kept);
    EXPECT_EQ(log.append(1'000'001, large, 999'999), kept::kept);
    EXPECT_EQ(log.append(1'000'002, "after it", 999'999), kept::kept);
    EXPECT_EQ(read(999'999), (std::vector<std::string>{"", large, "after it"}));
}

TEST_F(batch_log_file, is_empty_when_opened_again) {
    {
        batch_log log(folder.path(), "a ledger");
        log.append(1, "before", 0);
    }
    EXPECT_EQ(read(), std::vector<std::string>{"before"});
    batch_log log(folder.path(), "a ledger");
    EXPECT_EQ(read(), std::vector<std::string>{});
}

TEST_F(batch_log_file, says_nothing_to_another_ledger) {
    batch_log log(folder.path(), "a ledger");
    log.append(1, "one", 0);
    EXPECT_TRUE(batch_log::read(folder.path(), "another ledger", 0).empty());
    EXPECT_EQ(read(), std::vector<std::string>{"one"});
}

TEST_F(batch_log_file, is_gone_once_it_was_removed) {
    batch_log log(folder.path(), "a ledger");
    log.append(1, "one", 0);
    log.remove();
    EXPECT_EQ(read(), std::vector<std::string>{});
    EXPECT_FALSE(std::filesystem::exists(file(0)) || std::filesystem::exists(file(1)));
}

TEST_F(batch_log_file, ends_before_a_record_that_is_torn_at_any_byte) {
    const std::string last = "the last one";
    std::uint64_t end = 0;
    {
        batch_log log(folder.path(), "a ledger");
        log.append(1, "one", 0);
        log.append(2, last, 0);
        end = 2 * header_bytes + 3 + last.size();
    }
    const auto whole = file(0);
    std::filesystem::resize_file(whole, 4096);
    for (auto at = header_bytes + 3; at < end; ++at) {
        const auto copy = folder.path() / "whole";
        std::filesystem::copy_file(whole, copy, std::filesystem::copy_options::overwrite_existing);
        std::filesystem::resize_file(whole, at);
        EXPECT_EQ(read(), std::vector<std::string>{"one"}) << at;
        std::filesystem::resize_file(whole, 4096);  // zeros, as in a file that was laid out
        EXPECT_EQ(read(), std::vector<std::string>{"one"}) << at;
        std::filesystem::copy_file(copy, whole, std::filesystem::copy_options::overwrite_existing);
        change_byte(at, 1);
        EXPECT_EQ(read(), std::vector<std::string>{"one"}) << at;
        change_byte(at, 1);
        EXPECT_EQ(read().size(), 2U);
    }
}

TEST_F(batch_log_file, takes_turns_once_the_database_has_what_the_other_says) {
    batch_log log(folder.path(), "a ledger");
    const std::string bytes(100'000, 'x');
    std::uint64_t number = 0;
    for (int round = 0; round < 300; ++round) {
        const auto kept_elsewhere = number > 60 ? number - 60 : 0;
        ASSERT_EQ(log.append(++number, bytes, kept_elsewhere), kept::kept);
        if (round % 20 == 0) {
            ASSERT_EQ(read(kept_elsewhere).size(), number - kept_elsewhere) << number;
        }
    }
    for (const int which : {0, 1}) EXPECT_LT(std::filesystem::file_size(file(which)), 8U * 1024 * 1024);
    EXPECT_EQ(read(0), std::vector<std::string>{}) << "a gap before what is there";
}

TEST_F(batch_log_file, grows_on_as_long_as_the_database_is_behind) {
    batch_log log(folder.path(), "a ledger");
    const std::string bytes(1'000'000, 'x');
    for (std::uint64_t number = 1; number <= 20; ++number) ASSERT_EQ(log.append(number, bytes, 0), kept::kept);
    EXPECT_EQ(read().size(), 20U);
    // Then the other is begun, and this one when the other is full in its turn.
    for (std::uint64_t number = 21; number <= 40; ++number) ASSERT_EQ(log.append(number, bytes, number - 1), kept::kept);
    EXPECT_EQ(read(39).size(), 1U);
}

TEST_F(batch_log_file, has_no_room_and_keeps_nothing_of_what_does_not_fit) {
    batch_log log(folder.path(), "a ledger");
    EXPECT_TRUE(log.has_room());
    EXPECT_EQ(log.append(1, "one", 0), kept::kept);
    {
        const testing::files_end_at limit(200);
        EXPECT_FALSE(log.has_room());
        EXPECT_EQ(log.append(2, std::string(1000, 'x'), 0), kept::no_room);
    }
    EXPECT_EQ(read(), std::vector<std::string>{"one"});
    EXPECT_EQ(log.append(2, "two", 0), kept::kept);
    EXPECT_EQ(read(), (std::vector<std::string>{"one", "two"}));
}

TEST_F(batch_log_file, opens_where_there_is_no_room_for_it) {
    const testing::files_end_at limit(100'000);
    const batch_log log(folder.path(), "a ledger");
    EXPECT_FALSE(log.has_room());
}

TEST_F(batch_log_file, in_no_folder_is_refused) {
    EXPECT_THROW(batch_log(folder.path() / "none", "a ledger"), startup_error);
}

}  // namespace
}  // namespace confab::ledger
