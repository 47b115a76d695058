// Protects a server without authentication against web pages. A browser in its network opens them for anyone, and lets
// them ask any server by its address, so being reachable from this machine alone does not keep them out.
//
// DNS rebinding: the name of the page's own server comes to mean this one, so that the page may read the answers. The
// browser goes on to send that name as Host. So a name has to be one that nobody else can give to this server:
// localhost, or a name its operator allows. An IP address cannot be rebound.
//
// Cross-site requests: a form or a script sends a request whose answer the page cannot read, but which is carried out.
// Browsers say where a request that may change something comes from in Origin (RFC 6454, 7) and Sec-Fetch-Site. Other
// programs send neither.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "http/message.hpp"
#include "http/problem.hpp"

namespace confab::http {

// Why the request is refused: misdirected or cross_origin; nothing lets it pass. `allowed_hosts`: names beside
// localhost, in lower case. REQUIRES: Host and target are well-formed.
std::optional<problem> cross_origin_problem(const request& r, std::span<const std::string> allowed_hosts);

}  // namespace confab::http
