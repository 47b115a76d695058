// The only file of src/ that includes CLI11, which takes seconds to compile.
#include "app/command_line.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>

namespace confab::app {
namespace {

// The name of the first unexpected argument if it is a flag.
std::string flag_for_error(const std::vector<std::string>& unexpected) {
    if (unexpected.empty() || !unexpected.front().starts_with("--")) return "";
    return name_for_error(std::string_view(unexpected.front()).substr(0, unexpected.front().find('=')));
}

std::string help_of(const option& o) {
    auto default_value = o.default_value.empty() ? "none" : std::string(o.default_value);
    if (!o.cluster_default.empty()) default_value += fmt::format(", in a cluster {}", o.cluster_default);
    const auto range = o.type == option_type::number ? fmt::format(", {} to {}", o.least, o.most) : "";
    return fmt::format("{} (default {}{})", o.help, default_value, range);
}

// CLI11's own join of a list drops empty values.
void add_flag(CLI::App& app, const option& o, std::string& value) {
    const auto name = "--" + std::string(o.name);
    if (o.type == option_type::flag) {
        app.add_flag_callback(name, [&value] { value = "true"; }, help_of(o));
        return;
    }
    const auto join = [&value](const CLI::results_t& given) {
        value = CLI::detail::join(given, ",");
        return true;
    };
    const bool is_list = o.type == option_type::list || o.type == option_type::host_names;
    auto* const added =
        is_list ? app.add_option(name, join, help_of(o))->take_all() : app.add_option(name, value, help_of(o));
    added->type_name(std::string(o.unit));
}

}  // namespace

command_line read_command_line(const command& c, int argc, const char* const* argv) {
    command_line line;
    auto& arguments = line.arguments;
    CLI::App app(std::string(c.summary), "confab " + std::string(c.name));
    app.get_formatter()->column_width(44);
    app.footer(
        "Every option can be an environment variable (CONFAB_LISTEN, ...) or a line of the file (listen = ...).\n"
        "Precedence: flag, environment, file, default. CONFAB_CONFIG names the file, like --config.");
    for (const auto& o : options())
        if (o.subcommands & c.bit) add_flag(app, o, line.flags[o.name]);
    // Not in the table: an environment variable or the file would repeat them with each migrate.
    bool new_identity = false, accept_lost_commits = false;
    if (c.bit == used_by::migrate) {
        app.add_flag("--new-identity", new_identity,
                     "give this copy of another cluster's database an identity of its own (only on the command line)");
        app.add_flag(
            "--accept-lost-commits", accept_lost_commits,
            "accept that this database was restored and lacks commits: workers continue on it (only on the command "
            "line)");
    }
    if (c.bit == used_by::jobs)
        app.add_option("words", arguments, "`replay ID` or `drop ID` of a dead letter; without them, show all")
            ->type_name("");
    if (c.bit == used_by::status)
        app.add_flag_callback(
            "--json", [&arguments] { arguments = {"json"}; }, "print one JSON object instead of tables");
    app.add_option("--config", line.config_file, "file of options, one `name = value` per line")->type_name("FILE");
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        line.help = app.help();
    } catch (const CLI::ExtrasError&) {
        throw usage_error(
            fmt::format("unexpected argument{} (see confab {} --help)", flag_for_error(app.remaining()), c.name));
    } catch (const CLI::ParseError& cause) {
        throw usage_error(fmt::format("{} (see confab {} --help)", cause.what(), c.name));
    }
    if (new_identity) arguments.emplace_back(new_identity_argument);
    if (accept_lost_commits) arguments.emplace_back(accept_lost_commits_argument);
    std::erase_if(line.flags, [&](const auto& entry) { return app.count("--" + std::string(entry.first)) == 0; });
    return line;
}

std::string name_for_error(std::string_view word) {
    const bool is_name = std::ranges::all_of(
        word, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
    return is_name && !word.empty() ? fmt::format(" {}", word) : "";
}

}  // namespace confab::app
