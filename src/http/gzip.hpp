// gzip (RFC 1952) for what is worth it: JSON of some length that has no entity tag. A tag is strong here, and would
// have to differ from the one of the same bytes uncompressed (RFC 9110, 8.8.3); what has one is a single message.
#pragma once

#include "http/message.hpp"

namespace confab::http {

// Whether the client takes gzip, and prefers it to no coding at all (RFC 9110, 12.5.3).
bool accepts_gzip(const request& request);

// Whether it would pay, so that the answer depends on what the client accepts.
bool is_compressible(const response& r);

// Compresses the reply, also one that goes on, if it pays and the client wants it.
void gzip_if_worthwhile(const request& request, response& reply);

}  // namespace confab::http
