// Our types as clients see them: the JSON objects of apps, chats and messages, and where they live.
#pragma once

#include <string>

#include "core/command.hpp"
#include "core/entities.hpp"
#include "core/folding.hpp"

namespace confab::api {

void append(std::string& out, const core::app& a);
void append(std::string& out, const core::chat& c);
void append(std::string& out, const core::message& m);

// The text of the whole object.
template <class Object>
std::string json_of(const Object& o) {
    std::string out;
    append(out, o);
    return out;
}

void append(std::string& out, const core::message_version& v);

// A message that a search found, as its JSON object with what matches marked.
struct highlighted_message {
    std::string json;
};
highlighted_message highlighted(const core::message& m, const core::folded_query& query);
inline void append(std::string& out, const highlighted_message& m) {
    out += m.json;
}

// A message just created: what the command says, and what the ledger added.
std::string json_of(const core::create_message& payload, const core::created& made);

// The entity tag of a version of a message (RFC 9110, 8.8.3).
std::string etag_of(std::uint64_t version);

std::string path_to(const core::app_token& app);
std::string path_to(const core::app_token& app, core::chat_number chat);
std::string path_to(const core::app_token& app, core::chat_number chat, core::message_number message);

}  // namespace confab::api
