// CONFAB_ variables that container platforms set. They are recognized by the pattern of name and value, so that a
// misspelt variable is still refused.
//
// Kubernetes sets variables for each service of the namespace. For one named confab-redis it sets
// CONFAB_REDIS_SERVICE_HOST=10.0.0.1, CONFAB_REDIS_SERVICE_PORT[_NAME]=6379,
// CONFAB_REDIS_PORT[_6379_TCP]=tcp://10.0.0.1:6379 and CONFAB_REDIS_PORT_6379_TCP_{PROTO,PORT,ADDR}. A link of Docker
// sets the same except the SERVICE ones, also CONFAB_REDIS_NAME=/node/confab-redis, and CONFAB_REDIS_ENV_X for each
// variable X of the other container.
#pragma once

#include <string_view>

namespace confab::app {

bool is_set_by_platform(std::string_view name, std::string_view value);

}  // namespace confab::app
