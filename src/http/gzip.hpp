// gzip (RFC 1952) for long or streamed JSON without an entity tag. Entity tags are strong here, so a compressed body
// would need another tag than the same body uncompressed (RFC 9110, 8.8.3). Only responses with a single message have
// tags.
#pragma once

#include "http/message.hpp"

namespace confab::http {

// Whether the client accepts gzip, and does not prefer an uncompressed body (RFC 9110, 12.5.3).
bool accepts_gzip(const request& request);

// Whether the response is JSON without an entity tag, and streamed or at least 1 KiB long.
bool is_compressible(const response& r);

// Compresses the reply, also a streamed one, if it is compressible and the client accepts gzip. Adds Content-Encoding
// then, and Vary to every compressible reply (RFC 9110, 12.5.5). Throws std::runtime_error (zlib failed), bad_alloc.
void gzip_if_worthwhile(const request& request, response& reply);

}  // namespace confab::http
