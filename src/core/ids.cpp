#include "core/ids.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "core/random_text.hpp"

namespace confab::core {

std::optional<app_token> app_token::parse(std::string_view text) {
    if (text.size() != length || !is_alphanumeric(text)) return std::nullopt;
    app_token token;
    std::ranges::copy(text, token.text_.begin());
    return token;
}

app_token app_token::make() {
    app_token token;
    fill_with_random_text(token.text_);
    return token;
}

job_id make_job_id() {
    job_id job;
    fill_random(job);
    return job;
}

}  // namespace confab::core
