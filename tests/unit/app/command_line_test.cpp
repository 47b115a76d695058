#include "app/command_line.hpp"

#include <gtest/gtest.h>

namespace confab::app {
namespace {

using words = std::vector<std::string>;

constexpr command commands[] = {{"serve", "", used_by::serve},     {"worker", "", used_by::worker},
                                {"migrate", "", used_by::migrate}, {"check", "", used_by::check},
                                {"jobs", "", used_by::jobs},       {"reindex", "", used_by::reindex},
                                {"status", "", used_by::status}};
constexpr command serve = commands[0], migrate = commands[2], jobs = commands[4], status = commands[6];

command_line read(const command& c, const words& given) {
    const std::string name(c.name);
    std::vector<const char*> argv = {name.c_str()};
    for (const auto& word : given) argv.push_back(word.c_str());
    return read_command_line(c, static_cast<int>(argv.size()), argv.data());
}

std::string refusal(const command& c, const words& given) {
    try {
        read(c, given);
    } catch (const usage_error& cause) {
        return cause.what();
    }
    return "";
}

TEST(command_line, has_only_the_options_that_are_set) {
    EXPECT_TRUE(read(serve, {}).flags.empty());
    const auto line = read(serve, {"--threads", "3", "--data=/a b", "--redis-policy-unchecked", "--auth", ""});
    EXPECT_EQ(line.flags,
              (option_values{{"auth", ""}, {"data", "/a b"}, {"redis-policy-unchecked", "true"}, {"threads", "3"}}));
    EXPECT_EQ(line.config_file, "");
    EXPECT_EQ(line.help, "");
    EXPECT_TRUE(line.arguments.empty());
    EXPECT_EQ(read(serve, {"--config", "/a/file"}).config_file, "/a/file");
    EXPECT_TRUE(read(serve, {"--config", "/a/file"}).flags.empty());
}

TEST(command_line, takes_the_options_of_its_command_and_no_others) {
    for (const auto& c : commands)
        for (const auto& o : options()) {
            words given = {"--" + std::string(o.name)};
            if (o.type != option_type::flag) given.emplace_back("x");
            if (o.subcommands & c.bit) {
                EXPECT_EQ(read(c, given).flags, (option_values{{o.name, o.type == option_type::flag ? "true" : "x"}}))
                    << c.name;
            } else {
                EXPECT_NE(refusal(c, given), "") << c.name << ' ' << o.name;
            }
        }
}

TEST(command_line, joins_a_list_that_is_given_several_times) {
    const auto listens = [](const words& given) { return read(serve, given).flags.at("listen"); };
    EXPECT_EQ(listens({"--listen", "a:1"}), "a:1");
    EXPECT_EQ(listens({"--listen", "a:1,b:2", "--threads", "3", "--listen=c:3"}), "a:1,b:2,c:3");
    EXPECT_EQ(listens({"--listen", "", "--listen", "c:3"}), ",c:3");  // so that its reader can refuse it
    EXPECT_EQ(read(serve, {"--allowed-hosts", "a", "--allowed-hosts", "b"}).flags.at("allowed-hosts"), "a,b");
}

TEST(command_line, has_arguments_where_its_command_takes_them) {
    EXPECT_EQ(read(jobs, {"replay", "17"}).arguments, (words{"replay", "17"}));
    EXPECT_EQ(read(jobs, {"--redis", "x", "drop", "17"}).arguments, (words{"drop", "17"}));
    EXPECT_TRUE(read(jobs, {}).arguments.empty());
    EXPECT_EQ(read(status, {"--json"}).arguments, words{"json"});
    EXPECT_TRUE(read(status, {}).arguments.empty());
    const std::string identity(new_identity_argument), lost(accept_lost_commits_argument);
    EXPECT_EQ(read(migrate, {"--" + lost, "--" + identity}).arguments, (words{identity, lost}));
    EXPECT_TRUE(read(migrate, {}).arguments.empty());
    for (const auto& c : commands) {
        EXPECT_EQ(refusal(c, {"word"}).empty(), c.bit == used_by::jobs) << c.name;
        EXPECT_EQ(refusal(c, {"--json"}).empty(), c.bit == used_by::status) << c.name;
        EXPECT_EQ(refusal(c, {"--" + identity}).empty(), c.bit == used_by::migrate) << c.name;
    }
}

TEST(command_line, with_help_has_it_whatever_else_is_given) {
    for (const auto& c : commands)
        for (const auto& given : {words{"--help"}, words{"-h"}, words{"--config", "f", "--help"}}) {
            const auto help = read(c, given).help;
            for (const auto& o : options())
                EXPECT_EQ(help.find("\n  --" + std::string(o.name) + " ") != std::string::npos,
                          (o.subcommands & c.bit) != 0)
                    << c.name << ' ' << o.name << '\n'
                    << help;
        }
}

TEST(command_line, that_is_wrong_is_refused_with_a_hint_and_without_a_value) {
    const std::pair<words, std::string> cases[] = {
        {{"--mysq=secret"}, "unexpected argument --mysq (see confab serve --help)"},
        {{"--mysq", "secret"}, "unexpected argument --mysq (see confab serve --help)"},
        {{"secret"}, "unexpected argument (see confab serve --help)"},
        {{"--Secret"}, "unexpected argument (see confab serve --help)"},
        {{"--se:cret"}, "unexpected argument (see confab serve --help)"}};
    for (const auto& [given, expected] : cases) EXPECT_EQ(refusal(serve, given), expected);
    for (const auto& given : {words{"--data"}, words{"--data", "secret", "--data=secret"}, words{"--config"}}) {
        const auto why = refusal(serve, given);
        EXPECT_TRUE(why.starts_with(given[0]) && why.ends_with(" (see confab serve --help)")) << why;
        EXPECT_EQ(why.find("secret"), std::string::npos) << why;
    }
}

TEST(name_for_error, is_the_word_if_it_may_be_a_misspelt_name) {
    for (const std::string word : {"sevre", "--mysq", "a-1_z", "-"}) EXPECT_EQ(name_for_error(word), " " + word);
    for (const std::string word : {"", "mysql://a:b@c", "A", "a=b", "a b", "a.b", "ä", "a\n"})
        EXPECT_EQ(name_for_error(word), "") << word;
}

}  // namespace
}  // namespace confab::app
