// Apps, chats and messages as clients see them: their JSON objects and paths.
#pragma once

#include <string>

#include "core/command.hpp"
#include "core/entities.hpp"
#include "core/folding.hpp"

namespace confab::api {

void append(std::string& out, const core::app& a);
void append(std::string& out, const core::chat& c);
void append(std::string& out, const core::message& m);

// The JSON text of the object.
template <class Object>
std::string json_of(const Object& o) {
    std::string out;
    append(out, o);
    return out;
}

void append(std::string& out, const core::message_version& v);

// The JSON object of a message that a search found, with its fragments.
struct highlighted_message {
    std::string json;
};
highlighted_message highlighted(const core::message& m, const core::folded_query& query);
inline void append(std::string& out, const highlighted_message& m) {
    out += m.json;
}

// The JSON object of a new message, from its command and the command's result.
std::string json_of(const core::create_message& payload, const core::created& made);

// The entity tag of a version of a message (RFC 9110, 8.8.3).
std::string etag_of(std::uint64_t version);

std::string path_to(const core::app_token& app);
std::string path_to(const core::app_token& app, core::chat_number chat);
std::string path_to(const core::app_token& app, core::chat_number chat, core::message_number message);

}  // namespace confab::api
