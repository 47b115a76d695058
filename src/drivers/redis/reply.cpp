#include "drivers/redis/reply.hpp"

#include <hiredis/hiredis.h>

namespace confab::redis {

reply reply::copy(const redisReply& r) {
    switch (r.type) {
        case REDIS_REPLY_INTEGER:
            return {.type = kind::integer, .integer = r.integer};
        case REDIS_REPLY_STRING:
        case REDIS_REPLY_STATUS:
            return {.type = kind::text, .text = std::string(r.str, r.len)};
        case REDIS_REPLY_ERROR:
            return {.type = kind::error, .text = std::string(r.str, r.len)};
        case REDIS_REPLY_ARRAY: {
            reply all{.type = kind::array};
            all.items.reserve(r.elements);
            for (std::size_t i = 0; i < r.elements; ++i) all.items.push_back(copy(*r.element[i]));
            return all;
        }
        default:
            return {};
    }
}

}  // namespace confab::redis
