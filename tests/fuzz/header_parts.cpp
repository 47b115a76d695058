// The fields of one header, a line each. An element that is written again is read as the same. A list in one field
// means the same as its elements in fields of their own. A second reader of Accept-Encoding (RFC 9110, 12.5.3) and
// Prefer (RFC 7240) agrees about every list of plain words.
#include "http/header_parts.hpp"

#include <optional>
#include <string>
#include <vector>

#include "base/ignoring_case.hpp"
#include "base/trimmed.hpp"
#include "fuzz/fuzz.hpp"
#include "http/gzip.hpp"
#include "http/preference.hpp"

namespace confab::fuzz {
namespace {

using texts = std::vector<std::string_view>;

http::request request_with(std::string_view name, const texts& values) {
    http::request r{http::verb::get, "/", {}, {}, "id"};
    for (const auto value : values) r.headers.push_back({name, value});
    return r;
}

bool is_word(std::string_view text) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";  // RFC 9110, 5.6.2
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               others.find(c) != std::string_view::npos;
    });
}

void check_element(std::string_view element) {
    const auto parts = http::parse_header_parts(element);
    if (!parts) return;
    expect(!parts->empty(), "an element has parts");
    std::string written;
    for (const auto& [name, value] : *parts) {
        expect(is_word(name), "the name of a part is a token");
        written += (written.empty() ? "" : "; ") + name;
        if (value.empty()) continue;
        written += "=\"";
        for (const char c : value) written += (c == '"' || c == '\\' ? "\\" : "") + std::string(1, c);
        written += '"';
    }
    expect(http::parse_header_parts(written) == parts, "an element that is written again is the same");
}

texts elements_of(std::string_view list) {
    texts all;
    std::string joined;
    const auto whole = list;
    while (!list.empty()) {
        all.push_back(http::take_element(list));
        joined.append(all.back()).append(",");
    }
    if (!whole.empty() && whole != joined) joined.pop_back();
    expect(joined == whole, "the elements are the list");
    return all;
}

// name=value; the value is empty without a sign.
struct word_part {
    std::string_view name, value;
};

texts split(std::string_view text, char separator) {
    texts all;
    for (;;) {
        const auto end = text.find(separator);
        all.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return all;
        text.remove_prefix(end + 1);
    }
}

// The elements of a list if all are tokens with parameters that are tokens, without any white space but around commas.
std::optional<std::vector<std::vector<word_part>>> plain_elements(const texts& values) {
    std::vector<std::vector<word_part>> all;
    for (const auto list : values) {
        for (const auto element : split(list, ',')) {
            if (trimmed(element).empty()) continue;
            auto& parts = all.emplace_back();
            for (const auto part : split(trimmed(element), ';')) {
                const auto sign = part.find('=');
                const auto value = sign == std::string_view::npos ? "" : part.substr(sign + 1);
                if (!is_word(part.substr(0, sign)) || (sign != std::string_view::npos && !is_word(value)))
                    return std::nullopt;
                parts.push_back({part.substr(0, sign), value});
            }
        }
    }
    return all;
}

// Thousandths. Nothing: no number, or above 1. More digits than RFC 9110 has are not compared.
std::optional<int> weight_in(std::string_view text) {
    const auto point = std::min(text.find('.'), text.size());
    const auto whole = text.substr(0, point);
    const auto digits = text.substr(std::min(point + 1, text.size()));
    if ((whole != "0" && whole != "1") || digits.size() > 3 ||
        digits.find_first_not_of("0123456789") != std::string_view::npos)
        return std::nullopt;
    auto value = std::string(digits);
    value.resize(3, '0');
    const auto thousandths = (whole == "1" ? 1000 : 0) + std::stoi(value);
    return thousandths <= 1000 ? std::optional(thousandths) : std::nullopt;
}

// Nothing: a list that this does not read.
std::optional<bool> wants_gzip(const texts& values) {
    const auto elements = plain_elements(values);
    if (!elements) return std::nullopt;
    std::optional<int> gzip, identity, any;
    for (const auto& parts : *elements) {
        int weight = 1000;
        if (parts.size() > 1) {
            if (parts.size() > 2 || !equals_ignoring_case(parts[1].name, "q")) return std::nullopt;
            const auto read = weight_in(parts[1].value);
            if (!read) return std::nullopt;
            weight = *read;
        }
        if (!parts[0].value.empty()) return std::nullopt;
        if (equals_ignoring_case(parts[0].name, "gzip") || equals_ignoring_case(parts[0].name, "x-gzip")) gzip = weight;
        if (equals_ignoring_case(parts[0].name, "identity")) identity = weight;
        if (parts[0].name == "*") any = weight;
    }
    const auto wanted = gzip ? *gzip : any.value_or(0);
    return wanted > 0 && wanted >= identity.value_or(0);
}

void check_preference(const texts& values, const http::preference& read) {
    expect(read.wait.count() >= 0 && read.wait.count() <= 60, "a wait is a minute at most");
    const auto elements = plain_elements(values);
    if (!elements) return;
    bool respond_async = false;
    std::optional<std::int64_t> wait;
    for (const auto& parts : *elements) {
        if (equals_ignoring_case(parts[0].name, "respond-async")) respond_async = true;
        if (!equals_ignoring_case(parts[0].name, "wait") || wait) continue;
        const auto digits = parts[0].value;
        const bool is_number = !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
        const auto first = std::min(digits.find_first_not_of('0'), digits.size());
        const auto significant = digits.substr(first);
        wait = !is_number || significant.empty() ? 0
               : significant.size() > 2          ? 60
                                                 : std::min(60, std::stoi(std::string(significant)));
    }
    expect(read.respond_async == respond_async, "respond-async is there or not");
    expect(read.wait.count() == wait.value_or(0), "the first wait counts");
}

bool operator==(const http::preference& a, const http::preference& b) {
    return a.respond_async == b.respond_async && a.wait == b.wait;
}

void check(const texts& values) {
    texts elements;
    for (const auto value : values) {
        for (const auto element : elements_of(value)) {
            check_element(element);
            elements.push_back(element);
        }
    }
    const auto accepts = http::accepts_gzip(request_with("Accept-Encoding", values));
    const auto prefers = http::preference_of(request_with("Prefer", values));
    if (const auto wanted = wants_gzip(values)) expect(accepts == *wanted, "Accept-Encoding is that of RFC 9110");
    check_preference(values, prefers);
    // A quoted string that has no end would take the next field, too.
    if (std::ranges::any_of(values, [](auto value) { return value.find('"') != std::string_view::npos; })) return;
    expect(http::accepts_gzip(request_with("Accept-Encoding", elements)) == accepts, "fields are one list");
    expect(http::preference_of(request_with("Prefer", elements)) == prefers, "fields are one list");
}

}  // namespace
}  // namespace confab::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace confab::fuzz;
    input from(data, size);
    texts values;
    while (!from.is_at_end()) values.push_back(confab::trimmed(from.line()));
    check(values);
    return 0;
}
