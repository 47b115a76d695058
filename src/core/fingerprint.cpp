#include "core/fingerprint.hpp"

#include "core/canonical_json.hpp"

namespace confab::core {
namespace {

fingerprints same_fingerprints(const digest& d) {
    return {d, d};
}

// Distinguishes an absent text from an empty one.
std::string_view presence_flag(bool is_there) {
    return is_there ? "1" : "0";
}

digest digest_of_message(const create_message& payload, std::string_view metadata) {
    return digest_of({"message", payload.content.text(), presence_flag(payload.sender.has_value()),
                      payload.sender ? std::string_view(payload.sender->text()) : "",
                      presence_flag(payload.metadata.has_value()), metadata});
}

}  // namespace

fingerprints fingerprints_of(const create_app& payload) {
    return same_fingerprints(digest_of({"app", payload.name.text()}));
}

fingerprints fingerprints_of(const create_chat&) {
    return same_fingerprints(digest_of({"chat"}));
}

fingerprints fingerprints_of(const create_message& payload) {
    const std::string_view sent = payload.metadata ? std::string_view(*payload.metadata) : "";
    const auto as_sent = digest_of_message(payload, sent);
    if (!payload.metadata) return same_fingerprints(as_sent);
    const auto canonical = canonical_json(sent);
    return canonical == sent ? same_fingerprints(as_sent)
                             : fingerprints{digest_of_message(payload, canonical), as_sent};
}

}  // namespace confab::core
