// Conditional requests (RFC 9110, 13): what a request demands of the representation it meets.
//
// A message has a tag, its version, and the time of that version; everything else has neither, so that only `*` names
// it, and conditions on dates are ignored. Dates have whole seconds, and a message may have several versions in one. So
// none is sent as Last-Modified, and one that a client sends is compared with the exact time: what was changed within
// that second counts as changed later.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/replies.hpp"
#include "base/clock.hpp"
#include "core/command.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"

namespace confab::api {

struct representation {
    std::string_view etag = {};  // with its quotes; empty: it has none
    std::optional<timestamp> modified_at = {};
};

struct entity_tag {
    bool is_weak;
    std::string opaque;  // without its quotes
};

// The value of If-Match or If-None-Match: `*`, or a list that may be empty.
struct tag_list {
    bool any = false;
    std::vector<entity_tag> tags;
};

class conditions {
public:
    // Whether the request has any, or one of these names that will be ignored.
    static bool are_in(const http::request& r);
    // Drops what its method or its other conditions void, and dates that are none. Errors: malformed (a list of tags).
    static std::variant<conditions, http::problem> read(const http::request& r);

    // The header that does not hold, in the order of RFC 9110, 13.2.2; nothing: all hold.
    std::optional<std::string_view> failed(const representation& now) const;

    // Whether the versions that If-Match names are not all there is to it.
    bool need_representation() const { return if_none_match_ || unmodified_since_; }
    // The versions of a message that If-Match names by strong tags; nothing for `*` or without the header.
    core::version_condition versions() const;

private:
    std::optional<tag_list> if_match_;
    std::optional<tag_list> if_none_match_;
    std::optional<timestamp> unmodified_since_;
    std::optional<timestamp> modified_since_;
};

// The answer to a GET or HEAD whose answer without conditions is `plain`: 304 or 412 when one does not hold. An answer
// other than 200 stays as it is. REQUIRES: `r` lives until the answer is complete.
awaitable<http::response> answer_conditionally(const http::request& r, awaitable<http::response> plain);

// What is wrong with the conditions of a write to what is there but has neither tag nor date. Errors: malformed,
// version_mismatch.
std::optional<http::problem> precondition_problem(const http::request& r);

// The same, unless there is no such thing: without it no condition counts (RFC 9110, 13.2.1).
template <class Found>
http::response refuse_if_found(const call& c, const result<Found>& target, const http::problem& p) {
    return target ? refuse(c, p) : refuse(c, target.error());
}

}  // namespace confab::api
