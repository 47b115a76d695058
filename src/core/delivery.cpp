#include "core/delivery.hpp"

#include <string>

#include "base/digest.hpp"

namespace confab::core {
namespace {

partition_number partition_of(const digest& d, std::uint64_t count) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 8; ++i) bits = bits << 8 | std::to_integer<std::uint64_t>(d[i]);
    return static_cast<partition_number>(bits % count);
}

}  // namespace

partition_number partition_of(const app_token& app, std::uint64_t count) {
    return partition_of(digest_of({"app", app.text()}), count);
}

partition_number partition_of(const app_token& app, chat_number chat, std::uint64_t count) {
    return partition_of(digest_of({"chat", app.text(), std::to_string(chat.value())}), count);
}

}  // namespace confab::core
