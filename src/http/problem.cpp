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
    {400, "malformed", "The request cannot be understood", no_retry},
    {403, "cross_origin", "Another site may change nothing here", no_retry},
    {404, "not_found", "There is no such thing", no_retry},
    {405, "method_not_allowed", "This path does not know this method", no_retry},
    {408, "request_timeout", "The request took too long to arrive", no_retry},
    {410, "deleted", "This was deleted", no_retry},
    {412, "version_mismatch", "A condition of the request does not hold", no_retry},
    {413, "too_large", "The body is too large", no_retry},
    {415, "unsupported_media_type", "The body is of a type that is not read here", no_retry},
    {421, "misdirected", "This server does not go by this name", no_retry},
    {422, "invalid_parameters", "Parameters are missing or invalid", no_retry},
    {422, "key_reused", "The Idempotency-Key was used with another payload", no_retry},
    {422, "numbers_used_up", "No number is left", no_retry},
    {431, "header_too_large", "The header is too large", no_retry},
    {500, "internal", "The server made a mistake", no_retry},
    {503, "overloaded", "Too many writes are waiting; nothing was done", 1},
    {503, "too_many_connections", "Too many connections are open; nothing was done", 1},
    {503, "unavailable", "The ledger cannot be used at the moment; nothing was done", 5},
    {503, "too_slow", "This took longer than it may", 1},
    {503, "outcome_unknown", "Whether this was done is unknown", 5},
    {503, "writes_closed", "Writes are refused until the server was restarted; nothing was done", 30},
    {503, "shutting_down", "The server is stopping; nothing was done", 5},
    {500, "rejected", "The ledger refused this; nothing was done", no_retry},
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
