#include "api/lists.hpp"

namespace confab::api {

http::expected<selection> select(const call& c, std::uint64_t count) {
    auto read = read_page(c);
    if (!read) return read.error();
    const auto& asked = *read;
    if (!asked) return selection{{.last = count}, {}};
    const auto anchor = anchor_number(*asked);
    if (!anchor) return anchor.error();
    const auto window = window_of(*asked, *anchor, count);
    return selection{window, links(c, *asked, neighbours_of(window, count))};
}

}  // namespace confab::api
