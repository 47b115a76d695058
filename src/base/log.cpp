#include "base/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <memory>
#include <string>

#include "base/clock.hpp"

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

// spdlog's own milliseconds are no number before 1970.
class rfc3339_flag final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& line, const std::tm&, spdlog::memory_buf_t& to) override {
        using namespace std::chrono;
        std::string text;
        append_rfc3339(text, {duration_cast<microseconds>(line.time.time_since_epoch()).count()});
        to.append(text.data(), text.data() + text.size());
    }
    std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<rfc3339_flag>(); }
};

}  // namespace

void start(level least) {
    auto logger = spdlog::stderr_logger_mt("confab");
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    formatter->add_flag<rfc3339_flag>('*').set_pattern("%* %l %v");
    logger->set_formatter(std::move(formatter));
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
