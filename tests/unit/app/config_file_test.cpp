#include "app/config_file.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "support/folder.hpp"

namespace confab::app {
namespace {

class written_file {
public:
    explicit written_file(std::string_view text) { std::ofstream(path()) << text; }
    std::string path() const { return folder_.path() / "confab.conf"; }

private:
    testing::temporary_folder folder_;
};

std::string refusal_of(std::string_view text) {
    const written_file file(text);
    try {
        read_config_file(file.path());
    } catch (const usage_error& cause) {
        return cause.what();
    }
    return "";
}

TEST(config_file, value_is_the_rest_of_its_line) {
    struct {
        std::string_view line, value;
    } const cases[] = {
        {"x = [::1]:3000", "[::1]:3000"},
        {"x=[::1]:3000", "[::1]:3000"},
        {" \tx\t=  [::1]:3000 \t\r", "[::1]:3000"},
        {"x = \"[::1]:3000\"", "[::1]:3000"},
        {"x = [a, b]", "[a, b]"},
        {"x = a, b c", "a, b c"},
        {"x = /srv/a;b", "/srv/a;b"},
        {"x = /srv/a#b;c", "/srv/a#b;c"},
        {"x = mysql://u:p;w=#d@host/db?ssl=require", "mysql://u:p;w=#d@host/db?ssl=require"},
        {"x = \"/srv/a ;b # c\"", "/srv/a ;b # c"},
        {"x = '/srv/a ;b # c'", "/srv/a ;b # c"},
        {"x = 'a \"b\"'", "a \"b\""},
        {"x = \"it's\"", "it's"},
        {"x = it's", "it's"},
        {"x = a\"", "a\""},
        {"x = a\\nb", "a\\nb"},
        {"x = \" a \"", " a "},
        {"x = \"\"", ""},
        {"x =", ""},
        {"x = a=b", "a=b"},
        {"x = %{y}", "%{y}"},
        {"x = grüße 漢字", "grüße 漢字"},
    };
    for (const auto& [line, value] : cases) {
        const written_file file(line);
        const auto found = read_config_file(file.path());
        ASSERT_EQ(found.size(), 1U) << line;
        EXPECT_EQ(found[0].name, "x") << line;
        EXPECT_EQ(found[0].value, value) << line;
        EXPECT_EQ(found[0].line, 1U) << line;
    }
}

TEST(config_file, comments_blank_lines_and_a_byte_order_mark_are_skipped) {
    const written_file file(
        "\xEF\xBB\xBF"
        "a = 1\r\n# b = 2\r\n\r\n  ; c = 3\n\t# [d]\nd = 4\n#e\nd = 5");
    const auto found = read_config_file(file.path());
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].name + found[0].value, "a1");
    EXPECT_EQ(found[1].name + found[1].value, "d4");
    EXPECT_EQ(found[1].line, 6U);
    EXPECT_EQ(found[2].name + found[2].value, "d5");
    EXPECT_EQ(found[2].line, 8U);
}

TEST(config_file, that_is_empty_sets_nothing) {
    for (const auto* const text : {"", "\xEF\xBB\xBF", "\n", "\r\n", "# only this"})
        EXPECT_TRUE(read_config_file(written_file(text).path()).empty());
}

TEST(config_file, line_that_can_be_read_in_two_ways_is_refused_with_its_number) {
    const std::vector<std::string> lines{"x = hunter2 # a comment",
                                         "x = hunter2 ; a comment",
                                         "x = hunter2\t#a",
                                         "x = hunter2 #",
                                         "x = # hunter2",
                                         "x = ;hunter2",
                                         "x = \"hunter2",
                                         "x = 'hunter2\"",
                                         "x = \"hunter2\" # a comment",
                                         "x = \"hunter2\" # \"a\"",
                                         "x = \"a\"hunter2\"",
                                         "x = \"",
                                         "hunter2",
                                         "[hunter2]",
                                         "x = hunt\rer2",
                                         {"x = \0hunter2", 12},
                                         "x = hunt\x1b[er2"};
    for (const auto& line : lines) {
        const auto why = refusal_of("# the first\n" + line + "\nz = 1\n");
        EXPECT_NE(why.find("confab.conf, line 2: "), std::string::npos) << line << ": " << why;
        EXPECT_EQ(why.find("hunt"), std::string::npos) << why;
    }
    EXPECT_NE(refusal_of(std::string("\xff\xfex\0=\0", 6)).find("line 1: has a control character"), std::string::npos);
}

TEST(config_file, that_cannot_be_read_is_refused_with_its_name) {
    const testing::temporary_folder folder;
    for (const std::string path : {folder.path() / "none.conf", folder.path()}) {
        try {
            read_config_file(path);
            ADD_FAILURE() << path;
        } catch (const usage_error& cause) {
            EXPECT_NE(std::string(cause.what()).find(path), std::string::npos) << cause.what();
        }
    }
}

TEST(secret_file, holds_the_secret_in_its_first_line) {
    for (const std::string_view text : {"redis://:a;b #c@h", "redis://:a;b #c@h\n", "redis://:a;b #c@h\r\n",
                                        "\xEF\xBB\xBFredis://:a;b #c@h \t\r\n\nmore"})
        EXPECT_EQ(read_secret_file("CONFAB_REDIS_FILE", written_file(text).path()), "redis://:a;b #c@h") << text;
}

}  // namespace
}  // namespace confab::app
