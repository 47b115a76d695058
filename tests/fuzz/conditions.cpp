// Conditional requests: a line with the entity tag of the resource, then lines of header fields. A second reader of
// lists of tags (RFC 9110, 8.8.3 and 13.1) says which are malformed, which versions they name, and which condition is
// false. Dates in HTTP's first format are read as they are written.
#include "api/conditions.hpp"

#include <optional>
#include <string>
#include <vector>

#include "base/http_date.hpp"
#include "base/ignoring_case.hpp"
#include "base/trimmed.hpp"
#include "fuzz/fuzz.hpp"

namespace confab::fuzz {
namespace {

using http::verb;

struct tags {
    bool is_malformed = false, any = false;
    std::vector<std::string> strong, weak;

    bool names(const std::string& tag) const { return std::ranges::find(strong, tag) != strong.end(); }
    bool names_weakly(const std::string& tag) const { return names(tag) || std::ranges::find(weak, tag) != weak.end(); }
};

bool is_quoted_tag(std::string_view text) {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
    return std::ranges::none_of(text.substr(1, text.size() - 2),
                                [](unsigned char c) { return c <= ' ' || c == '"' || c == 127; });
}

// The fields of a name as one list. Nothing: there is none.
std::optional<tags> tags_in(const http::request& r, std::string_view name) {
    std::string list;
    bool is_there = false;
    for (const auto& h : r.headers) {
        if (!equals_ignoring_case(h.name, name)) continue;
        list += (is_there ? ", " : "") + std::string(h.value);
        is_there = true;
    }
    if (!is_there) return std::nullopt;
    tags found;
    found.any = trimmed(list) == "*";
    if (found.any) return found;
    for (std::string_view left = list; !left.empty();) {
        std::size_t end = 0;  // of the element: a comma in a tag is part of it
        for (bool quoted = false; end < left.size() && (quoted || left[end] != ','); ++end)
            if (left[end] == '"') quoted = !quoted;
        auto element = trimmed(left.substr(0, end));
        left.remove_prefix(std::min(end + 1, left.size()));
        if (element.empty()) continue;
        const bool is_weak = element.starts_with("W/");
        if (is_weak) element.remove_prefix(2);
        if (is_quoted_tag(element))
            (is_weak ? found.weak : found.strong).emplace_back(element.substr(1, element.size() - 2));
        else
            found.is_malformed = true;
    }
    return found;
}

std::vector<std::uint64_t> versions_in(const tags& list) {
    std::vector<std::uint64_t> found;
    for (const auto& tag : list.strong) {
        const auto value = tag.size() <= 10 ? std::strtoull(tag.c_str(), nullptr, 10) : 0;
        if (value >= 1 && value <= 0xffffffff && std::to_string(value) == tag) found.push_back(value);
    }
    return found;
}

void check(const http::request& r, const std::string& etag) {
    const auto match = tags_in(r, "If-Match"), none_match = tags_in(r, "If-None-Match");
    const auto read = api::conditions::read(r);
    const bool is_malformed = (match && match->is_malformed) || (none_match && none_match->is_malformed);
    expect(read.has_value() != is_malformed, "a list of tags is read if it is one");
    if (!read) return;
    const auto versions = read->versions();
    expect(versions.has_value() == (match && !match->any), "If-Match names versions");
    if (versions) expect(*versions == versions_in(*match), "If-Match names these versions");
    const auto quoted = etag.empty() ? etag : '"' + etag + '"';
    const auto failed = read->failed({quoted, std::nullopt});
    if (match && !match->any && (etag.empty() || !match->names(etag)))
        expect(failed == "If-Match", "no tag matches");
    else if (none_match && (none_match->any || (!etag.empty() && none_match->names_weakly(etag))))
        expect(failed == "If-None-Match", "a tag matches");
    else
        expect(!failed, "all conditions are true");
}

// A date that is read and written again is the same, if its weekday is right and its format is the first one.
void check_date(std::string_view text) {
    constexpr std::string_view form = "Sun, 06 Nov 1994 08:49:37 GMT";
    const timestamp today{1'700'000'000'000'000};
    const auto at = parse_http_date(text, today);
    if (!at) return;
    const auto written = http_date(*at);
    if (written.size() < form.size()) return;  // before the year 1000
    expect(parse_http_date(written, today)->us == at->us, "a date that is written again is the same");
    if (text.size() == form.size() && text[3] == ',' && text.substr(17, 8).find("60") == std::string_view::npos)
        expect(std::string_view(written).substr(3) == text.substr(3), "a date in HTTP's format is written the same");
}

void check_written_date(std::int64_t seconds) {
    const auto at = timestamp{seconds * 1'000'000};
    const auto read = parse_http_date(http_date(at), at);
    expect(read && read->us == at.us, "a date that is written is read");
}

}  // namespace
}  // namespace confab::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace confab::fuzz;
    namespace http = confab::http;
    input from(data, size);
    std::string etag(from.line());
    std::erase(etag, '"');
    http::request r{verb::get, "/", {}, {}, "id"};
    while (!from.is_at_end()) {
        const auto line = from.line();
        const auto colon = std::min(line.find(':'), line.size());
        // Beast lets no control character into a field.
        if (std::ranges::any_of(line, [](unsigned char c) { return (c < ' ' && c != '\t') || c == 127; })) continue;
        r.headers.push_back({line.substr(0, colon), confab::trimmed(line.substr(std::min(colon + 1, line.size())))});
    }
    for (const auto& h : r.headers) check_date(h.value);
    check_written_date(static_cast<std::int64_t>(size * 1'234'567'891 % 253'402'300'800));  // before the year 10000
    check(r, etag);
    return 0;
}
