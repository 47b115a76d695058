// Conditional requests (RFC 9110, 13).
//
// A message has an entity tag (its version) and a modification time (of that version). Other representations have
// neither. For them only `*` matches, and conditions on dates are ignored. HTTP dates have a resolution of one second,
// but a message may have several versions in a second. So the server sends no Last-Modified. It compares a client's
// date with the exact time: a change within that second counts as later.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/replies.hpp"
#include "base/clock.hpp"
#include "core/command.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"

namespace confab::api {

struct representation {
    std::string_view etag = {};  // with its quotes; empty: none
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
    // Whether the request has a header whose name begins with `If-`. read() may still ignore it.
    static bool are_in(const http::request& r);
    // Ignores conditions that the method or other conditions override, and invalid dates. Errors: malformed (a list of
    // tags).
    static http::expected<conditions> read(const http::request& r);

    // The first header whose condition is false, in the order of RFC 9110, 13.2.2. Nothing: all are true.
    std::optional<std::string_view> failed(const representation& now) const;

    // Whether conditions other than the versions in If-Match have to be evaluated.
    bool need_representation() const { return if_none_match_ || unmodified_since_; }
    // The versions of a message that If-Match names by strong tags. Nothing for `*` or without the header.
    core::version_condition versions() const;

private:
    std::optional<tag_list> if_match_;
    std::optional<tag_list> if_none_match_;
    std::optional<timestamp> unmodified_since_;
    std::optional<timestamp> modified_since_;
};

// Applies the conditions of a GET or HEAD to the response without conditions, `plain`. The result is 304 or 412 if a
// condition is false. A status other than 200 stays as it is. REQUIRES: `r` lives until the response is complete.
awaitable<http::response> answer_conditionally(const http::request& r, awaitable<http::response> plain);

// The problem with the conditions of a write whose target has neither tag nor date: malformed or version_mismatch.
// Nothing: there is none.
std::optional<http::problem> precondition_problem(const http::request& r);

// Answers with `p` if the target exists, otherwise with its error. Conditions do not count without a target (RFC 9110,
// 13.2.1).
template <class Found>
http::response refuse_if_found(const call& c, const result<Found>& target, const http::problem& p) {
    return target ? refuse(c, p) : refuse(c, target.error());
}

}  // namespace confab::api
