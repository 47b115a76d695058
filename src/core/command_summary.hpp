// A command without its texts, for log lines and for the list of jobs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/command.hpp"

namespace confab::core {

struct command_summary {
    std::string_view kind;      // create_message, …; unreadable: the bytes are not a command
    std::string app = {};       // its token; empty: unknown
    std::uint64_t chat = 0;     // 0: none
    std::uint64_t message = 0;  // 0: none, or a new one
};

command_summary summary_of(const command& c);

// A text like: create_message, app bUvBCYb9YqLcTYmrwLTFuCSp, chat 3
std::string to_text(const command_summary& s);

}  // namespace confab::core
