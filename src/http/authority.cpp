#include "http/authority.hpp"

#include <boost/url/authority_view.hpp>
#include <charconv>
#include <string>

namespace confab::http {
namespace {

authority::kind kind_of(const boost::urls::authority_view& parsed) {
    if (parsed.encoded_host().empty()) return authority::kind::none;
    return parsed.host_type() == boost::urls::host_type::name ? authority::kind::name : authority::kind::ip_address;
}

constexpr std::size_t kept_bytes_max = 256;  // the longest DNS name and a port

std::optional<authority> parsed_by_boost(std::string_view text) {
    const auto parsed = boost::urls::parse_authority(text);
    if (!parsed || parsed->has_userinfo()) return std::nullopt;
    const std::string_view host = parsed->encoded_host(), port = parsed->port();
    authority found{kind_of(*parsed), host, std::nullopt};
    // Boost accepts a zone too. A zone has a meaning only on the client's machine (RFC 9844), and is not in RFC 3986.
    if (found.is == authority::kind::ip_address && host.find('%') != std::string_view::npos) return std::nullopt;
    if (port.empty()) return found;
    const auto* const end = port.data() + port.size();
    const auto [stopped_at, cause] = std::from_chars(port.data(), end, found.port.emplace());
    if (cause != std::errc() || stopped_at != end) return std::nullopt;
    return found;
}

// Caches the last result: clients use few names for a server, and Boost takes some hundred nanoseconds for each. The
// host begins the text.
struct last_parsed {
    std::string text;
    authority::kind is = authority::kind::none;
    std::size_t host_size = 0;
    std::optional<std::uint16_t> port;
};

}  // namespace

std::optional<authority> authority::parse(std::string_view text) {
    thread_local last_parsed last;  // the initial value is the result for an empty text: no host
    if (text == last.text) return authority{last.is, text.substr(0, last.host_size), last.port};
    const auto parsed = parsed_by_boost(text);
    if (parsed && text.size() <= kept_bytes_max)
        last = {std::string(text), parsed->is, parsed->host.size(), parsed->port};
    return parsed;
}

}  // namespace confab::http
