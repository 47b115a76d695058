// The memory settings of a server, as INFO or CONFIG GET shows them. A user may be allowed only one of the two.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "drivers/redis/client.hpp"

namespace confab::redis {

struct memory_settings {
    std::optional<std::string> policy;  // maxmemory-policy; nothing: not shown
    std::optional<std::uint64_t> max;   // maxmemory, in bytes; 0: no limit; nothing: not shown
};

// `info`: the text of INFO; empty if the server refuses it. CONFIG GET is asked only for what is not in it. REQUIRES:
// the characters of `info` live until this has returned.
awaitable<memory_settings> memory_settings_of(client& on, std::string_view info);

}  // namespace confab::redis
