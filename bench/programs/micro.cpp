// The cost of single steps of a request, each through the interface of its module. Needs no server.
//   micro --benchmark_filter=decide
#include <benchmark/benchmark.h>
#include <fmt/core.h>
#include <stdlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>

#include "api/objects.hpp"
#include "api/routes.hpp"
#include "base/block_on.hpp"
#include "core/decide.hpp"
#include "core/folding.hpp"
#include "http/json.hpp"
#include "http/parameters.hpp"
#include "http/response_text.hpp"
#include "http/server.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "queue/local/local_queue.hpp"
#include "search/scan/scan.hpp"

namespace confab::bench {
namespace {

const std::string content = "the same sixty-four bytes, over and over, as a message of a chat";
const std::string german = "Die Straße zum Fluß ist für heute gesperrt, über Nacht auch die Brücke.";
constexpr std::size_t commands_of_a_batch = 100;

core::message sample_message() {
    return {core::message_number(1'234'567), content, std::nullopt, std::nullopt, 1, now(), now()};
}

http::request sample_request(http::verb method, std::string_view target, std::string body = {}) {
    http::request r;
    r.method = method;
    r.target = target;
    r.headers = {{"Host", "127.0.0.1"}, {"Content-Type", "application/json"}};
    r.body = std::move(body);
    r.id = "0123456789abcdef";
    return r;
}

// A ledger in a new folder with one app, one chat and one message, and the other services of the API.
class api_fixture {
public:
    api_fixture() : ledger_(ledger::sqlite::open_sqlite_ledger({folder_, pool_.get_executor()})) {
        core::state s;
        for (const core::command& c :
             {core::command{{}, std::nullopt, core::create_app{app, core::app_name::trusted("micro")}},
              core::command{{}, std::nullopt, core::create_chat{app}}, core::command{{}, std::nullopt, creation()}})
            commit(c, s);
    }
    ~api_fixture() {
        pool_.join();
        std::filesystem::remove_all(folder_);
    }

    core::create_message creation() const {
        return {app, core::chat_number(1), core::message_content::trusted(content), std::nullopt, std::nullopt};
    }

    const core::app_token app = core::app_token::make();
    const std::string path = fmt::format("/apps/{}/chats/1/messages", app.text());

private:
    void commit(const core::command& c, core::state& s) {
        const core::command* one[] = {&c};
        block_on(ledger_->writer().load(one, s)).value();
        core::batch_effects effects;
        core::decide(s, c, now(), {}, effects).value();
        block_on(ledger_->writer().apply(effects)).value();
    }

    static std::string make_folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "confab-micro-XXXXXX").string();
        if (!mkdtemp(pattern.data())) throw std::runtime_error("cannot create a folder");
        return pattern;
    }

    const std::string folder_ = make_folder();
    asio::thread_pool pool_{1};
    std::unique_ptr<ledger::sqlite::sqlite_ledger> ledger_;
    std::unique_ptr<queue::local_queue> queue_ = queue::make_local_queue({100, 1'000'000});
    std::unique_ptr<search::port> search_ = search::make_scan(ledger_->reader());
    live::hub hub_{1};
    api::stream_quota quota_{1, 1};
    const api::feed feed_{hub_, ledger_->reader(), quota_, 4096, std::chrono::seconds(15), std::chrono::seconds(0)};
    api::page_cache pages_{1024 * 1024};
    api::response_buffer_quota buffer_quota_;

public:
    const api::services services{
        ledger_->reader(), ledger_->reader(),   *queue_, *search_, feed_, 32, std::chrono::milliseconds(1000), pages_,
        buffer_quota_,     pool_.get_executor()};
};

api_fixture& shared_fixture() {
    static api_fixture h;
    return h;
}

