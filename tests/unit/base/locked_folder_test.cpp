#include "base/locked_folder.hpp"

#include <gtest/gtest.h>

#include <unistd.h>
#include <fstream>
#include <string>

#include "support/file_size_limit.hpp"
#include "support/folder.hpp"

namespace confab {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
    return file::open(path, file::access::read)->read_all().value();
}

class a_locked_folder : public ::testing::Test {
protected:
    static std::string refusal(const fs::path& path) {
        try {
            const locked_folder locked(path, "lock");
        } catch (const startup_error& cause) {
            return cause.what();
        }
        return "";
    }
    std::string refusal() const { return refusal(path_); }
    // The error if another process uses the folder and its id is known.
    std::string used_by(const std::string& process) const {
        return "data folder " + path_.string() + ": another confab (process " + process + ") is using it";
    }

    const testing::temporary_folder parent_;
    const fs::path path_ = fs::canonical(parent_.path()) / "data", lock_ = path_ / "lock";
    const std::string own_ = std::to_string(getpid());
};

TEST_F(a_locked_folder, is_created_with_its_parents_for_its_owner) {
    const locked_folder locked(path_ / "a" / "b", "lock");
    for (const auto& each : {path_, path_ / "a", path_ / "a" / "b"})
        EXPECT_EQ(fs::status(each).permissions(), fs::perms::owner_all) << each;
    EXPECT_EQ(text_of(path_ / "a" / "b" / "lock"), own_);
}

TEST_F(a_locked_folder, has_an_absolute_path_without_dots) {
    for (const auto& given : {path_, path_ / "", path_ / ".", path_ / "x" / "..", fs::relative(path_)})
        EXPECT_EQ(locked_folder(given, "lock").path(), path_) << given;
    EXPECT_FALSE(fs::exists(path_ / "x"));
}

TEST_F(a_locked_folder, refuses_a_second_process_until_it_is_released) {
    {
        const locked_folder first(path_, "lock");
        EXPECT_EQ(refusal(), used_by(own_));
        EXPECT_EQ(text_of(lock_), own_);
    }
    EXPECT_EQ(refusal(), "");
}

TEST_F(a_locked_folder, stays_locked_without_its_file) {
    const locked_folder first(path_, "lock");
    fs::remove(lock_);
    EXPECT_NE(refusal().find("another confab"), std::string::npos) << refusal();
    EXPECT_TRUE(fs::is_empty(path_));
}

TEST_F(a_locked_folder, stays_locked_where_only_its_file_can_be) {
    fs::create_directory(path_);
    const auto other = file::open(lock_, file::access::create);
    ASSERT_TRUE(other->write_at(0, "17"));
    ASSERT_TRUE(other->try_lock());
    EXPECT_TRUE(refusal() == used_by(own_) || refusal() == used_by("17")) << refusal();
    EXPECT_EQ(text_of(lock_), "17");
}

TEST_F(a_locked_folder, quotes_nothing_of_its_file_but_a_process_id) {
    const locked_folder first(path_, "lock");
    for (const auto* text : {"", "secret", "17secret", "17 secret", "-secret", "secret\n"}) {
        std::ofstream(lock_, std::ios::trunc) << text;
        const auto why = refusal();
        EXPECT_NE(why.find("another confab"), std::string::npos) << why;
        EXPECT_EQ(why.find("secret"), std::string::npos) << why;
    }
}

TEST_F(a_locked_folder, replaces_the_process_id_of_its_last_user) {
    fs::create_directory(path_);
    std::ofstream(lock_) << "99999999999999999999 and more";
    const locked_folder locked(path_, "lock");
    EXPECT_EQ(text_of(lock_), own_);
}

TEST_F(a_locked_folder, that_cannot_be_used_is_refused_with_the_reason) {
    const auto file = parent_.path() / "file";
    std::ofstream(file) << "text";
    const auto is_refused = [](const fs::path& path, const std::string& reason) {
        const auto why = refusal(path);
        EXPECT_NE(why.find(reason), std::string::npos) << path << ": " << why;
    };
    is_refused("", "the data folder has an empty name");
    is_refused(file, "cannot be used: Not a directory");
    is_refused(file / "below", "cannot be used: Not a directory");
    is_refused(path_ / std::string(300, 'x'), "cannot be created: File name too long");
    EXPECT_EQ(text_of(file), "text");
    fs::create_directories(lock_);
    is_refused(path_, "cannot be written: Is a directory");
}

TEST_F(a_locked_folder, that_is_full_is_refused_and_released) {
    std::string why;
    {
        const testing::file_size_limit none(0);
        why = refusal();
    }
    EXPECT_NE(why.find("cannot be written: File too large"), std::string::npos) << why;
    EXPECT_EQ(refusal(), "");
}

TEST_F(a_locked_folder, can_be_synced_if_it_exists) {
    EXPECT_THROW(sync_folder(path_), startup_error);
    fs::create_directory(path_);
    EXPECT_NO_THROW(sync_folder(path_));
}

}  // namespace
}  // namespace confab
