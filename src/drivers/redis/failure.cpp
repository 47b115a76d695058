#include "drivers/redis/failure.hpp"

#include <algorithm>
#include <string_view>

namespace confab::redis {
namespace {

// The server is starting, is busy, or has too many clients.
constexpr std::string_view temporary[] = {"ERR max number of clients", "LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN"};

}  // namespace

// A server that answers says more than one that does not.
failure joined(failure one, const failure& other) {
    const auto refuses = [](const failure& f) { return f.type == failure::kind::refused; };
    if (!one.is_permanent() || refuses(other)) one.type = other.type;
    one.reason += "; " + other.reason;
    return one;
}

failure failure_of(std::string words) {
    const bool may_pass = std::ranges::any_of(temporary, [&](auto begin) { return words.starts_with(begin); });
    if (words.starts_with("READONLY")) return {failure::kind::no_primary, std::move(words)};
    return {may_pass ? failure::kind::unreachable : failure::kind::refused, std::move(words)};
}

}  // namespace confab::redis
