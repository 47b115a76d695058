// A reply of Redis (RESP2), as a tree that owns its data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct redisReply;

namespace confab::redis {

struct reply {
    enum class kind { nil, integer, text, array, error };

    kind type = kind::nil;
    std::int64_t integer = 0;
    std::string text = {};  // of a string, a status or an error
    std::vector<reply> items = {};

    bool is_error() const { return type == kind::error; }
    bool is_array_of(std::size_t count) const { return type == kind::array && items.size() == count; }

    static reply copy(const redisReply& r);
};

}  // namespace confab::redis
