// How far a chat has come: the pair of its counters, read in one statement. All messages up to the first and all
// changes up to the second are committed. Lists, the live feed and indexes go on from it.
#pragma once

#include <string>

#include "core/entities.hpp"

namespace confab::core {

// A chat's place in an event id, like 7:1042.3: chat 7 had 1042 messages and 3 changes.
std::string event_id_of(const chat& c);

}  // namespace confab::core
