#include "api/lists.hpp"

namespace confab::api {

std::variant<selection, http::problem> select(const call& c, std::uint64_t count) {
    auto read = read_page(c);
    if (auto* wrong = std::get_if<http::problem>(&read)) return std::move(*wrong);
    const auto& asked = std::get<0>(read);
    if (!asked) return selection{{.last = count}, {}};
    const auto anchor = anchor_number(*asked);
    if (const auto* wrong = std::get_if<http::problem>(&anchor)) return *wrong;
    const auto window = window_of(*asked, std::get<0>(anchor), count);
    return selection{window, links(c, *asked, neighbours_of(window, count))};
}

}  // namespace confab::api
