#include "http/percent.hpp"

#include <algorithm>
#include <boost/url/encode.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

namespace confab::http {

namespace urls = boost::urls;

std::string percent_encode(std::string_view text) {
    return urls::encode(text, urls::unreserved_chars);
}

std::optional<std::string> percent_decode(std::string_view text, plus how) {
    const auto is_plain = [](char c) { return c != '%' && c != '+'; };
    if (std::ranges::all_of(text, is_plain)) return std::string(text);  // as most are
    const auto valid = urls::make_pct_string_view(text);
    if (!valid) return std::nullopt;
    urls::encoding_opts options;
    options.space_as_plus = how == plus::is_space;
    return valid->decode(options);
}

std::optional<pairs> parse_form(std::string_view text) {
    pairs found;
    while (!text.empty()) {
        const auto end = text.find('&');
        const auto pair = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        auto name = percent_decode(pair.substr(0, equals), plus::is_space);
        const auto raw = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
        auto value = percent_decode(raw, plus::is_space);
        if (!name || !value) return std::nullopt;
        found.emplace_back(std::move(*name), std::move(*value));
    }
    return found;
}

}  // namespace confab::http
