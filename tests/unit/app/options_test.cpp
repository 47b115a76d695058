#include "app/options.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <utility>
#include <vector>

#include "app/base_path.hpp"
#include "core/delivery.hpp"
#include "support/folder.hpp"

namespace confab::app {
namespace {

parsed parse_line(std::vector<const char*> words) {
    words.insert(words.begin(), "confab");
    return parse(static_cast<int>(words.size()), words.data());
}

std::string refusal(const std::vector<const char*>& words) {
    try {
        parse_line(words);
    } catch (const usage_error& cause) {
        return cause.what();
    }
    return "";
}

class variable {
public:
    variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
    ~variable() { unsetenv(name_); }
    variable(const variable&) = delete;
    variable& operator=(const variable&) = delete;

private:
    const char* name_;
};

class config_file {
public:
    explicit config_file(std::string_view text) { std::ofstream(path()) << text; }
    std::string path() const { return folder_.path() / "confab.conf"; }

private:
    testing::temporary_folder folder_;
};

TEST(options, flag_is_true_by_its_name_alone) {
    const auto is_set = [](const std::vector<const char*>& words) {
        return parse_line(words).values.flag("redis-policy-unchecked");
    };
    EXPECT_FALSE(is_set({"serve"}));
    EXPECT_TRUE(is_set({"serve", "--redis-policy-unchecked"}));
    {
        const variable in_environment("CONFAB_REDIS_POLICY_UNCHECKED", "true");
        EXPECT_TRUE(is_set({"worker"}));
    }
    const variable neither("CONFAB_REDIS_POLICY_UNCHECKED", "yes");
    EXPECT_EQ(refusal({"worker"}), "--redis-policy-unchecked is 'yes' (environment): it takes true or false");
}

TEST(options, draw_a_new_identity_only_on_the_command_line_of_migrate) {
    EXPECT_EQ(parse_line({"migrate", "--new-identity"}).arguments, std::vector<std::string>{"new-identity"});
    EXPECT_TRUE(parse_line({"migrate"}).arguments.empty());
    EXPECT_NE(refusal({"worker", "--new-identity"}), "");
    EXPECT_EQ(parse_line({"migrate", "--accept-lost-commits"}).arguments,
              std::vector<std::string>{"accept-lost-commits"});
    EXPECT_NE(refusal({"worker", "--accept-lost-commits"}), "");
    const config_file file("new-identity = 1\n");
    const auto path = file.path();
    EXPECT_NE(refusal({"migrate", "--config", path.c_str()}), "");
    const variable in_environment("CONFAB_NEW_IDENTITY", "1");
    EXPECT_NE(refusal({"migrate"}), "");
}

TEST(options, allow_as_many_partitions_as_a_migration_does) {
    const auto most = std::to_string(core::partitions_max), more = std::to_string(core::partitions_max + 1);
    EXPECT_EQ(parse_line({"migrate", "--partitions", most.c_str()}).values.number("partitions"), core::partitions_max);
    EXPECT_NE(refusal({"migrate", "--partitions", more.c_str()}).find("from 1 to " + most), std::string::npos)
        << refusal({"migrate", "--partitions", more.c_str()});
}

TEST(options, come_from_flag_then_environment_then_file_then_default) {
    const config_file file("threads = 3\nread-threads = 4\nlisten = \"[::1]:1\"\n");
    const variable threads("CONFAB_THREADS", "5"), listen("CONFAB_LISTEN", "127.0.0.1:2");
    const auto path = file.path();
    const auto s = parse_line({"serve", "--config", path.c_str(), "--listen", "127.0.0.1:3"}).values;
    EXPECT_EQ(s.text("listen"), "127.0.0.1:3");
    EXPECT_EQ(s["listen"].source, "flag");
    EXPECT_EQ(s.number("threads"), 5U);
    EXPECT_EQ(s["threads"].source, "environment");
    EXPECT_EQ(s.number("read-threads"), 4U);
    EXPECT_EQ(s["read-threads"].source, "file");
    EXPECT_EQ(s.text("data"), "./confab-data");
    EXPECT_EQ(s["data"].source, "default");
}

TEST(options, may_have_another_default_in_a_cluster) {
    EXPECT_EQ(parse_line({"config"}).values.number("queue-bytes-max"), 268435456U);
    for (const auto* engine : {"CONFAB_MYSQL", "CONFAB_REDIS", "CONFAB_ELASTICSEARCH"}) {
        const variable named(engine, "redis://host");
        const auto s = parse_line({"config"}).values;
        EXPECT_EQ(s.number("queue-bytes-max"), 16777216U) << engine;
        EXPECT_EQ(s["queue-bytes-max"].source, "default");
        EXPECT_EQ(s.number("queue-commands-max"), 20000U);
        EXPECT_EQ(parse_line({"serve", "--queue-bytes-max", "3000000"}).values.number("queue-bytes-max"), 3000000U);
    }
}

TEST(options, file_can_be_named_by_the_environment) {
    const config_file file("threads = 3\n");
    const variable named("CONFAB_CONFIG", file.path().c_str());
    EXPECT_EQ(parse_line({"config"}).values.number("threads"), 3U);
}

TEST(options, unknown_are_refused_wherever_they_stand) {
    EXPECT_NE(refusal({"serve", "--nonsense"}), "");
    EXPECT_NE(refusal({"serve", "stray"}), "");
    EXPECT_NE(refusal({"nonsense"}), "");
    EXPECT_NE(refusal({"check", "--listen", "x"}), "");
    const config_file file("nonsense = 3\n");
    EXPECT_NE(refusal({"serve", "--config", file.path().c_str()}).find("nonsense"), std::string::npos);
    EXPECT_NE(refusal({"serve", "--config", "/nowhere/at/all"}), "");
    const variable named("CONFAB_NONSENSE", "1");
    EXPECT_NE(refusal({"serve"}).find("CONFAB_NONSENSE"), std::string::npos);
}

TEST(options, that_the_file_sets_twice_are_refused) {
    const config_file file("threads = 3\nread-threads = 3\n# again\nthreads = 4\n");
    EXPECT_NE(refusal({"serve", "--config", file.path().c_str()}).find("line 4: threads"), std::string::npos);
}

TEST(options, ignore_what_container_platforms_announce) {
    const variable announced("CONFAB_REDIS_PORT_6379_TCP", "tcp://10.0.0.1:6379");
    EXPECT_EQ(refusal({"serve"}), "");
    const std::pair<const char*, const char*> others[] = {{"CONFAB_REDIS_PORT_6379_TCP_PORT", "x"},
                                                          {"CONFAB_PORT", ""},
                                                          {"CONFAB_PORT", "3000"},
                                                          {"CONFAB_MYSQL_PORT", "3306"},
                                                          {"CONFAB_ENV", "production"},
                                                          {"CONFAB_LISTEN_FILE", "/x"}};
    for (const auto& [name, value] : others) {
        const variable wrong(name, value);
        EXPECT_NE(refusal({"serve"}).find(name), std::string::npos) << name << "=" << value;
    }
}

TEST(options, whose_variables_a_platform_could_set_are_none) {
    for (const auto& o : options()) {
        for (const std::string ending : {"-port", "-name", "-service-host", "-service-port"})
            EXPECT_FALSE(o.name.ends_with(ending)) << o.name;
        EXPECT_EQ(o.name.find("env-"), std::string_view::npos) << o.name;
    }
}

TEST(options, that_are_wrong_are_refused_without_what_may_be_a_password) {
    const config_file in_name("mysql://ada:secret=x@host = 1\n"), in_line("redis = redis://:a #secret@host\n");
    const auto name_path = in_name.path(), line_path = in_line.path();
    for (const std::vector<const char*>& words : std::initializer_list<std::vector<const char*>>{
             {"serve", "--mysq=mysql://ada:secret@host/chats"},
             {"serve", "--mysq", "mysql://ada:secret@host/chats"},
             {"serve", "--mysql", "mysql://ada:a", "secret@host/chats"},
             {"serve", "--mysql", "mysql://ada:a", "secret", "b@host/chats"},
             {"serve", "--mysql=mysql://ada:secret@host/c", "--mysql=mysql://ada:secret@host/d"},
             {"serve", "-mysql://ada:secret@host/chats"},
             {"check", "--redis=redis://:secret@host"},
             {"jobs", "replay", "1", "mysql://ada:secret@host/chats", "--nonsense=secret"},
             {"--mysql=mysql://ada:secret@host/chats", "serve"},
             {"mysql://ada:secret@host/chats"},
             {"serve", "--config", name_path.c_str()},
             {"serve", "--config", line_path.c_str()}}) {
        const auto why = refusal(words);
        EXPECT_NE(why, "");
        EXPECT_EQ(why.find("secret"), std::string::npos) << why;
    }
    const variable named("CONFAB_MYSQL_FILE", "mysql://ada:secret@host/chats");
    EXPECT_NE(refusal({"serve"}).find("CONFAB_MYSQL_FILE"), std::string::npos);
    EXPECT_EQ(refusal({"serve"}).find("secret"), std::string::npos);
}

TEST(options, that_are_misspelt_are_named) {
    EXPECT_NE(refusal({"serve", "--mysq=x"}).find("--mysq "), std::string::npos);
    EXPECT_NE(refusal({"sevre"}).find("sevre"), std::string::npos);
}

TEST(options, that_are_numbers_name_their_range_when_they_miss_it) {
    for (const auto* value : {"0", "257", "-1", "x", "", "1.5", "99999999999999999999"}) {
        const auto why = refusal({"serve", "--read-threads", value});
        EXPECT_NE(why.find("from 1 to 256"), std::string::npos) << value << ": " << why;
    }
}

TEST(options, are_all_in_the_help_with_default_and_unit) {
    std::string help;
    for (const auto* command : {"serve", "worker", "migrate", "check", "reindex", "jobs", "status"})
        help += parse_line({command, "--help"}).text;
    for (const auto& o : options()) {
        EXPECT_NE(help.find("--" + std::string(o.name) + " " + std::string(o.unit)), std::string::npos) << o.name;
        if (!o.default_value.empty()) {
            EXPECT_NE(help.find("default " + std::string(o.default_value)), std::string::npos) << o.name;
        }
    }
}

TEST(options, of_other_types_do_not_repeat_a_url_with_a_password) {
    const std::vector<std::vector<const char*>> lines = {{"config", "--data", "mysql://u:SECRET@h"},
                                                         {"config", "--listen", "u:SECRET@h:1"},
                                                         {"config", "--allowed-hosts", "u:SECRET@h"},
                                                         {"serve", "--threads", "mysql://u:SECRET@h"},
                                                         {"serve", "--log-level", "redis://:SECRET@h"}};
    for (const auto& line : lines) {
        const auto why = refusal(line);
        EXPECT_NE(why.find("looks like the URL of an engine"), std::string::npos) << why;
        EXPECT_EQ(why.find("SECRET"), std::string::npos) << why;
    }
    EXPECT_EQ(refusal({"config", "--data", "/srv/a@b"}), "");
}

TEST(options, defaults_are_valid) {
    EXPECT_EQ(refusal({"config"}), "");
}

TEST(options, that_are_host_names_are_checked_before_anything_starts) {
    EXPECT_EQ(refusal({"serve", "--allowed-hosts", "chat.example,front"}), "");
    EXPECT_NE(refusal({"serve", "--allowed-hosts", "chat.example:3000"}).find("allowed-hosts"), std::string::npos);
}

TEST(options, that_are_lists_may_be_given_several_times) {
    const auto listens = [](const std::vector<const char*>& words) { return parse_line(words).values.text("listen"); };
    EXPECT_EQ(listens({"serve", "--listen", "127.0.0.1:1", "--listen=[::1]:2"}), "127.0.0.1:1,[::1]:2");
    EXPECT_EQ(listens({"serve", "--listen", "127.0.0.1:1,[::1]:2", "--listen", "[::1]:3"}),
              "127.0.0.1:1,[::1]:2,[::1]:3");
    EXPECT_NE(refusal({"serve", "--data", "a", "--data", "b"}), "");
}

TEST(base_path, is_the_path_of_a_url) {
    EXPECT_EQ(parse_base_path(""), "");
    EXPECT_EQ(parse_base_path("/"), "");
    EXPECT_EQ(parse_base_path("/chat"), "/chat");
    EXPECT_EQ(parse_base_path("/chat/"), "/chat");
    EXPECT_EQ(parse_base_path("/a/b-._~!$&'()*+,;=:@/%C3%a4"), "/a/b-._~!$&'()*+,;=:@/%C3%a4");
    EXPECT_EQ(parse_base_path("/" + std::string(254, 'a')).size(), 255U);
    for (const auto* text : {"chat", "//", "//chat", "/a//b", "/chat//", "/.", "/a/../b", "/a b", "/a?b", "/a#b", "/ä",
                             "/a\"b", "/<a>", "/a\\b", "/a\tb", "/%", "/%4", "/%zz", "https://a.example/chat"})
        EXPECT_THROW(parse_base_path(text), usage_error) << text;
    EXPECT_THROW(parse_base_path("/" + std::string(255, 'a')), usage_error);
}

}  // namespace
}  // namespace confab::app
