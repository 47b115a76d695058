// Requests without a body: the method, how many rows a list has, and a target. A second reader of paths and numbers
// says which resource the target names. The ledger is asked for that one and no other, and only for rows that a page
// may have.
#include <boost/asio/io_context.hpp>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/fields.hpp"
#include "api/routes.hpp"
#include "fuzz/fuzz.hpp"
#include "http/parameters.hpp"
#include "support/run.hpp"

namespace confab::fuzz {
namespace {

using http::verb;

// What a request names. A number that is not in its path is 0.
struct resource {
    std::string app;
    std::uint64_t chat = 0, message = 0;

    friend bool operator==(const resource&, const resource&) = default;
};

// A ledger with all apps, chats and messages that one asks for. Its lists are empty.
class asked_ledger : public ledger::readers {
public:
    std::optional<resource> named;  // by the first call
    std::optional<ledger::window> window;
    std::uint64_t rows = 0;

    awaitable<result<core::app>> find_app(core::app_token token) override {
        note({std::string(token.text())});
        co_return core::app{core::app_id(1), token, "name", rows, {}, {}};
    }
    awaitable<result<core::app>> find_app(core::app_id) override { return unexpected<core::app>(); }
    awaitable<result<core::chat>> find_chat(core::app_token app, core::chat_number chat) override {
        note({std::string(app.text()), chat.value()});
        co_return core::chat{core::chat_id(1), chat, rows, 0, {}, {}};
    }
    awaitable<result<core::message>> find_message(core::app_token app, core::chat_number chat,
                                                  core::message_number message) override {
        const resource asked{std::string(app.text()), chat.value(), message.value()};
        if (named && named->message == 0) named.reset();  // versions: the chat comes first
        note(asked);
        co_return core::message{message, "content", {}, {}, 1, {}, {}};
    }
    awaitable<result<core::app_id>> last_app() override { co_return core::app_id(rows); }
    awaitable<result<std::vector<core::app>>> apps(ledger::window) override { co_return std::vector<core::app>(); }
    awaitable<result<std::vector<core::chat>>> chats(core::app_id, ledger::window w) override {
        window = w;
        co_return std::vector<core::chat>();
    }
    awaitable<result<std::vector<core::message>>> messages(core::chat_id, ledger::window w) override {
        window = w;
        co_return std::vector<core::message>();
    }
    awaitable<result<std::vector<core::message_version>>> versions(core::chat_id, core::message_number,
                                                                   std::uint64_t) override {
        co_return std::vector<core::message_version>();
    }
    awaitable<result<ledger::matches>> matching(core::chat_id, ledger::window, const core::folded_query&) override {
        return unexpected<ledger::matches>();
    }
    awaitable<result<ledger::matches_by_number>> matching(core::chat_id, std::span<const core::message_number>,
                                                          const core::folded_query&) override {
        return unexpected<ledger::matches_by_number>();
    }
    awaitable<result<core::chat_position>> position_of(core::chat_id) override {
        return unexpected<core::chat_position>();
    }
    awaitable<result<std::vector<core::chat_position>>> positions_after(core::chat_id) override {
        return unexpected<std::vector<core::chat_position>>();
    }
    awaitable<result<std::vector<ledger::change>>> changes(core::chat_id, std::uint64_t) override {
        return unexpected<std::vector<ledger::change>>();
    }
    awaitable<result<std::vector<ledger::text>>> texts(core::chat_id, ledger::window) override {
        return unexpected<std::vector<ledger::text>>();
    }
    awaitable<result<std::vector<ledger::text>>> texts(core::chat_id, std::span<const core::message_number>) override {
        return unexpected<std::vector<ledger::text>>();
    }
    core::generation generation() const override { return generation_; }
    // Nothing was written yet: a stream has no events.
    awaitable<result<ledger::heads>> read_heads(std::span<const core::chat_id> chats,
                                                std::span<const core::app_id> apps) override {
        ledger::heads found{generation_, {}, {}};
        for (const auto chat : chats) found.chats.push_back({chat, {}});
        for (const auto app : apps) found.apps.push_back({app, 0});
        co_return found;
    }
    awaitable<result<std::vector<ledger::changed_message>>> changed_messages(core::chat_id, ledger::window) override {
        return unexpected<std::vector<ledger::changed_message>>();
    }

    void note(resource asked) {
        if (!named) named = std::move(asked);
    }

private:
    template <class T>
    static awaitable<result<T>> unexpected() {
        co_return error::unavailable;
    }

    const core::generation generation_ = *core::generation::parse("aB3dE6gH");
};

// A queue that is full, and a search that is never asked: searches need a body.
class full_queue : public queue::sender {
public:
    explicit full_queue(asked_ledger& of) : of_(of) {}

    awaitable<queue::outcome> submit(const core::command& c) override {
        note(c);
        co_return error::overloaded;
    }
    awaitable<result<std::optional<core::command_result>>> submit_with_timeout(const core::command& c,
                                                                               std::chrono::milliseconds) override {
        note(c);
        co_return error::overloaded;
    }

private:
    void note(const core::command& c) {
        if (const auto* const chat = std::get_if<core::create_chat>(&c.payload))
            of_.note({std::string(chat->app.text())});
        if (const auto* const deletion = std::get_if<core::delete_message>(&c.payload))
            of_.note({std::string(deletion->app.text()), deletion->chat.value(), deletion->message.value()});
    }

    asked_ledger& of_;
};

class no_search : public search::port {
public:
    awaitable<result<search::hits>> find(core::chat_id, const core::folded_query&, core::message_number) override {
        co_return error::unavailable;
    }
};

// The second reader.
std::optional<unsigned> hex_digit(char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto at = digits.find(static_cast<char>(c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c));
    return at == std::string_view::npos ? std::nullopt : std::optional(static_cast<unsigned>(at));
}

std::optional<std::string> decoded(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            plain += text[i];
            continue;
        }
        const auto high = i + 1 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
        const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
        if (!high || !low) return std::nullopt;
        plain += static_cast<char>(*high << 4 | *low);
        i += 2;
    }
    return plain;
}