// Parsing. The server answers only a status, and the client sends pipelines, so that little else is measured. The CPU
// time of both ends.
void parse_a_request(benchmark::State& state) {
    constexpr std::size_t pipeline = 64;
    event_loops loops(1);
    const auto server = http::listen(loops, {.endpoints = {{"127.0.0.1", 0}},
                                             .connections_max = 10,
                                             .header_bytes_max = 16384,
                                             .body_bytes_max = 524288,
                                             .idle_timeout = std::chrono::seconds(60),
                                             .request_timeout = std::chrono::seconds(60),
                                             .write_timeout = std::chrono::seconds(60),
                                             .allowed_hosts = {}});
    server->start([](http::request&) -> awaitable<http::response> { co_return http::response{.status = 204}; });
    loops.start();
    asio::io_context here;
    asio::ip::tcp::socket client(here);
    client.connect({asio::ip::address_v4::loopback(), server->endpoints().front().port});
    const auto body = fmt::format(R"({{"content":"{}"}})", content);
    const auto one = fmt::format(
        "POST /apps/bUvBCYb9YqLcTYmrwLTFuCSp/chats/17/messages HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        body.size(), body);
    std::string all;
    for (std::size_t i = 0; i < pipeline; ++i) all += one;
    std::string answers(64 * 1024, 0);
    for (auto _ : state) {
        asio::write(client, asio::buffer(all));
        for (std::size_t seen = 0, length = 0; seen < pipeline;) {
            const auto before = length;
            length += client.read_some(asio::buffer(answers.data() + length, answers.size() - length));
            const std::string_view arrived(answers.data(), length);
            // An answer without a body ends with an empty line, which may be split between reads.
            for (auto at = before < 3 ? 0 : before - 3; (at = arrived.find("\r\n\r\n", at)) != arrived.npos; at += 4)
                ++seen;
        }
    }
    state.counters["requests"] = pipeline;
    client.close();
    server->drain(std::chrono::seconds(5));
    loops.stop();
}
BENCHMARK(parse_a_request)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMicrosecond);

void read_parameters(benchmark::State& state) {
    constexpr std::string_view names[] = {"content", "sender", "metadata"};
    const auto r = sample_request(http::verb::post, "/", fmt::format(R"({{"content":"{}"}})", content));
    for (auto _ : state) benchmark::DoNotOptimize(http::parameters::read(r, names, 32));
}
BENCHMARK(read_parameters);

void dispatch_repeatedly(benchmark::State& state, api_fixture& h, const http::request& r) {
    asio::io_context here;
    for (auto _ : state) {
        asio::co_spawn(here, api::dispatch(h.services, r), asio::detached);
        here.restart();
        here.run();
    }
}

void find_a_route(benchmark::State& state) {
    auto& h = shared_fixture();
    const auto r = sample_request(http::verb::options, h.path);
    dispatch_repeatedly(state, h, r);
}
BENCHMARK(find_a_route);

void route_and_read_a_message(benchmark::State& state) {
    auto& h = shared_fixture();
    const auto target = h.path + "/1";
    const auto r = sample_request(http::verb::get, target);
    if (block_on(api::dispatch(h.services, r)).status != 200) state.SkipWithError("the message is missing");
    dispatch_repeatedly(state, h, r);
}
BENCHMARK(route_and_read_a_message);

void decide_a_creation(benchmark::State& state) {
    core::state s;
    const auto app = core::app_token::make();
    s.put(core::app{core::app_id(1), app, "micro", 1, now(), now()});
    s.put({core::app_id(1), core::chat_number(1)}, core::chat_counters{core::chat_id(1)});
    const core::command c{{},
                          std::nullopt,
                          core::create_message{app, core::chat_number(1), core::message_content::trusted(content),
                                               std::nullopt, std::nullopt}};
    const auto at = now();
    core::batch_effects effects;
    for (auto _ : state) {
        if (effects.size() == commands_of_a_batch) effects.clear();
        benchmark::DoNotOptimize(core::decide(s, c, at, {}, effects));
    }
}
BENCHMARK(decide_a_creation);

void write_a_message_as_json(benchmark::State& state) {
    const auto m = sample_message();
    for (auto _ : state) benchmark::DoNotOptimize(api::json_of(m));
}
BENCHMARK(write_a_message_as_json);

void write_a_response(benchmark::State& state) {
    const auto r = http::json_response(200, api::json_of(sample_message()));
    std::string out;
    for (auto _ : state) {
        out.clear();
        http::append_response(out, r, "0123456789abcdef", std::chrono::microseconds(42),
                              {.keep_alive = true, .supports_chunked = true, .is_head = false});
        benchmark::DoNotOptimize(out);
    }
}
BENCHMARK(write_a_response);

void match(benchmark::State& state, const std::string& text, std::string_view wanted) {
    const core::folded_query query(wanted);
    for (auto _ : state) benchmark::DoNotOptimize(query.is_in(text));
}
BENCHMARK_CAPTURE(match, ascii_nowhere, content, "the q");
BENCHMARK_CAPTURE(match, ascii_at_the_end, content, "a chat");
BENCHMARK_CAPTURE(match, german_nowhere, german, "für q");

void fold_german(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(core::fold(german));
}
BENCHMARK(fold_german);

}  // namespace
}  // namespace confab::bench

BENCHMARK_MAIN();
