#include "drivers/redis/protocol.hpp"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <iterator>
#include <new>

namespace confab::redis {

void append_command(std::string& to, const arguments& command) {
    fmt::format_to(std::back_inserter(to), "*{}\r\n", command.size());
    for (const auto& argument : command) {
        fmt::format_to(std::back_inserter(to), "${}\r\n", argument.size());
        to.append(argument);
        to.append("\r\n");
    }
}

reply_parser::reply_parser() : reader_(redisReaderCreate()) {
    if (!reader_) throw std::bad_alloc();
}

void reply_parser::release::operator()(redisReader* reader) const {
    redisReaderFree(reader);
}

void reply_parser::feed(std::string_view bytes) {
    redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
}

std::optional<reply> reply_parser::next() {
    void* raw = nullptr;
    if (redisReaderGetReply(reader_.get(), &raw) != REDIS_OK || raw == nullptr) return std::nullopt;
    const std::unique_ptr<void, decltype(&freeReplyObject)> parsed(raw, &freeReplyObject);
    return reply::copy(*static_cast<const redisReply*>(raw));
}

bool reply_parser::has_failed() const {
    return reader_->err != 0;
}

std::string reply_parser::failure() const {
    return reader_->errstr;
}

}  // namespace confab::redis
