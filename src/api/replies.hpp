// Converts results to responses. Only this module maps errors to statuses.
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
// 404: no such app, chat or message, or a malformed token or number in the path.
http::response not_found(const call& c);

enum class creation_outcome { created, replayed };
// `path` is the path of the new object.
http::response created(const call& c, std::string_view path, std::string body, creation_outcome outcome);

}  // namespace confab::api
