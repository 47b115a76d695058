// RESP2, the protocol of Redis: commands are written here, replies are parsed by hiredis.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/redis/reply.hpp"

struct redisReader;

namespace confab::redis {

using arguments = std::vector<std::string_view>;

void append_command(std::string& to, const arguments& command);

// Parses the replies in the bytes of one connection, however they are split.
class reply_parser {
public:
    reply_parser();

    void feed(std::string_view bytes);
    // The next complete reply. Nothing: more bytes are needed, or parsing has failed.
    std::optional<reply> next();
    // The bytes were not RESP2. Nothing more can be parsed then.
    bool has_failed() const;
    std::string failure() const;

private:
    struct release {
        void operator()(redisReader* reader) const;
    };
    std::unique_ptr<redisReader, release> reader_;
};

}  // namespace confab::redis
