// A value comes from the first of: flag, environment, file, default.
#include "app/options.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

#include "app/command_line.hpp"
#include "app/config_file.hpp"
#include "app/host_names.hpp"
#include "app/platform_variables.hpp"
#include "app/version.hpp"
#include "base/digits.hpp"
#include "core/delivery.hpp"

extern char** environ;

namespace confab::app {
namespace {

using type = option_type;

constexpr std::uint64_t gib = 1024ULL * 1024 * 1024;

constexpr option table[] = {
    {"listen", type::list, "localhost:3000", "ADDRESS:PORT", 0, 0,
     "addresses to listen on, separated by commas; repeatable. localhost is 127.0.0.1 and ::1. An IPv6 address is in "
     "brackets. Port 0 picks one free port for all",
     used_by::serve},
    {"base-path", type::text, "", "PATH", 0, 0,
     "path under which a proxy publishes the API, like /chat. Location and Link begin with it", used_by::serve},
    {"data", type::text, "./confab-data", "FOLDER", 0, 0, "data directory of a standalone server",
     used_by::serve | used_by::check | used_by::reindex},
    {"journal-gap", type::text, "refuse", "refuse|ignore", 0, 0,
     "action when the journal lacks writes that follow the database, or belongs to another ledger. 'refuse' stops the "
     "start. 'ignore' discards writes that cannot be replayed, and logs them",
     used_by::serve},
    {"mysql", type::secret, "", "URL", 0, 0, "URL of the cluster's ledger: mysql://user:password@host/database",
     used_by::cluster},
    {"mysql-password-file", type::password_file, "", "FILE", 0, 0,
     "file with the MySQL password, not percent-encoded, instead of a password in the URL", used_by::cluster},
    {"redis", type::secret, "", "URL", 0, 0, "URL of the cluster's queue: redis://user:password@host",
     used_by::redis_users},
    {"redis-password-file", type::password_file, "", "FILE", 0, 0,
     "file with the Redis password, not percent-encoded, instead of a password in the URL", used_by::redis_users},
    {"elasticsearch", type::secret, "", "URL", 0, 0,
     "URL of the cluster's search index: http://user:password@host. Without one, searches scan", used_by::index_users},
    {"elasticsearch-password-file", type::password_file, "", "FILE", 0, 0,
     "file with the Elasticsearch password, not percent-encoded, instead of a password in the URL",
     used_by::index_users},
    {"auth", type::text, "", "MODE", 0, 0,
     "authentication mode. 'open': every client has full access. Required unless all addresses are loopback",
     used_by::serve},
    {"allowed-hosts", type::host_names, "", "NAMES", 0, 0,
     "host names of this server, separated by commas, besides localhost and IP addresses. Requests for other hosts are "
     "refused with 421",
     used_by::serve},
    {"threads", type::number, "0", "threads", 0, 256, "event loop threads; 0: one per processor", used_by::serve},
    {"read-threads", type::number, "2", "threads", 1, 256, "threads for long reads: lists and searches",
     used_by::servers},
    {"connections-max", type::number, "10000", "connections", 1, 1'000'000,
     "maximum open client connections. Further ones are refused with 503", used_by::serve},
    {"header-bytes-max", type::number, "16384", "bytes", 1024, 1024 * 1024,
     "maximum bytes of a request header. Longer ones are refused with 431", used_by::serve},
    {"body-bytes-max", type::number, "524288", "bytes", 1024, gib,
     "maximum bytes of a request body. Longer ones are refused with 413", used_by::serve},
    {"json-depth-max", type::number, "32", "levels", 1, 1000,
     "maximum nesting depth of JSON. Deeper JSON is refused with 400", used_by::serve},
    {"request-timeout-s", type::number, "30", "seconds", 1, 3600,
     "maximum time to receive a request, from its first byte to its last", used_by::serve},
    {"idle-timeout-s", type::number, "75", "seconds", 1, 86400,
     "maximum idle time of a connection between two requests", used_by::serve},
    {"write-timeout-s", type::number, "30", "seconds", 1, 3600,
     "maximum time for a client to accept one piece of a response", used_by::serve},
    {"streams-max", type::number, "5000", "streams", 1, 1'000'000,
     "maximum open streams of events. Further ones are refused with 503", used_by::serve},
    {"streams-per-app-max", type::number, "5000", "streams", 1, 1'000'000,
     "maximum open streams of events of one app. Further ones are refused with 429", used_by::serve},
    {"stream-buffer-bytes-max", type::number, "262144", "bytes", 4096, gib,
     "maximum bytes of new events that wait for a slow client of a stream. Beyond it they are dropped, and read from "
     "the ledger when the client reads again",
     used_by::serve},
    {"stream-ping-s", type::number, "15", "seconds", 1, 3600,
     "time without events after which a stream sends a comment, so that proxies keep it open", used_by::serve},
    {"stream-lifetime-s", type::number, "0", "seconds", 0, 86400,
     "maximum duration of a stream. Then it ends, and its client comes back and continues; 0: not limited",
     used_by::serve},
    {"drain-timeout-s", type::number, "8", "seconds", 1, 3600,
     "maximum time to complete requests in flight after a stop signal", used_by::serve},
    {"queue-commands-max", type::number, "20000", "commands", 1, 10'000'000,
     "maximum queued writes, in a cluster per partition. Further writes are refused with 503", used_by::serve},
    {"queue-bytes-max", type::number, "268435456", "bytes", 1024 * 1024, 64 * gib,
     "maximum bytes of queued writes, in a cluster per partition. Further writes are refused with 503. Redis needs "
     "this much memory for each partition",
     used_by::serve, "16777216"},
    {"batch-commands-max", type::number, "1000", "commands", 1, 100'000, "maximum writes per commit", used_by::servers},
    {"batch-bytes-max", type::number, "16777216", "bytes", 1024, gib, "maximum bytes per commit", used_by::servers},
    {"search-time-max-ms", type::number, "10000", "milliseconds", 1, 3'600'000,
     "maximum duration of a search. A longer one is refused with 503", used_by::serve},
    {"index-after-messages", type::number, "2000", "messages", 1, 1'000'000,
     "number of unindexed messages at which a chat is indexed. Until then, searches scan them",
     used_by::servers | used_by::reindex},
    {"index-pause-ms", type::number, "100", "milliseconds", 1, 3'600'000,
     "pause between two indexing passes. Until then, searches scan new messages", used_by::servers},
    {"keep-keys-h", type::number, "24", "hours", 24, 24 * 365, "retention time of an Idempotency-Key",
     used_by::servers},
    {"partitions", type::number, "64", "partitions", 1, core::partitions_max,
     "partitions of the cluster's queue. The first `confab migrate` fixes their number", used_by::migrate},
    {"answer-timeout-ms", type::number, "10000", "milliseconds", 100, 600'000,
     "maximum time to wait for the result of a write in a cluster. Then the response is outcome_unknown (503). It "
     "should exceed a worker's lease plus its takeover",
     used_by::serve},
    {"lease-ms", type::number, "6000", "milliseconds", 1000, 600'000,
     "duration of a worker's lease. Another worker takes over the partitions if it is not renewed", used_by::worker},
    {"commit-timeout-ms", type::number, "5000", "milliseconds", 100, 600'000,
     "maximum duration of a worker's commit. A longer one counts as failed", used_by::worker},
    {"alive-file", type::text, "", "FILE", 0, 0,
     "file that a worker touches every second while it renews its lease, for health checks", used_by::worker},
    {"mysql-connections-max", type::number, "8", "connections", 1, 1000, "maximum MySQL connections per event loop",
     used_by::serve},
    {"mysql-timeout-ms", type::number, "5000", "milliseconds", 100, 600'000,
     "maximum time to wait for a response from MySQL", used_by::cluster},
    {"redis-timeout-ms", type::number, "5000", "milliseconds", 100, 600'000,
     "maximum time to wait for a response from Redis", used_by::redis_users},
    {"redis-policy-unchecked", type::flag, "false", "", 0, 0,
     "accept a Redis that does not show its maxmemory-policy. The policy must be noeviction",
     used_by::servers | used_by::migrate},
    {"elasticsearch-timeout-ms", type::number, "2000", "milliseconds", 100, 600'000,
     "maximum time to wait for a response from Elasticsearch", used_by::index_users},
    {"log-level", type::text, "info", "info|warning|error|off", 0, 0,
     "minimum severity of log lines, on standard error", used_by::everyone},
};

constexpr command commands[] = {
    {"serve", "run a standalone server, or an API node of a cluster", used_by::serve},
    {"worker", "run a worker of a cluster", used_by::worker},
    {"migrate", "create or upgrade the data structures in a cluster's engines", used_by::migrate},
    {"check", "verify the ledger and its search index; a server may be running", used_by::check},
    {"reindex", "rebuild the search index; stop a standalone server first, in a cluster all servers may be running",
     used_by::reindex},
    {"jobs", "show a cluster's queue and dead letters; `replay ID`, `drop ID`", used_by::jobs},
    {"status", "show a cluster's engines, workers, partitions and search index; `--json`", used_by::status},
    {"config", "print the value and source of every option", used_by::everyone},
};

const option* find_option(std::string_view name) {
    const auto at = std::ranges::find(table, name, &option::name);
    return at == std::end(table) ? nullptr : at;
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

// The options that the environment sets, and the config file it may name.
option_values read_environment(std::string& config_file) {
    option_values found;
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
option_values read_file(const std::string& path) {
    option_values found;
    if (path.empty()) return found;
    for (auto& [name, value, line] : read_config_file(path)) {
        const auto* const known = find_option(name);
        if (!known) throw wrong_line(path, line, "unknown option" + name_for_error(name));
        const bool is_first = found.emplace(known->name, std::move(value)).second;
        if (!is_first) throw wrong_line(path, line, fmt::format("{} is set by an earlier line", known->name));
    }
    return found;
}

// Whether this looks like an engine's URL, given to another option by mistake. Only a text may contain an '@' alone.
bool may_hold_password(const option& o, std::string_view value) {
    const auto at = value.find('@');
    if (o.type == type::secret || at == std::string_view::npos) return false;
    const bool is_text = o.type == type::text || o.type == type::password_file;
    return !is_text || value.substr(0, at).find("://") != std::string_view::npos;
}

void require_valid(const option& o, const effective& e) {
    if (may_hold_password(o, e.value))
        throw usage_error(
            fmt::format("--{} ({}) looks like the URL of an engine, so it is not shown here", o.name, e.source));
    if (o.type == type::host_names) parse_host_names(e.value);
    if (o.type == type::flag && e.value != "true" && e.value != "false")
        throw usage_error(fmt::format("--{} is '{}' ({}): it takes true or false", o.name, e.value, e.source));
    if (o.type != type::number) return;
    const auto fail = [&] {
        throw usage_error(fmt::format("--{} is '{}' ({}): it takes a number of {} from {} to {}", o.name, e.value,
                                      e.source, o.unit, o.least, o.most));
    };
    const bool digits = is_digits(e.value) && e.value.size() <= 18;
    if (!digits) fail();
    const auto value = std::stoull(e.value);
    if (value < o.least || value > o.most) fail();
}

std::string overview() {
    std::string text = "confab: a chat backend that other applications build on\n\n";
    for (const auto& c : commands) text += fmt::format("  confab {:<8} {}\n", c.name, c.summary);
    text += "\nconfab COMMAND --help lists the command's options; confab --version prints the version.\n";
    return text;
}

bool names_an_engine(const settings& s, const option& o) {
    return (o.name == "mysql" || o.name == "redis" || o.name == "elasticsearch") && !s.text(o.name).empty();
}

settings merge(const option_values& flags, const option_values& environment, const option_values& file) {
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

    auto line = read_command_line(*found, argc - 1, argv + 1);
    if (!line.help.empty()) return {{}, {}, line.help, {}};
    std::string config_file;
    const auto environment = read_environment(config_file);
    if (!line.config_file.empty()) config_file = line.config_file;
    return {std::string(found->name),
            merge(line.flags, environment, read_file(config_file)),
            {},
            std::move(line.arguments)};
}

}  // namespace confab::app
