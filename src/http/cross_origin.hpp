// Protects a server without authentication against web pages. A browser lets any page send requests to any server that
// the browser's machine can reach. So listening on loopback alone does not keep pages out.
//
// DNS rebinding: the page's own host name starts to resolve to this server, so the page may read the responses. The
// browser still sends that name as Host. So Host must be a name that nobody else can assign to this server: localhost,
// or a name that the operator allows. An IP address cannot be rebound.
//
// Cross-site requests: a form or a script sends a request. The page cannot read the response, but the request would be
// carried out. For requests that may change something, browsers send the page's origin in Origin (RFC 6454, 7) and
// Sec-Fetch-Site. Other programs send neither.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "http/message.hpp"
#include "http/problem.hpp"

namespace confab::http {

// Why the request is refused; nothing: it is accepted.
// - misdirected: its host is a name that is neither localhost nor in `allowed_hosts` (in lower case).
// - cross_origin: its method is not GET, HEAD or OPTIONS, and Origin has another host or port, or Sec-Fetch-Site is
//   cross-site.
// The host and port are those of an absolute target, otherwise those of Host. REQUIRES: both are well-formed.
std::optional<problem> cross_origin_problem(const request& r, std::span<const std::string> allowed_hosts);

}  // namespace confab::http
