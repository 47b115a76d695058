#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace confab::log {
namespace {

spdlog::level::level_enum to_spdlog(level l) {
    switch (l) {
        case level::info:
            return spdlog::level::info;
        case level::warning:
            return spdlog::level::warn;
        case level::error:
            return spdlog::level::err;
        case level::off:
            return spdlog::level::off;
    }
    return spdlog::level::info;
}

}  // namespace

void start(level least) {
    auto logger = spdlog::stderr_logger_mt("confab");
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    logger->set_level(to_spdlog(least));
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
}

void info(std::string_view line) {
    spdlog::info("{}", line);
}
void warning(std::string_view line) {
    spdlog::warn("{}", line);
}
void error(std::string_view line) {
    spdlog::error("{}", line);
}

}  // namespace confab::log
