#include "drivers/redis/failure.hpp"

#include <algorithm>
#include <string_view>

namespace confab::redis {
namespace {

// The server is starting, is busy, or has too many clients.
constexpr std::string_view temporary[] = {"ERR max number of clients", "LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN"};

}  // namespace

// The primary may be the server that does not answer. So the failure is temporary if one of them is, unless a server
// refuses the login.
failure joined(failure one, const failure& other) {
    const auto is_any = [&](failure::kind k) { return one.type == k || other.type == k; };
    one.type = is_any(failure::kind::refused)       ? failure::kind::refused
               : is_any(failure::kind::unreachable) ? failure::kind::unreachable
                                                    : failure::kind::no_primary;
    one.reason += "; " + other.reason;
    return one;
}

failure failure_of(std::string words) {
    const bool may_pass = std::ranges::any_of(temporary, [&](auto begin) { return words.starts_with(begin); });
    if (words.starts_with("READONLY")) return {failure::kind::no_primary, std::move(words)};
    return {may_pass ? failure::kind::unreachable : failure::kind::refused, std::move(words)};
}

}  // namespace confab::redis
