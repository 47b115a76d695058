#include "core/fingerprint.hpp"

#include "core/canonical_json.hpp"

namespace confab::core {
namespace {

fingerprints alike(const digest& d) {
    return {d, d};
}

// Tells an absent text from an empty one.
std::string_view mark(bool is_there) {
    return is_there ? "1" : "0";
}

digest digest_of_message(const create_message& wish, std::string_view metadata) {
    return digest_of({"message", wish.content.text(), mark(wish.sender.has_value()),
                      wish.sender ? std::string_view(wish.sender->text()) : "", mark(wish.metadata.has_value()),
                      metadata});
}

}  // namespace

fingerprints fingerprints_of(const create_app& wish) {
    return alike(digest_of({"app", wish.name.text()}));
}

fingerprints fingerprints_of(const create_chat&) {
    return alike(digest_of({"chat"}));
}

fingerprints fingerprints_of(const create_message& wish) {
    const std::string_view sent = wish.metadata ? std::string_view(*wish.metadata) : "";
    const auto as_sent = digest_of_message(wish, sent);
    if (!wish.metadata) return alike(as_sent);
    const auto canonical = canonical_json(sent);
    return canonical == sent ? alike(as_sent) : fingerprints{digest_of_message(wish, canonical), as_sent};
}

}  // namespace confab::core
