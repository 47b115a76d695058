#include "drivers/mysql/url.hpp"

#include <fmt/core.h>

#include "base/engine_url.hpp"
#include "base/error.hpp"

namespace confab::mysql {
namespace {

[[noreturn]] void refuse(std::string_view why) {
    throw startup_error(fmt::format("the MySQL URL {}: expected mysql://user:password@host:3306/database", why));
}

tls parse_tls(std::string_view mode) {
    if (mode == "disable") return tls::disable;
    if (mode == "enable") return tls::enable;
    if (mode == "require") return tls::require;
    refuse("has an ssl other than disable, enable or require");
}

}  // namespace

address address::parse(std::string_view url) {
    const auto where = engine_url::parse(url, "mysql", 3306);
    if (where.user.empty()) refuse("has no user");
    if (where.path.empty() || where.path.find('/') != std::string::npos) refuse("has no database");
    address made{where.host, where.port, where.user, where.password, where.path};
    for (const auto& [name, value] : where.parameters) {
        if (name != "ssl") refuse("has an option other than ssl");
        made.tls = parse_tls(value);
    }
    return made;
}

std::string address::name() const {
    return fmt::format("{}/{}", host_and_port(host, port), database);
}

}  // namespace confab::mysql
