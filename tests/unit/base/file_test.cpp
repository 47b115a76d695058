#include "base/file.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <algorithm>
#include <cerrno>
#include <random>
#include <utility>

#include "support/file_size_limit.hpp"
#include "support/folder.hpp"
#include "support/seed.hpp"

namespace confab {
namespace {

namespace fs = std::filesystem;
using access = file::access;
namespace errc = boost::system::errc;

class a_file : public ::testing::Test {
protected:
    file opened(access how = access::create) const { return *file::open(path_, how); }
    fs::perms mode() const { return fs::status(path_).permissions(); }

    const testing::temporary_folder folder_;
    const fs::path path_ = folder_.path() / "file";
};

constexpr auto owner_only = fs::perms::owner_read | fs::perms::owner_write;

TEST_F(a_file, is_created_only_on_request) {
    for (const auto how : {access::read, access::write})
        EXPECT_EQ(file::open(path_, how).error(), errc::no_such_file_or_directory);
    EXPECT_FALSE(fs::exists(path_));
    EXPECT_TRUE(file::open(path_, access::create));
    for (const auto how : {access::read, access::write, access::create}) EXPECT_TRUE(file::open(path_, how));
    EXPECT_EQ(file::open(folder_.path() / "none" / "file", access::create).error(), errc::no_such_file_or_directory);
    EXPECT_EQ(file::open(folder_.path(), access::write).error(), errc::is_a_directory);
}

TEST_F(a_file, that_is_created_is_for_its_owner_whatever_the_umask) {
    for (const mode_t mask : {0000U, 0022U, 0777U}) {
        const auto before = umask(mask);
        EXPECT_TRUE(file::open(path_, access::create));
        umask(before);
        EXPECT_EQ(mode(), owner_only) << mask;
        fs::remove(path_);
    }
    opened();
    fs::permissions(path_, fs::perms::group_read, fs::perm_options::add);
    opened(access::write);
    EXPECT_EQ(mode(), owner_only | fs::perms::group_read);
    opened(access::create);
    EXPECT_EQ(mode(), owner_only);
}

TEST_F(a_file, has_the_bytes_that_were_written_to_it) {
    std::mt19937_64 random(testing::seed());
    const auto written = opened();
    std::string model;
    for (int i = 0; i < 50; ++i) {
        if (random() % 4 == 0) {
            model.resize(random() % 300'000);
            ASSERT_TRUE(written.truncate(model.size()));
        } else {
            const auto offset = random() % 200'000, length = random() % 100'000;
            const std::string bytes(length, static_cast<char>(random()));
            ASSERT_TRUE(written.write_at(offset, bytes));
            if (length > 0) model.resize(std::max(model.size(), offset + length));
            model.replace(std::min(offset, model.size()), length, bytes);
        }
        written.start_write_back();
        ASSERT_TRUE(i % 2 == 0 ? written.sync() : written.sync_data());
        ASSERT_TRUE(opened(access::read).read_all().value() == model);  // not ASSERT_EQ, which prints both
    }
}

TEST_F(a_file, opened_for_reading_is_not_written) {
    ASSERT_TRUE(opened().write_at(0, "text"));
    const auto read = opened(access::read);
    EXPECT_EQ(read.write_at(0, "x").error(), errc::bad_file_descriptor);
    EXPECT_TRUE(read.write_at(0, ""));
    EXPECT_FALSE(read.truncate(0));
    EXPECT_EQ(read.read_all().value(), "text");
}

TEST_F(a_file, that_reaches_its_limit_keeps_what_fits) {
    const auto limited = opened();
    result<void> written;
    {
        const testing::file_size_limit limit(1000);
        written = limited.write_at(0, std::string(1500, 'x'));
    }
    ASSERT_FALSE(written);
    EXPECT_TRUE(is_lack_of_space(written.error())) << written.error().message();
    EXPECT_EQ(limited.read_all().value(), std::string(1000, 'x'));
}

TEST_F(a_file, is_locked_until_it_is_closed) {
    auto first = opened();
    const auto second = opened();
    ASSERT_TRUE(first.try_lock());
    EXPECT_TRUE(first.try_lock());
    EXPECT_EQ(second.try_lock().error(), errc::operation_would_block);
    file moved(std::move(first));
    EXPECT_EQ(second.try_lock().error(), errc::operation_would_block);
    moved = file();
    EXPECT_TRUE(second.try_lock());
}

TEST_F(a_file, that_is_not_open_returns_errors) {
    const file none;
    const auto bad = [](const auto& done) { return !done && done.error() == errc::bad_file_descriptor; };
    EXPECT_TRUE(bad(none.read_all()));
    EXPECT_TRUE(bad(none.write_at(0, "x")));
    EXPECT_TRUE(bad(none.truncate(0)));
    EXPECT_TRUE(bad(none.sync()));
    EXPECT_TRUE(bad(none.sync_data()));
    EXPECT_TRUE(bad(none.try_lock()));
    none.start_write_back();
}

TEST_F(a_file, that_is_a_folder_cannot_be_read) {
    EXPECT_EQ(file::open(folder_.path(), access::read)->read_all().error(), errc::is_a_directory);
}

TEST_F(a_file, may_be_missing_when_it_is_removed) {
    EXPECT_TRUE(file::remove(path_));
    opened();
    EXPECT_TRUE(file::remove(path_));
    EXPECT_FALSE(fs::exists(path_));
    opened();
    EXPECT_EQ(file::remove(path_ / "below").error(), errc::not_a_directory);
    EXPECT_FALSE(file::remove(folder_.path()));
    EXPECT_TRUE(fs::exists(path_));
}

TEST(lack_of_space, is_a_full_disk_a_quota_or_a_limit) {
    const auto& system = boost::system::system_category();
    for (const int number : {ENOSPC, EDQUOT, EFBIG}) {
        EXPECT_TRUE(is_lack_of_space({number, system}));
        EXPECT_FALSE(is_lack_of_space({number, error_category()}));
    }
    for (const int number : {0, EIO, EROFS, EACCES}) EXPECT_FALSE(is_lack_of_space({number, system}));
}

}  // namespace
}  // namespace confab
