#include "core/position.hpp"

#include <fmt/compile.h>

namespace confab::core {

std::string event_id_of(const chat& c) {
    return fmt::format(FMT_COMPILE("{}:{}.{}"), c.number.value(), c.messages_count, c.changes_count);
}

}  // namespace confab::core
