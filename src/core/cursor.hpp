// The cursor of a chat: its two counters, read in one statement. All messages up to messages_count and all changes up
// to changes_count are committed. Lists, the live feed and indexes continue from it.
#pragma once

#include <string>

#include "core/entities.hpp"

namespace confab::core {

// The cursor as an event id, like 7:1042.3: chat 7 had 1042 messages and 3 changes.
std::string event_id_of(const chat& c);

}  // namespace confab::core
