#include "app/password_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <vector>

#include "support/folder.hpp"

namespace confab::app {
namespace {

class password_file : public ::testing::Test {
protected:
    std::string write(std::string_view text) const {
        std::ofstream(path(), std::ios::binary) << text;
        return path();
    }
    std::string path() const { return folder_.path() / "password"; }

    std::string refusal(const std::string& file) const {
        try {
            read_password_file("mysql-password-file", file);
        } catch (const usage_error& cause) {
            return cause.what();
        }
        return "";
    }

    std::string with(const std::string& url, std::string_view engine, std::string_view scheme) const {
        const auto option = "--" + std::string(engine) + "-password-file";
        const auto file = path();
        const char* const words[] = {"confab", "status", option.c_str(), file.c_str()};
        const auto s = parse(4, words).values;
        auto where = engine_url::parse(url, scheme, 1);
        try {
            add_password(s, engine, where);
        } catch (const usage_error& cause) {
            return cause.what();
        }
        return where.password;
    }

private:
    testing::temporary_folder folder_;
};

TEST_F(password_file, is_taken_as_it_is_but_for_one_newline_at_its_end) {
    EXPECT_EQ(read_password_file("o", write("p@ss/w#rd:%1")), "p@ss/w#rd:%1");
    EXPECT_EQ(read_password_file("o", write("p@ss/w#rd:%1\n")), "p@ss/w#rd:%1");
    EXPECT_EQ(read_password_file("o", write(" \"quoted\" \t\n")), " \"quoted\" \t");
    EXPECT_EQ(read_password_file("o", write(std::string(password_bytes_max, 'x') + "\n")).size(), password_bytes_max);
}

TEST_F(password_file, that_holds_no_password_is_refused_without_repeating_anything) {
    const std::pair<std::string, std::string> cases[] = {
        {"", "an empty file"},
        {"\n", "an empty file"},
        {"secret\nmore", "several lines"},
        {"secret\n\n", "several lines"},
        {std::string("secret\0", 7), "a NUL character"},
        {std::string("s\0e\0c\0\n\0", 8), "a NUL character"},
        {"secret\r\n", "CR LF"},
        {"\xEF\xBB\xBFsecret\n", "a byte order mark"},
        {std::string(password_bytes_max + 1, 's'), "more than 4096 bytes"},
    };
    for (const auto& [text, why] : cases) {
        const auto refused = refusal(write(text));
        EXPECT_NE(refused.find(why), std::string::npos) << text << ": " << refused;
        EXPECT_EQ(refused.find("secret"), std::string::npos) << refused;
    }
}

TEST_F(password_file, that_cannot_be_read_is_refused_with_the_reason) {
    EXPECT_EQ(refusal("/nowhere/at/all"),
              "--mysql-password-file names a file that cannot be read: No such file or directory");
    EXPECT_EQ(refusal("/tmp"), "--mysql-password-file names a path that is not a regular file");
}

TEST_F(password_file, goes_into_the_url_of_its_engine) {
    write("p@ss/w#rd:%1\n");
    EXPECT_EQ(with("mysql://confab@host/confab", "mysql", "mysql"), "p@ss/w#rd:%1");
    EXPECT_EQ(with("redis://host", "redis", "redis"), "p@ss/w#rd:%1");
    EXPECT_EQ(with("http://elastic@host", "elasticsearch", "http"), "p@ss/w#rd:%1");
}

TEST_F(password_file, is_refused_beside_a_password_in_the_url_and_without_a_user) {
    write("secret");
    EXPECT_EQ(with("mysql://confab:other@host/confab", "mysql", "mysql"),
              "--mysql-password-file and a password in the URL of --mysql are both given: leave one of them out");
    EXPECT_EQ(with("http://host:9200", "elasticsearch", "http"),
              "--elasticsearch-password-file needs the name of the user in the URL of --elasticsearch: "
              "http://user@host:9200");
}

}  // namespace
}  // namespace confab::app
