#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <new>
#include <system_error>

#include "app/check.hpp"
#include "app/exit_codes.hpp"
#include "app/jobs.hpp"
#include "app/migrate.hpp"
#include "app/options.hpp"
#include "app/password_file.hpp"
#include "app/reindex.hpp"
#include "app/serve.hpp"
#include "app/server_setup.hpp"
#include "app/status.hpp"
#include "app/worker.hpp"
#include "base/engine_url.hpp"
#include "base/log.hpp"

namespace confab::app {
namespace {

log::level level_of(const settings& s) {
    const auto& name = s.text("log-level");
    if (name == "info") return log::level::info;
    if (name == "warning") return log::level::warning;
    if (name == "error") return log::level::error;
    if (name == "off") return log::level::off;
    throw usage_error(fmt::format("--log-level is '{}': it takes info, warning, error or off", name));
}

// Every option of type secret is the URL of an engine.
std::string redacted_value(const option& o, const std::string& value) {
    switch (o.type) {
        case option_type::secret:
            return redacted_url(value);
        case option_type::password_file:
            return shown_password_file(value);
        default:
            return value;
    }
}

int print_config(const settings& s) {
    for (const auto& o : options())
        fmt::print("{} = {}  ({})\n", o.name, redacted_value(o, s[o.name].value), s[o.name].source);
    return 0;
}

// If one of them is closed at the start, a file or socket opened later would get its number, and our output.
void ensure_standard_streams() {
    int opened = 0;
    while (opened >= 0 && opened <= STDERR_FILENO) opened = open("/dev/null", O_RDWR);
    if (opened > STDERR_FILENO) close(opened);
}

int run(int argc, char** argv) {
    ensure_standard_streams();
    // Exceeding a file size limit is an error, and must not kill the process.
    static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));
    const auto asked = parse(argc, argv);
    if (asked.command.empty()) {
        fmt::print("{}", asked.text);
        return 0;
    }
    log::start(level_of(asked.values));
    if (asked.command == "serve") return serve(asked.values);
    if (asked.command == "worker") return run_worker(asked.values);
    if (asked.command == "migrate") return migrate(asked.values, asked.arguments);
    if (asked.command == "jobs") return jobs(asked.values, asked.arguments);
    if (asked.command == "status") return status(asked.values, asked.arguments);
    if (asked.command == "check") return check(asked.values);
    if (asked.command == "reindex") return reindex(asked.values);
    return print_config(asked.values);
}

}  // namespace
}  // namespace confab::app

int main(int argc, char** argv) {
    try {
        const int status = confab::app::run(argc, argv);
        confab::app::flush_output();
        return status;
    } catch (const confab::app::usage_error& cause) {
        fmt::print(stderr, "confab: {}\n", cause.what());
        return confab::app::exit_usage;
    } catch (const std::bad_alloc&) {
        static_cast<void>(std::fputs("confab: out of memory\n", stderr));
        return confab::app::exit_failure;
    } catch (const std::system_error& cause) {
        fmt::print(stderr, "confab: system error: {}\n", cause.what());
        return confab::app::exit_failure;
    } catch (const std::exception& cause) {
        fmt::print(stderr, "confab: {}\n", cause.what());
        return confab::app::exit_failure;
    }
}
