// The role of a server, as it reports it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "drivers/redis/failure.hpp"
#include "drivers/redis/protocol.hpp"

namespace confab::redis {

enum class role { primary, replica, sentinel, unknown };

// For people. Empty: unknown.
std::string_view name_of(role r);

struct role_report {
    role type = role::unknown;
    std::string primary = {};  // of a replica: host:port
};

// Either command asks for the role. A user may be allowed only one of them.
inline constexpr std::size_t role_commands_count = 2;
const arguments& role_command(std::size_t index);

// Parses the reply to either. Unknown: an error, or another reply.
role_report parse_role(const reply& answer);

// Nothing: a primary, or its role is unknown.
std::optional<failure> failure_of(const role_report& found);

// Whether INFO's text is that of a server in cluster mode.
bool is_in_cluster_mode(std::string_view info);

// The value of a field of INFO's text.
std::optional<std::string> info_field(std::string_view info, std::string_view name);

// The number that such a value begins with. 0: it begins with none.
std::uint64_t info_number(std::string_view value);

}  // namespace confab::redis
