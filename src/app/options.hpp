// The program's options: one table for the command line, the environment, the config file, --help, `confab config` and
// the tests.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace confab::app {

// A secret is a URL, shown without its password. A password file is shown by its path, if the file exists: any other
// text may be the password. The values of a list are separated by commas; on the command line a list may be given
// several times. Host names are a list, too. A flag is true or false; on the command line its name alone makes it true.
enum class option_type { text, number, secret, password_file, list, host_names, flag };

// The commands that take an option. `confab config` takes all.
namespace used_by {
inline constexpr unsigned serve = 1, worker = 2, migrate = 4, check = 8, jobs = 16, reindex = 32, status = 64;
inline constexpr unsigned servers = serve | worker,
                          cluster = worker | serve | migrate | check | jobs | reindex | status;
inline constexpr unsigned redis_users = servers | migrate | jobs | status,
                          index_users = servers | migrate | check | reindex | status;
inline constexpr unsigned everyone = cluster;
}  // namespace used_by

struct option {
    std::string_view name;  // --name, CONFAB_NAME, and `name = value` in a file
    option_type type;
    std::string_view default_value;
    std::string_view unit;
    std::uint64_t least;  // of a number
    std::uint64_t most;
    std::string_view help;
    unsigned subcommands;
    std::string_view cluster_default = {};  // when an engine is configured; empty: the same
};

std::span<const option> options();

struct effective {
    std::string value;
    std::string_view source;  // flag, environment, file or default
};

// The value and source of every option. In the table, options of engines precede those with a cluster_default.
class settings {
public:
    const std::string& text(std::string_view name) const { return values_.at(name).value; }
    std::uint64_t number(std::string_view name) const { return std::stoull(text(name)); }
    bool flag(std::string_view name) const { return text(name) == "true"; }
    const effective& operator[](std::string_view name) const { return values_.at(name); }
    void set(std::string_view name, effective value) { values_[name] = std::move(value); }

private:
    std::map<std::string_view, effective> values_;
};

// `confab migrate --new-identity` and `--accept-lost-commits`, as arguments of the command.
inline constexpr std::string_view new_identity_argument = "new-identity";
inline constexpr std::string_view accept_lost_commits_argument = "accept-lost-commits";

// A mistake in the options or the command, in one line.
class usage_error : public std::runtime_error {
    using runtime_error::runtime_error;
};

struct parsed {
    std::string command;  // as in --help; empty: only `text` is printed
    settings values;
    std::string text;                    // help or version
    std::vector<std::string> arguments;  // further arguments of the command
};

// Throws usage_error.
parsed parse(int argc, const char* const* argv);

}  // namespace confab::app