std::vector<std::string> segments_of(std::string_view path) {
    if (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
    std::vector<std::string> all;
    while (!path.empty()) {
        if (path.front() != '/') return {};
        path.remove_prefix(1);
        const auto end = std::min(path.find('/'), path.size());
        const auto segment = decoded(path.substr(0, end));
        if (!segment || segment->empty()) return {};
        all.push_back(*segment);
        path.remove_prefix(end);
    }
    return all;
}

// /apps/{token}/events, /apps/{token}/chats/{chat}/events
bool is_feed(const std::vector<std::string>& path) {
    if ((path.size() != 3 && path.size() != 5) || path.front() != "apps" || path.back() != "events") return false;
    return path.size() == 3 || path[2] == "chats";
}

// The methods of a resource, besides HEAD and OPTIONS; none: there is no such path.
std::vector<verb> methods_of(const std::vector<std::string>& path) {
    const auto count = path.size();
    const auto is = [&](std::size_t at, std::string_view name) { return count <= at || path[at] == name; };
    if (is_feed(path)) return {verb::get};
    if (count == 0 || count > 7 || !is(0, "apps") || !is(2, "chats") || !is(4, "messages") || !is(6, "versions"))
        return {};
    if (count == 7 || count == 4) return {verb::get};
    if (count == 6 && path[5] == "search") return {verb::post};
    if (count == 6) return {verb::get, verb::put, verb::delete_};
    return count == 2 ? std::vector{verb::get, verb::put} : std::vector{verb::get, verb::post};
}

bool is_token(std::string_view text) {
    return text.size() == 24 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
           });
}

std::uint64_t number_in(const std::string& text) {
    if (text.size() > 10 || text.find_first_not_of("0123456789") != std::string::npos) return 0;
    const auto value = std::strtoull(text.c_str(), nullptr, 10);
    return std::to_string(value) == text && value <= 0xffffffff ? value : 0;
}

// Nothing: one of its parts is not valid.
std::optional<resource> resource_of(const std::vector<std::string>& path) {
    resource named;
    const bool has_message = path.size() == 7 || (path.size() == 6 && path[5] != "search");
    if (path.size() > 1) named.app = path[1];
    if (path.size() > 3) named.chat = number_in(path[3]);
    if (has_message) named.message = number_in(path[5]);
    const bool valid = (path.size() < 2 || is_token(named.app)) && (path.size() < 4 || named.chat != 0) &&
                       (!has_message || named.message != 0);
    return valid ? std::optional(named) : std::nullopt;
}

constexpr verb verbs[] = {verb::get, verb::head, verb::post, verb::put, verb::delete_, verb::options, verb::other};

bool contains(const std::vector<verb>& all, verb v) {
    return std::ranges::find(all, v) != all.end();
}

void check(const http::request& r, const http::response& answer, const asked_ledger& asked) {
    const auto path = segments_of(http::path_of(r.target));
    const auto methods = methods_of(path);
    const auto method = r.method == verb::head ? verb::get : r.method;
    expect(answer.status != 500, "no target is an internal error");
    if (r.method == verb::options && r.target == "*") return expect(answer.status == 204, "the server has options");
    if (methods.empty()) return expect(answer.status == 404 && !asked.named, "no such path");
    if (r.method == verb::options) return expect(answer.status == 204 && !asked.named, "a path has options");
    if (!contains(methods, method)) return expect(answer.status == 405 && !asked.named, "the method is not allowed");
    const auto named = resource_of(path);
    if (!named) return expect(answer.status == 404 && !asked.named, "nothing has such a name");
    if (asked.named) expect(*asked.named == *named, "the ledger is asked for what the path names");
    const bool needs_no_body = method == verb::get || method == verb::delete_;
    if (needs_no_body && !named->app.empty()) expect(asked.named.has_value(), "the ledger is asked");
    if (!asked.window) return;
    const auto& w = *asked.window;
    const bool is_page = r.target.find('=') != std::string_view::npos;
    expect(w.after <= w.last && w.last <= asked.rows, "a list has rows that exist");
    expect(is_page || (w.after == 0 && w.last == asked.rows), "a list without parameters is complete");
}

}  // namespace
}  // namespace confab::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace confab::fuzz;
    namespace http = confab::http;
    input from(data, size);
    const auto method = verbs[from.number() % std::size(verbs)];
    asked_ledger ledger;
    ledger.rows = from.number(4);
    full_queue queue(ledger);
    no_search search;
    confab::live::hub hub(0);
    confab::api::stream_quota no_streams(0, 0);  // they would wait
    const confab::api::feed feed{hub, ledger, no_streams, 0, std::chrono::seconds(15), std::chrono::seconds(0)};
    confab::api::page_cache pages(0);
    confab::api::response_buffer_quota quota;
    static confab::asio::io_context pool;  // nobody runs it: only long requests would need it
    const confab::api::services services{.ledger = ledger,
                                         .matcher = ledger,
                                         .queue = queue,
                                         .search = search,
                                         .feed = feed,
                                         .json_depth_max = 32,
                                         .search_time_max = std::chrono::seconds(1),
                                         .pages = pages,
                                         .buffer_quota = quota,
                                         .thread_pool = pool.get_executor()};
    const http::request r{method, from.rest(), {}, {}, "id", {}};
    if (r.target.size() > confab::api::parse_inline_bytes_max) return 0;
    check(r, confab::testing::run(confab::api::dispatch(services, r)), ledger);
    return 0;
}
