#include "drivers/mysql/url.hpp"

#include <fmt/core.h>

#include <charconv>
#include <optional>

#include "base/error.hpp"

namespace confab::mysql {
namespace {

[[noreturn]] void refuse(std::string_view why) {
    throw startup_error(fmt::format("the MySQL URL {}: it looks like mysql://user:password@host:3306/database", why));
}

// Cuts off what comes before `separator`, and that with it. Nothing, and no cut: it is not there.
std::optional<std::string_view> take_until(std::string_view& rest, char separator) {
    const auto at = rest.find(separator);
    if (at == rest.npos) return std::nullopt;
    const auto taken = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    return taken;
}

template <class Number>
std::optional<Number> parse(std::string_view text, int base) {
    Number value{};
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string decoded(std::string_view text) {
    std::string out;
    for (; !text.empty(); text.remove_prefix(1)) {
        if (text[0] != '%') {
            out += text[0];
            continue;
        }
        const auto byte = text.size() < 3 ? std::nullopt : parse<std::uint8_t>(text.substr(1, 2), 16);
        if (!byte) refuse("has a % without two hexadecimal digits");
        out += static_cast<char>(*byte);
        text.remove_prefix(2);
    }
    return out;
}

tls parse_tls(std::string_view mode) {
    if (mode == "disable") return tls::disable;
    if (mode == "enable") return tls::enable;
    if (mode == "require") return tls::require;
    refuse("has an ssl that is none of disable, enable, require");
}

void parse_login(address& made, std::string_view login) {
    auto password = login;
    const auto user = take_until(password, ':');
    made.user = decoded(user ? *user : login);
    if (user) made.password = decoded(password);
    if (made.user.empty()) refuse("names no user");
}

void parse_host(address& made, std::string_view where) {
    std::optional<std::string_view> host;
    if (where.starts_with('[')) {
        where.remove_prefix(1);
        host = take_until(where, ']');
        if (!host || (!where.empty() && where[0] != ':')) refuse("has an address in [ ] that does not end");
        if (!where.empty()) where.remove_prefix(1);
    } else {
        host = take_until(where, ':');
        if (!host) host = std::exchange(where, {});
    }
    made.host = decoded(*host);
    if (made.host.empty()) refuse("names no host");
    if (where.empty()) return;
    const auto port = parse<std::uint16_t>(where, 10);
    if (!port || *port == 0) refuse("has a port that is none");
    made.port = *port;
}

}  // namespace

address address::parse(std::string_view url) {
    constexpr std::string_view scheme = "mysql://";
    if (!url.starts_with(scheme)) refuse("does not begin with mysql://");
    url.remove_prefix(scheme.size());
    address made;
    auto rest = url;
    const auto authority = take_until(rest, '/');
    if (!authority) refuse("names no database");
    auto where = *authority;
    const auto login = take_until(where, '@');
    if (!login) refuse("names no user");
    parse_login(made, *login);
    parse_host(made, where);
    auto options = rest;
    const auto database = take_until(options, '?');
    made.database = decoded(database ? *database : rest);
    if (made.database.empty() || made.database.find('/') != std::string::npos) refuse("names no database");
    if (!database) return made;
    constexpr std::string_view ssl = "ssl=";
    if (!options.starts_with(ssl)) refuse("has an option other than ssl");
    made.tls = parse_tls(options.substr(ssl.size()));
    return made;
}

std::string address::name() const {
    return fmt::format("{}:{}/{}", host, port, database);
}

}  // namespace confab::mysql
