#include "core/ids.hpp"

#include <algorithm>

#include "base/random.hpp"

namespace confab::core {
namespace {

// Base 58: letters and digits without 0, O, I and l, which people mix up.
constexpr std::string_view alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

std::optional<app_token> app_token::parse(std::string_view text) {
    if (text.size() != length || !std::ranges::all_of(text, is_alphanumeric)) return std::nullopt;
    app_token token;
    std::ranges::copy(text, token.text_.begin());
    return token;
}

app_token app_token::make() {
    app_token token;
    for (auto& c : token.text_) {
        std::size_t index = alphabet.size();
        while (index >= alphabet.size()) {  // rejection sampling: every character is equally likely
            std::byte drawn;
            fill_random({&drawn, 1});
            index = static_cast<std::size_t>(drawn) & 63;
        }
        c = alphabet[index];
    }
    return token;
}

job_id make_job_id() {
    job_id job;
    fill_random(job);
    return job;
}

}  // namespace confab::core
