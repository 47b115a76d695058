#include "http/problem.hpp"

#include <fmt/core.h>

#include <iterator>

#include "http/json.hpp"

namespace confab::http {
namespace {

constexpr int no_retry = -1;

struct description {
    unsigned status;
    std::string_view code;
    std::string_view title;
    int retry_after_s;
};

constexpr description descriptions[] = {
    {400, "malformed", "Bad request", no_retry},
    {403, "cross_origin", "Cross-origin request forbidden", no_retry},
    {404, "not_found", "Not found", no_retry},
    {405, "method_not_allowed", "Method not allowed", no_retry},
    {408, "request_timeout", "Request timeout", no_retry},
    {410, "deleted", "Gone", no_retry},
    {410, "other_generation", "Position of another history", no_retry},
    {412, "version_mismatch", "Precondition failed", no_retry},
    {413, "too_large", "Content too large", no_retry},
    {415, "unsupported_media_type", "Unsupported media type", no_retry},
    {421, "misdirected", "Misdirected request", no_retry},
    {422, "invalid_parameters", "Invalid parameters", no_retry},
    {422, "key_reused", "Idempotency-Key is already used", no_retry},
    {422, "numbers_used_up", "No number left", no_retry},
    {431, "header_too_large", "Request header fields too large", no_retry},
    {429, "too_many_streams_of_app", "Too many streams of this app", 5},
    {500, "internal", "Internal server error", no_retry},
    {503, "overloaded", "Too many pending writes; nothing was done", 1},
    {503, "too_many_connections", "Too many connections; nothing was done", 1},
    {503, "too_many_streams", "Too many streams", 5},
    {503, "unavailable", "Database unavailable; nothing was done", 5},
    {503, "too_slow", "Time limit exceeded", 1},
    {503, "outcome_unknown", "Outcome unknown", 5},
    {503, "writes_closed", "Writes closed until a restart; nothing was done", 30},
    {503, "shutting_down", "Server shutting down; nothing was done", 5},
    {500, "rejected", "Rejected by the database; nothing was done", no_retry},
};
static_assert(std::size(descriptions) == problem_count);

const description& describe(problem_kind kind) {
    return descriptions[static_cast<int>(kind) - 1];
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
    append_json(out, name);
    out += ':';
    append_json(out, value);
}

void append_fields(std::string& out, const std::vector<field_problem>& fields) {
    out += ",\"errors\":[";
    for (const auto& f : fields) {
        if (&f != &fields.front()) out += ',';
        out += '{';
        append_member(out, "field", f.field);
        out += ',';
        append_member(out, "code", f.code);
        out += ',';
        append_member(out, "detail", f.detail);
        out += '}';
    }
    out += ']';
}

}  // namespace

response to_response(const problem& p, std::string_view request_id) {
    const auto& d = describe(p.kind);
    std::string body = "{";
    append_member(body, "type", fmt::format("urn:confab:problem:{}", d.code));
    body += ',';
    append_member(body, "title", d.title);
    body += fmt::format(",\"status\":{},", d.status);
    append_member(body, "detail", p.detail);
    body += ',';
    append_member(body, "code", d.code);
    body += ',';
    append_member(body, "request_id", request_id);
    if (!p.fields.empty()) append_fields(body, p.fields);
    body += '}';
    response r{.status = d.status, .content_type = "application/problem+json", .body = std::move(body)};
    if (d.retry_after_s != no_retry) r.headers.add("Retry-After", std::to_string(d.retry_after_s));
    return r;
}

}  // namespace confab::http
