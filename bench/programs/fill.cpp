// fill: makes a ledger with many messages. Uses the ledger's port and decisions as a server does, but in far larger
// batches and without HTTP.
//   fill --data FOLDER --app large=1x1000000 --app many=1900x10000
// Prints a JSON object: the schema version and each app's token. `confab reindex` builds the search index.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <array>
#include <boost/asio/thread_pool.hpp>
#include <random>

#include "base/block_on.hpp"
#include "core/decide.hpp"
#include "ledger/sqlite/schema.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"

namespace confab::bench {
namespace {

// As in content.py.
constexpr std::string_view words[] = {"the",   "water", "and",   "morning", "with",    "letters", "under", "another",
                                      "small", "house", "river", "stone",   "between", "they",    "went",  "home",
                                      "later", "when",  "all",   "of",      "it",      "had",     "been",  "said",
                                      "over",  "tea",   "in",    "a",       "room",    "full",    "old",   "maps"};
constexpr std::size_t content_bytes = 64;
constexpr std::uint64_t batch_commands = 10'000;
// So many chats grow concurrently, so that their pages are interleaved in the file, as after a server's run.
constexpr std::uint64_t chats_at_once = 50;
constexpr std::size_t counters_max = 200'000;

struct wanted_app {
    std::string name;
    std::uint64_t chats = 0;
    std::uint64_t messages = 0;  // in each chat
};

wanted_app parse_app(const std::string& text) {
    const auto equals = text.find('=');
    const auto times = text.find('x', equals);
    if (equals == std::string::npos || times == std::string::npos) throw CLI::ValidationError("--app", text);
    return {text.substr(0, equals), std::stoull(text.substr(equals + 1)), std::stoull(text.substr(times + 1))};
}

class filler {
public:
    explicit filler(ledger::sqlite::sqlite_ledger& into) : ledger_(into) {}

    awaitable<core::app_token> fill(const wanted_app& app) {
        const auto token = core::app_token::make();
        add(core::create_app{token, core::app_name::trusted(app.name)});
        for (std::uint64_t chat = 0; chat < app.chats; ++chat) add(core::create_chat{token});
        for (std::uint64_t first = 1; first <= app.chats; first += chats_at_once)
            co_await fill_chats(token, first, std::min(first + chats_at_once - 1, app.chats), app.messages);
        co_await commit();
        co_return token;
    }

private:
    awaitable<void> fill_chats(const core::app_token& app, std::uint64_t first, std::uint64_t last,
                               std::uint64_t messages) {
        for (std::uint64_t number = 0; number < messages; ++number) {
            for (auto chat = first; chat <= last; ++chat) {
                add(core::create_message{app, core::chat_number(chat), core::message_content::trusted(content()),
                                         std::nullopt, std::nullopt});
            }
            if (commands_.size() >= batch_commands) co_await commit();
        }
    }

    template <class Payload>
    void add(Payload payload) {
        commands_.push_back({{}, std::nullopt, std::move(payload)});
    }

    awaitable<void> commit() {
        std::vector<const core::command*> batch;
        batch.reserve(commands_.size());
        for (const auto& c : commands_) batch.push_back(&c);
        const auto loaded = co_await ledger_.writer().load(batch, state_);
        loaded.value();
        core::batch_effects effects;
        const auto at = now();
        for (const auto* c : batch) core::decide(state_, *c, at, {}, effects).value();
        const auto applied = co_await ledger_.writer().apply(effects);
        applied.value();
        state_.end_batch(counters_max);
        commands_.clear();
        co_await ledger_.writer().maintain(at);
    }

    std::string content() {
        std::string text;
        while (text.size() < content_bytes) text.append(words[random_() % std::size(words)]).append(" ");
        text.resize(content_bytes - 1);
        return text + '.';
    }

    ledger::sqlite::sqlite_ledger& ledger_;
    core::state state_;
    std::vector<core::command> commands_;
    std::minstd_rand random_{64};
};

awaitable<void> fill_all(ledger::sqlite::sqlite_ledger& into, const std::vector<wanted_app>& apps) {
    filler f(into);
    std::vector<std::string> tokens;
    for (const auto& app : apps) {
        const auto token = co_await f.fill(app);
        tokens.push_back(fmt::format(R"("{}":"{}")", app.name, token.text()));
    }
    fmt::print("{{\"schema\":{},\"apps\":{{{}}}}}\n", ledger::sqlite::newest_schema(), fmt::join(tokens, ","));
}

void run(const std::string& folder, const std::vector<wanted_app>& apps) {
    asio::thread_pool reads(1);
    const auto ledger = ledger::sqlite::open_sqlite_ledger({folder, reads.get_executor()});
    block_on(fill_all(*ledger, apps));
}

}  // namespace
}  // namespace confab::bench

int main(int count, char** arguments) {
    using namespace confab::bench;
    std::string folder;
    std::vector<std::string> apps;
    CLI::App program("Makes a ledger with many messages.");
    bool is_asked_for_schema = false;
    program.add_option("--data", folder, "the folder, created if missing");
    program.add_option("--app", apps, "NAME=CHATSxMESSAGES, each chat with so many messages");
    program.add_flag("--schema", is_asked_for_schema, "only print the schema version");
    CLI11_PARSE(program, count, arguments);
    try {
        if (is_asked_for_schema) {
            fmt::print("{}\n", confab::ledger::sqlite::newest_schema());
            return 0;
        }
        std::vector<wanted_app> wanted;
        wanted.reserve(apps.size());
        for (const auto& app : apps) wanted.push_back(parse_app(app));
        run(folder, wanted);
        return 0;
    } catch (const std::exception& cause) {
        fmt::print(stderr, "fill: {}\n", cause.what());
        return 1;
    }
}
