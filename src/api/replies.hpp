// From results to responses: the one place where errors become statuses.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/routes.hpp"
#include "base/error.hpp"
#include "http/problem.hpp"

namespace confab::api {

http::response refuse(const call& c, const http::problem& p);
http::response refuse(const call& c, const boost::system::error_code& why);
// There is no app, chat or message of that name, or it cannot even be one.
http::response not_found(const call& c);

enum class novelty { created, replayed };
// `path` is where it is from now on.
http::response created(const call& c, std::string_view path, std::string body, novelty n);

}  // namespace confab::api
