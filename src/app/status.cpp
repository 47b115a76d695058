#include "app/status.hpp"

#include <fmt/core.h>

#include "app/engines.hpp"
#include "app/status_engines.hpp"

namespace confab::app {

int status(const settings& s, const std::vector<std::string>& arguments) {
    for (const auto* name : {"mysql", "redis"})
        if (s.text(name).empty())
            throw usage_error(fmt::format(
                "confab status shows a cluster: --{} is missing (for a server alone there is `confab check`)", name));
    const auto named = engines_of(s);
    cluster_report r;
    ask_mysql(named.mysql, r);
    ask_redis(named.redis, r);
    if (named.index) ask_for_index(named, r);
    const bool is_json = !arguments.empty();
    fmt::print("{}", is_json ? to_json(r) : to_tables(r));
    return problems_of(r).empty() ? 0 : 1;
}

}  // namespace confab::app
