#include "http/authority.hpp"

#include <boost/url/authority_view.hpp>
#include <charconv>

namespace confab::http {
namespace {

authority::kind kind_of(const boost::urls::authority_view& parsed) {
    if (parsed.encoded_host().empty()) return authority::kind::none;
    return parsed.host_type() == boost::urls::host_type::name ? authority::kind::name : authority::kind::ip_address;
}

}  // namespace

std::optional<authority> authority::parse(std::string_view text) {
    const auto parsed = boost::urls::parse_authority(text);
    if (!parsed || parsed->has_userinfo()) return std::nullopt;
    const std::string_view host = parsed->encoded_host(), port = parsed->port();
    authority found{kind_of(*parsed), host, std::nullopt};
    // Boost takes a zone too, which is for the machine that sent it alone (RFC 9844) and not in RFC 3986.
    if (found.is == kind::ip_address && host.find('%') != std::string_view::npos) return std::nullopt;
    if (port.empty()) return found;
    const auto* const end = port.data() + port.size();
    const auto [stopped_at, cause] = std::from_chars(port.data(), end, found.port.emplace());
    if (cause != std::errc() || stopped_at != end) return std::nullopt;
    return found;
}

}  // namespace confab::http
