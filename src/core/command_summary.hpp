// What a command is about, for a log line or a table of what could not be carried out. Without its texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/command.hpp"

namespace confab::core {

struct command_summary {
    std::string_view kind;      // create_message, …; unreadable for bytes that are no command
    std::string app = {};       // its token; empty: unknown
    std::uint64_t chat = 0;     // 0: it is about no chat
    std::uint64_t message = 0;  // 0: it is about no message, or about a new one
};

command_summary summary_of(const command& c);

// Like: create_message, app bUvBCYb9YqLcTYmrwLTFuCSp, chat 3
std::string to_text(const command_summary& s);

}  // namespace confab::core
