// A value is taken from the first of: flag, environment, file, default. CLI11 reads the flags only: by itself it lets
// the file win over the environment (2.1, App::_process), and takes a part of a value for a comment.
#include "app/options.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>

#include "app/config_file.hpp"
#include "app/host_names.hpp"
#include "app/platform_variables.hpp"
#include "app/version.hpp"

extern char** environ;

namespace confab::app {
namespace {

using type = option_type;

constexpr std::uint64_t gib = 1024ULL * 1024 * 1024;

constexpr option table[] = {
    {"listen", type::list, "localhost:3000", "ADDRESS:PORT", 0, 0,
     "where to listen; several times, or with commas, for several; localhost: on 127.0.0.1 and ::1; port 0 takes any "
     "free one, the same for all",
     used_by::serve},
    {"base-path", type::text, "", "PATH", 0, 0,
     "where a proxy in front shows the API, like /chat; stands before the paths of Location and Link", used_by::serve},
    {"data", type::text, "./confab-data", "FOLDER", 0, 0, "where the data is, when alone",
     used_by::serve | used_by::check | used_by::reindex},
    {"journal-gap", type::text, "refuse", "refuse|ignore", 0, 0,
     "what to do when the journal lacks writes that follow the database, or belongs to another ledger; 'ignore' gives "
     "up what it has beyond, and logs it",
     used_by::serve},
    {"mysql", type::secret, "", "URL", 0, 0, "the ledger of a cluster: mysql://user:password@host/database",
     used_by::cluster},
    {"mysql-password-file", type::password_file, "", "FILE", 0, 0,
     "a file with MySQL's password as it is, instead of one in the URL", used_by::cluster},
    {"redis", type::secret, "", "URL", 0, 0, "the queue of a cluster: redis://user:password@host",
     used_by::redis_users},
    {"redis-password-file", type::password_file, "", "FILE", 0, 0,
     "a file with Redis' password as it is, instead of one in the URL", used_by::redis_users},
    {"elasticsearch", type::secret, "", "URL", 0, 0,
     "the search index of a cluster, which scans without one: http://user:password@host", used_by::index_users},
    {"elasticsearch-password-file", type::password_file, "", "FILE", 0, 0,
     "a file with Elasticsearch's password as it is, instead of one in the URL", used_by::index_users},
    {"auth", type::text, "", "MODE", 0, 0,
     "'open': anyone who reaches the server may do anything; to be said for every address but loopback",
     used_by::serve},
    {"allowed-hosts", type::host_names, "", "NAMES", 0, 0,
     "names of this server, separated by commas, beside localhost and IP addresses; requests for another are refused "
     "with 421",
     used_by::serve},
    {"threads", type::number, "0", "threads", 0, 256, "event loops; 0: one per processor", used_by::serve},
    {"read-threads", type::number, "2", "threads", 1, 256, "threads for long reads: lists and searches",
     used_by::servers},
    {"connections-max", type::number, "10000", "connections", 1, 1'000'000, "more are turned away with 503",
     used_by::serve},
    {"header-bytes-max", type::number, "16384", "bytes", 1024, 1024 * 1024,
     "a longer request header is refused with 431", used_by::serve},
    {"body-bytes-max", type::number, "524288", "bytes", 1024, gib, "a longer request body is refused with 413",
     used_by::serve},
    {"json-depth-max", type::number, "32", "levels", 1, 1000, "deeper JSON is refused with 400", used_by::serve},
    {"request-timeout-s", type::number, "30", "seconds", 1, 3600, "from a request's first byte to its last",
     used_by::serve},
    {"idle-timeout-s", type::number, "75", "seconds", 1, 86400, "between the requests of a connection", used_by::serve},
    {"write-timeout-s", type::number, "30", "seconds", 1, 3600, "for a client to take a piece of its response",
     used_by::serve},
    {"drain-timeout-s", type::number, "8", "seconds", 1, 3600, "for requests in flight once told to stop",
     used_by::serve},
    {"queue-commands-max", type::number, "20000", "commands", 1, 10'000'000,
     "more waiting writes are refused with 503; in a cluster, of each partition", used_by::serve},
    {"queue-bytes-max", type::number, "268435456", "bytes", 1024 * 1024, 64 * gib,
     "heavier waiting writes are refused with 503; in a cluster, of each partition: Redis needs that times the number "
     "of partitions",
     used_by::serve, "16777216"},
    {"batch-commands-max", type::number, "1000", "commands", 1, 100'000, "writes that share one commit",
     used_by::servers},
    {"batch-bytes-max", type::number, "16777216", "bytes", 1024, gib, "of the writes that share one commit",
     used_by::servers},
    {"search-time-max-ms", type::number, "10000", "milliseconds", 1, 3'600'000,
     "a search that takes longer is refused with 503", used_by::serve},
    {"index-after-messages", type::number, "2000", "messages", 1, 1'000'000,
     "so many of a chat wait before the search index takes them in; until then they are scanned",
     used_by::servers | used_by::reindex},
    {"index-pause-ms", type::number, "100", "milliseconds", 1, 3'600'000,
     "between two looks of the search index at what was written; until then it is scanned", used_by::servers},
    {"keep-keys-h", type::number, "24", "hours", 24, 24 * 365, "how long an Idempotency-Key is known",
     used_by::servers},
    {"partitions", type::number, "64", "partitions", 1, 1024,
     "of a cluster's queue: fixed by the first `confab migrate`", used_by::migrate},
    {"answer-timeout-ms", type::number, "10000", "milliseconds", 100, 600'000,
     "a write that a cluster has not completed by then is answered outcome_unknown (503); longer than a worker's "
     "lease and its takeover",
     used_by::serve},
    {"lease-ms", type::number, "6000", "milliseconds", 1000, 600'000,
     "how long a partition waits for a worker that says nothing", used_by::worker},
    {"commit-timeout-ms", type::number, "5000", "milliseconds", 100, 600'000,
     "a commit of a worker that takes longer is given up", used_by::worker},
    {"alive-file", type::text, "", "FILE", 0, 0,
     "touched every second while the worker holds its share, for health checks", used_by::worker},
    {"mysql-connections-max", type::number, "8", "connections", 1, 1000, "to MySQL, of each event loop",
     used_by::serve},
    {"mysql-timeout-ms", type::number, "5000", "milliseconds", 100, 600'000, "for an answer of MySQL",
     used_by::cluster},
    {"redis-timeout-ms", type::number, "5000", "milliseconds", 100, 600'000, "for an answer of Redis",
     used_by::redis_users},
    {"redis-policy-unchecked", type::flag, "false", "", 0, 0,
     "takes a Redis that does not show its maxmemory-policy, which has to be noeviction",
     used_by::servers | used_by::migrate},
    {"elasticsearch-timeout-ms", type::number, "2000", "milliseconds", 100, 600'000, "for an answer of Elasticsearch",
     used_by::index_users},
    {"log-level", type::text, "info", "info|warning|error|off", 0, 0, "the least that is logged, on standard error",
     used_by::everyone},
};

struct command {
    std::string_view name;
    std::string_view summary;
    unsigned bit;  // of used_by
};

constexpr command commands[] = {
    {"serve", "run the server: alone, or as an API node of a cluster", used_by::serve},
    {"worker", "run a worker of a cluster", used_by::worker},
    {"migrate", "bring the engines of a cluster to what this confab needs", used_by::migrate},
    {"check", "prove that the data keeps its promises; also beside a running server", used_by::check},
    {"reindex", "build the search index anew; alone not beside a running server, in a cluster beside all of them",
     used_by::reindex},
    {"jobs", "show what waits in a cluster's queue and its dead letters; `replay ID`, `drop ID`", used_by::jobs},
    {"status", "show a cluster's engines, workers, partitions and search index; `--json`", used_by::status},
    {"config", "print every option's value and where it came from", used_by::everyone},
};

const option* find_option(std::string_view name) {
    const auto at = std::ranges::find(table, name, &option::name);
    return at == std::end(table) ? nullptr : at;
}

// For an error: what may be a misspelt name. Nothing of any other word, which may be a part of a password.
std::string name_for_error(std::string_view word) {
    const bool is_name = std::ranges::all_of(
        word, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
    return is_name && !word.empty() ? fmt::format(" {}", word) : "";
}

// The name of the first argument that nobody takes, if it is a flag: any other word may be a part of a password.
std::string flag_for_error(const std::vector<std::string>& unexpected) {
    if (unexpected.empty() || !unexpected.front().starts_with("--")) return "";
    return name_for_error(std::string_view(unexpected.front()).substr(0, unexpected.front().find('=')));
}

std::string environment_name(std::string_view option_name) {
    std::string name = "CONFAB_";
    for (const char c : option_name)
        name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return name;
}

// The secret whose file a variable like CONFAB_MYSQL_FILE names.
const option* secret_in_file(std::string_view name) {
    const auto at = std::ranges::find_if(table, [name](const option& o) {
        return o.type == type::secret && environment_name(o.name) + "_FILE" == name;
    });
    return at == std::end(table) ? nullptr : at;
}

using values = std::map<std::string_view, std::string>;

// The options that the environment sets, and the config file it may name.
values read_environment(std::string& config_file) {
    values found;
    for (char** at = environ; *at != nullptr; ++at) {
        const std::string_view entry(*at);
        const auto name = entry.substr(0, entry.find('='));
        if (!name.starts_with("CONFAB_")) continue;
        const std::string value(entry.substr(std::min(entry.size(), name.size() + 1)));
        if (name == "CONFAB_CONFIG") {
            config_file = value;
            continue;
        }
        if (const auto* const secret = secret_in_file(name)) {
            found[secret->name] = read_secret_file(name, value);
            continue;
        }
        const auto at_option =
            std::ranges::find_if(table, [name](const option& o) { return environment_name(o.name) == name; });
        if (at_option != std::end(table))
            found[at_option->name] = value;
        else if (!is_set_by_platform(name, value))
            throw usage_error(fmt::format("unknown environment variable {}", name));
    }
    return found;
}

// The options that the file sets.
values read_file(const std::string& path) {
    values found;
    if (path.empty()) return found;
    for (auto& [name, value, line] : read_config_file(path)) {
        const auto* const known = find_option(name);
        if (!known) throw wrong_line(path, line, "unknown option" + name_for_error(name));
        const bool is_first = found.emplace(known->name, std::move(value)).second;
        if (!is_first) throw wrong_line(path, line, fmt::format("{} is set by an earlier line", known->name));
    }
    return found;
}

// Like the URL of an engine, given to another option by mistake. Only in a text may an '@' stand by itself.
bool may_hold_password(const option& o, std::string_view value) {
    const auto at = value.find('@');
    if (o.type == type::secret || at == std::string_view::npos) return false;
    const bool is_text = o.type == type::text || o.type == type::password_file;
    return !is_text || value.substr(0, at).find("://") != std::string_view::npos;
}

void require_valid(const option& o, const effective& e) {
    if (may_hold_password(o, e.value))
        throw usage_error(
            fmt::format("--{} ({}) looks like the URL of an engine, so it is not repeated here", o.name, e.source));
    if (o.type == type::host_names) parse_host_names(e.value);
    if (o.type == type::flag && e.value != "true" && e.value != "false")
        throw usage_error(fmt::format("--{} is '{}' ({}): it takes true or false", o.name, e.value, e.source));
    if (o.type != type::number) return;
    const auto fail = [&] {
        throw usage_error(fmt::format("--{} is '{}' ({}): it takes a number of {} from {} to {}", o.name, e.value,
                                      e.source, o.unit, o.least, o.most));
    };
    const bool digits = !e.value.empty() && e.value.size() <= 18 && std::ranges::all_of(e.value, ::isdigit);
    if (!digits) fail();
    const auto value = std::stoull(e.value);
    if (value < o.least || value > o.most) fail();
}

std::string help_of(const option& o) {
    auto default_value = o.default_value.empty() ? "none" : std::string(o.default_value);
    if (!o.cluster_default.empty()) default_value += fmt::format(", in a cluster {}", o.cluster_default);
    const auto range = o.type == type::number ? fmt::format(", {} to {}", o.least, o.most) : "";
    return fmt::format("{} (default {}{})", o.help, default_value, range);
}

std::string overview() {
    std::string text = "confab: a chat backend that other applications build on\n\n";
    for (const auto& c : commands) text += fmt::format("  confab {:<8} {}\n", c.name, c.summary);
    text += "\nconfab COMMAND --help lists the command's options; confab --version tells which confab this is.\n";
    return text;
}

// CLI11 could join the values of a list itself, but drops empty ones.
void add_flag(CLI::App& app, const option& o, std::string& value) {
    const auto name = "--" + std::string(o.name);
    if (o.type == type::flag) {
        app.add_flag_callback(
            name, [&value] { value = "true"; }, help_of(o));
        return;
    }
    const auto join = [&value](const CLI::results_t& given) {
        value = CLI::detail::join(given, ",");
        return true;
    };
    const bool is_list = o.type == type::list || o.type == type::host_names;
    auto* const added =
        is_list ? app.add_option(name, join, help_of(o))->take_all() : app.add_option(name, value, help_of(o));
    added->type_name(std::string(o.unit));
}

// The flags of one command. Sets `help` instead when that is what was asked for.
values read_flags(const command& c, int argc, const char* const* argv, std::string& config_file, std::string& help,
                  std::vector<std::string>& arguments) {
    CLI::App app(std::string(c.summary), "confab " + std::string(c.name));
    app.get_formatter()->column_width(44);
    app.footer(
        "Every option is also an environment variable (CONFAB_LISTEN, ...) and a line of the file (listen = ...).\n"
        "The first of these counts: flag, environment, file, default. CONFAB_CONFIG names the file as --config does.");
    std::map<std::string_view, std::string> given;
    for (const auto& o : table)
        if (o.takers & c.bit) add_flag(app, o, given[o.name]);
    // Not of the table: in the environment or the file they would be done with each migrate.
    bool new_identity = false, accept_lost_commits = false;
    if (c.bit == used_by::migrate) {
        app.add_flag(
            "--new-identity", new_identity,
            "this database is a copy of another cluster's: make it a cluster of its own (on the command line only)");
        app.add_flag(
            "--accept-lost-commits", accept_lost_commits,
            "this database lacks what workers committed, as it was restored: have them work on it all the same "
            "(on the command line only)");
    }
    if (c.bit == used_by::jobs)
        app.add_option("words", arguments, "nothing, or `replay ID` or `drop ID` of a dead letter")->type_name("");
    if (c.bit == used_by::status)
        app.add_flag_callback(
            "--json", [&arguments] { arguments = {"json"}; }, "one JSON object instead of tables");
    app.add_option("--config", config_file, "a file of options, one `name = value` a line")->type_name("FILE");
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        help = app.help();
    } catch (const CLI::ExtrasError&) {
        throw usage_error(
            fmt::format("unexpected argument{} (see confab {} --help)", flag_for_error(app.remaining()), c.name));
    } catch (const CLI::ParseError& cause) {
        throw usage_error(fmt::format("{} (see confab {} --help)", cause.what(), c.name));
    }
    if (new_identity) arguments.emplace_back(new_identity_argument);
    if (accept_lost_commits) arguments.emplace_back(accept_lost_commits_argument);
    std::erase_if(given, [&](const auto& entry) { return app.count("--" + std::string(entry.first)) == 0; });
    return given;
}

bool names_an_engine(const settings& s, const option& o) {
    return (o.name == "mysql" || o.name == "redis" || o.name == "elasticsearch") && !s.text(o.name).empty();
}

settings merge(const values& flags, const values& environment, const values& file) {
    settings all;
    bool is_cluster = false;
    for (const auto& o : table) {
        const bool has_another = is_cluster && !o.cluster_default.empty();
        effective e{std::string(has_another ? o.cluster_default : o.default_value), "default"};
        if (const auto at = file.find(o.name); at != file.end()) e = {at->second, "file"};
        if (const auto at = environment.find(o.name); at != environment.end()) e = {at->second, "environment"};
        if (const auto at = flags.find(o.name); at != flags.end()) e = {at->second, "flag"};
        require_valid(o, e);
        all.set(o.name, std::move(e));
        is_cluster = is_cluster || names_an_engine(all, o);
    }
    return all;
}

}  // namespace

std::span<const option> options() {
    return table;
}

parsed parse(int argc, const char* const* argv) {
    const std::string_view first = argc > 1 ? argv[1] : "--help";
    if (first == "--help" || first == "-h" || first == "help") return {{}, {}, overview(), {}};
    if (first == "--version") return {{}, {}, version_line() + "\n", {}};
    const auto* const found = std::ranges::find(commands, first, &command::name);
    if (found == std::end(commands))
        throw usage_error(fmt::format("unknown command{} (see confab --help)", name_for_error(first)));

    std::string named_by_flag, config_file, help;
    std::vector<std::string> arguments;
    const auto flags = read_flags(*found, argc - 1, argv + 1, named_by_flag, help, arguments);
    if (!help.empty()) return {{}, {}, help, {}};
    const auto environment = read_environment(config_file);
    if (!named_by_flag.empty()) config_file = named_by_flag;
    return {std::string(found->name), merge(flags, environment, read_file(config_file)), {}, std::move(arguments)};
}

}  // namespace confab::app
