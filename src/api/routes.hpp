// The route table: every path and verb this API answers, with what answers it.
#pragma once

#include <array>
#include <span>
#include <string>

#include "api/services.hpp"
#include "http/message.hpp"

namespace confab::api {

// One request on its way through a handler.
struct call {
    const services& parts;
    const http::request& request;
    std::array<std::string, 3> captured;  // what stands in the place of each {…} of the path, in order

    const std::string& app() const { return captured[0]; }
    const std::string& chat() const { return captured[1]; }
    const std::string& message() const { return captured[2]; }
};

using route_handler = awaitable<http::response> (*)(call&);

struct route {
    http::verb verb;
    std::string_view path;
    route_handler handler;
    std::string_view summary;
};

std::span<const route> routes();

// Finds the route and runs it. HEAD is answered as GET, OPTIONS from the table; 404 and 405 are answered here.
awaitable<http::response> dispatch(const services& parts, const http::request& r);

}  // namespace confab::api
