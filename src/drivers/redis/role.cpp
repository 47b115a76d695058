#include "drivers/redis/role.hpp"

#include <fmt/core.h>

#include <charconv>

namespace confab::redis {
namespace {

role role_named(std::string_view name) {
    if (name == "master") return role::primary;
    if (name == "slave") return role::replica;
    if (name == "sentinel") return role::sentinel;
    return role::unknown;
}

// [name, host, port, ...]
role_report from_role(const reply& answer) {
    role_report found{role_named(answer.items[0].text)};
    if (found.type == role::replica && answer.items.size() >= 3)
        found.primary = fmt::format("{}:{}", answer.items[1].text, answer.items[2].integer);
    return found;
}

// A Sentinel's INFO has a mode, and no role.
role_report from_info(std::string_view info) {
    role_report found{role_named(info_field(info, "role").value_or(""))};
    if (info_field(info, "redis_mode") == "sentinel") found.type = role::sentinel;
    if (found.type == role::replica)
        found.primary = fmt::format("{}:{}", info_field(info, "master_host").value_or("?"),
                                    info_field(info, "master_port").value_or("?"));
    return found;
}

}  // namespace

std::string_view name_of(role r) {
    switch (r) {
        case role::primary:
            return "primary";
        case role::replica:
            return "replica";
        case role::sentinel:
            return "sentinel";
        case role::unknown:
            break;
    }
    return {};
}

const arguments& role_command(std::size_t index) {
    static const std::array<arguments, role_commands_count> commands = {arguments{"ROLE"},
                                                                        arguments{"INFO", "replication"}};
    return commands.at(index);
}

role_report parse_role(const reply& answer) {
    if (answer.type == reply::kind::array && !answer.items.empty()) return from_role(answer);
    if (answer.type == reply::kind::text) return from_info(answer.text);
    return {};
}

std::optional<failure> failure_of(const role_report& found) {
    if (found.type == role::replica)
        return failure{failure::kind::no_primary,
                       fmt::format("it is a replica of {} and accepts no writes: use the primary", found.primary)};
    if (found.type == role::sentinel)
        return failure{failure::kind::no_primary,
                       "it is a Sentinel, which keeps no data: use the primary that it monitors"};
    return std::nullopt;
}

bool is_in_cluster_mode(std::string_view info) {
    return info_field(info, "cluster_enabled") == "1" || info_field(info, "redis_mode") == "cluster";
}

std::optional<std::string> info_field(std::string_view info, std::string_view name) {
    for (std::size_t at = 0; at < info.size();) {
        const auto end = std::min(info.find("\r\n", at), info.size());
        const auto line = info.substr(at, end - at);
        if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':')
            return std::string(line.substr(name.size() + 1));
        at = end + 2;
    }
    return std::nullopt;
}

std::uint64_t info_number(std::string_view value) {
    std::uint64_t number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    return number;
}

}  // namespace confab::redis
