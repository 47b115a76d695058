#include "drivers/mysql/url.hpp"

#include <fmt/core.h>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/error.hpp"

namespace confab::mysql {
namespace {

[[noreturn]] void refuse(std::string_view why) {
    throw startup_error(fmt::format("the MySQL URL {}: it looks like mysql://user:password@host:3306/database", why));
}

tls parse_tls(std::string_view mode) {
    if (mode == "disable") return tls::disable;
    if (mode == "enable") return tls::enable;
    if (mode == "require") return tls::require;
    refuse("has an ssl that is none of disable, enable, require");
}

}  // namespace

address address::parse(std::string_view url) {
    const auto parsed = boost::urls::parse_uri(url);
    if (!parsed) refuse("cannot be read");
    const auto& u = *parsed;
    if (u.scheme() != "mysql") refuse("does not begin with mysql://");
    if (u.has_fragment()) refuse("has a part after #");
    address made;
    made.host = u.host_address();
    made.user = u.user();
    made.password = u.password();
    if (made.host.empty() || made.user.empty()) refuse("names no host or no user");
    if (u.has_port()) {
        made.port = u.port_number();
        if (made.port == 0) refuse("has a port that is none");
    }
    const auto segments = u.segments();
    if (segments.size() != 1 || (*segments.begin()).empty()) refuse("names no database");
    made.database = *segments.begin();
    for (const auto& parameter : u.params()) {
        if (parameter.key != "ssl") refuse("has an option other than ssl");
        made.tls = parse_tls(parameter.value);
    }
    return made;
}

std::string address::name() const {
    return fmt::format("{}:{}/{}", host, port, database);
}

}  // namespace confab::mysql
