// The route table: all paths and verbs of the API, with their handlers.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>

#include "api/services.hpp"
#include "http/message.hpp"

namespace confab::api {

// The values of the {…} of a path, in order.
using captures = std::array<std::string_view, 3>;

// One request, as its handler gets it.
struct call {
    const api::services& services;
    const http::request& request;
    captures captured;
    std::unique_ptr<std::string> decoded;  // owns the captures that had to be decoded

    std::string_view app() const { return captured[0]; }
    std::string_view chat() const { return captured[1]; }
    std::string_view message() const { return captured[2]; }
};

using route_handler = awaitable<http::response> (*)(call);

struct route {
    http::verb verb;
    std::string_view path;
    route_handler handler;
    std::string_view summary;
};

std::span<const route> routes();

// Finds the route and runs its handler. HEAD runs the handler of GET. OPTIONS is answered from the table. 404 and 405
// are answered here. REQUIRES: `r` lives until the response is complete.
awaitable<http::response> dispatch(const services& services, const http::request& r);

}  // namespace confab::api
