#include "drivers/redis/memory_settings.hpp"

#include "drivers/redis/role.hpp"

namespace confab::redis {
namespace {

awaitable<std::optional<std::string>> setting_of(client& on, std::string_view info, std::string_view in_info,
                                                 std::string_view in_config) {
    auto value = info_field(info, in_info);
    if (value) co_return value;
    const arguments ask{"CONFIG", "GET", in_config};
    const auto answer = co_await on.execute(ask);
    co_return answer && answer->is_array_of(2) ? std::optional(answer->items[1].text) : std::nullopt;
}

}  // namespace

awaitable<memory_settings> memory_settings_of(client& on, std::string_view info) {
    auto policy = co_await setting_of(on, info, "maxmemory_policy", "maxmemory-policy");
    const auto max = co_await setting_of(on, info, "maxmemory", "maxmemory");
    co_return memory_settings{std::move(policy), max ? std::optional(info_number(*max)) : std::nullopt};
}

}  // namespace confab::redis
