#include "app/admin_timeouts.hpp"

#include <algorithm>
#include <chrono>

namespace confab::app {
namespace {

constexpr std::chrono::seconds admin_command_timeout{30};

}  // namespace

search::elastic_index_options admin_index_options_of(const settings& s, const std::string& cluster) {
    auto o = index_options_of(s, cluster);
    o.engine.connect_timeout = std::max<std::chrono::milliseconds>(o.engine.connect_timeout, admin_command_timeout);
    o.engine.response_timeout = std::max<std::chrono::milliseconds>(o.engine.response_timeout, admin_command_timeout);
    o.store_timeout = std::max<std::chrono::milliseconds>(o.store_timeout, 2 * admin_command_timeout);
    return o;
}

ledger::mysql::mysql_options with_long_timeouts(ledger::mysql::mysql_options o) {
    o.query_timeout = std::max<std::chrono::milliseconds>(o.query_timeout, admin_command_timeout);
    return o;
}

}  // namespace confab::app
