#include "core/position.hpp"

#include <fmt/core.h>

namespace confab::core {

std::string event_id_of(const chat& c) {
    return fmt::format("{}:{}.{}", c.number.value(), c.messages_count, c.changes_count);
}

}  // namespace confab::core
