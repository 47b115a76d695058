#include "app/platform_variables.hpp"

#include <boost/asio/ip/address.hpp>
#include <string>

#include "base/digits.hpp"

namespace confab::app {
namespace {

constexpr auto npos = std::string_view::npos;

bool is_address(std::string_view text) {
    boost::system::error_code cause;
    boost::asio::ip::make_address(std::string(text), cause);
    return !cause;
}

bool is_protocol(std::string_view text) {
    return text == "tcp" || text == "udp" || text == "sctp";
}

// Like tcp://10.0.0.1:3000.
bool is_endpoint(std::string_view text) {
    const auto separator = text.find("://"), colon = text.rfind(':');
    return separator != npos && colon > separator && is_protocol(text.substr(0, separator)) &&
           is_digits(text.substr(colon + 1));
}

// Like /other-container/alias.
bool is_link(std::string_view text) {
    return text.starts_with('/') && text.find('/', 1) != npos;
}

bool is_anything(std::string_view) {
    return true;
}

// The suffix of a name. '#' matches a number, '@' a protocol, '*' any non-empty text.
struct variable_family {
    std::string_view ending;
    bool (*is_value)(std::string_view);
};

constexpr variable_family families[] = {
    {"_SERVICE_HOST", is_address},
    {"_SERVICE_PORT", is_digits},
    {"_SERVICE_PORT_*", is_digits},
    {"_PORT", is_endpoint},
    {"_PORT_#_@", is_endpoint},
    {"_PORT_#_@_PROTO", is_protocol},
    {"_PORT_#_@_PORT", is_digits},
    {"_PORT_#_@_ADDR", is_address},
    {"_NAME", is_link},
    {"_ENV_*", is_anything},
    {"_PORT_#_@_START", is_endpoint},
    {"_PORT_#_@_END", is_endpoint},
    {"_PORT_#_@_PORT_START", is_digits},
    {"_PORT_#_@_PORT_END", is_digits},
};

// The length of the beginning of `name` that the placeholder matches; 0: no match.
std::size_t length_of(char placeholder, std::string_view name) {
    if (placeholder == '*') return name.size();
    if (placeholder == '#') return std::min(name.find_first_not_of("0123456789"), name.size());
    for (const std::string_view protocol : {"TCP", "UDP", "SCTP"})
        if (name.starts_with(protocol)) return protocol.size();
    return 0;
}

bool matches(std::string_view name, std::string_view ending) {
    for (; !ending.empty(); ending.remove_prefix(1)) {
        const bool is_placeholder = ending.front() == '#' || ending.front() == '@' || ending.front() == '*';
        const auto length =
            is_placeholder ? length_of(ending.front(), name) : std::size_t{name.starts_with(ending.front())};
        if (length == 0) return false;
        name.remove_prefix(length);
    }
    return name.empty();
}

}  // namespace

bool is_set_by_platform(std::string_view name, std::string_view value) {
    // The name of a service or link may contain underscores, too.
    for (auto at = name.find('_'); at != npos; at = name.find('_', at + 1))
        for (const auto& s : families)
            if (matches(name.substr(at), s.ending) && s.is_value(value)) return true;
    return false;
}

}  // namespace confab::app
