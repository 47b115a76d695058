// Error responses: application/problem+json (RFC 9457) with an additional, stable `code`.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace confab::http {

enum class problem_kind {
    malformed = 1,
    cross_origin,
    not_found,
    method_not_allowed,
    request_timeout,
    deleted,
    other_generation,
    version_mismatch,
    too_large,
    unsupported_media_type,
    misdirected,
    invalid_parameters,
    key_reused,
    numbers_used_up,
    header_too_large,
    too_many_streams_of_app,
    internal,
    overloaded,
    too_many_connections,
    too_many_streams,
    unavailable,
    too_slow,
    outcome_unknown,
    writes_closed,
    shutting_down,
    rejected,
};
inline constexpr int problem_count = static_cast<int>(problem_kind::rejected);

// A parameter that is refused, and why. Codes: required, blank, too_long, wrong_type, invalid.
struct field_problem {
    std::string field;
    std::string_view code;
    std::string detail;
};

struct problem {
    problem_kind kind;
    std::string detail;
    std::vector<field_problem> fields = {};
};

// A value, or the problem with which the request is refused. REQUIRES for `*` and `->`: there is a value.
template <class T>
using expected = boost::system::result<T, problem>;

// Adds Retry-After if a later retry can help.
response to_response(const problem& p, std::string_view request_id);

}  // namespace confab::http
