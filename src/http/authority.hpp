// The authority of a request: `uri-host [ ":" port ]` (RFC 9110, 7.2; RFC 3986, 3.2.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace confab::http {

struct authority {
    enum class kind { none, name, ip_address };
    kind is;                            // none: the host is empty
    std::string_view host;              // as sent; an IPv6 address has its brackets
    std::optional<std::uint16_t> port;  // nothing: the scheme's default port

    // Nothing: malformed. The views refer to `text`.
    static std::optional<authority> parse(std::string_view text);
};

}  // namespace confab::http
