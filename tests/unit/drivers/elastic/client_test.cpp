// The client with a scripted server. The contract tests use a real Elasticsearch.
#include "drivers/elastic/client.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <future>
#include <list>
#include <mutex>
#include <thread>

#include "support/run.hpp"

namespace confab::elastic {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;
using testing::run;

std::string reply(int status, std::string_view body, std::string_view more = "") {
    return fmt::format("HTTP/1.1 {} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n{}", status,
                       body.size(), more, body);
}

// Accepts connections, each with its own thread. `answer` returns the response to a request; empty: close.
class scripted_server {
public:
    using script = std::function<std::optional<std::string>(int nth_request, const std::string& request)>;

    explicit scripted_server(script answer) : answer_(std::move(answer)) {
        listening_ = std::thread([this] { listen(); });
    }
    ~scripted_server() {
        ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
        listening_.join();
        for (auto& c : open_) {
            ::shutdown(c.socket.native_handle(), SHUT_RDWR);
            c.thread.join();
        }
    }
    scripted_server(const scripted_server&) = delete;
    scripted_server& operator=(const scripted_server&) = delete;

    client_options options() const {
        client_options o{.where = engine_url::parse("http://ada:l%40ve@127.0.0.1/base", "http", port_)};
        o.response_timeout = 5s;
        return o;
    }
    int connections() const { return connections_; }
    int requests() const { return requests_; }

private:
    struct open_connection {
        tcp::socket socket;
        std::thread thread;
    };

    void listen() {
        for (;;) {
            boost::system::error_code over;
            auto socket = acceptor_.accept(over);
            if (over) return;
            ++connections_;
            auto& c = open_.emplace_back(open_connection{std::move(socket), {}});
            c.thread = std::thread([this, &c] { serve(c.socket); });
        }
    }

    void serve(tcp::socket& socket) {
        std::string seen;
        for (boost::system::error_code over;;) {
            const auto head = asio::read_until(socket, asio::dynamic_buffer(seen), "\r\n\r\n", over);
            if (over) return;
            const auto length = seen.find("Content-Length: ");
            const auto body = length < head ? std::stoul(seen.substr(length + 16)) : 0;
            if (seen.size() < head + body)
                asio::read(socket, asio::dynamic_buffer(seen), asio::transfer_exactly(head + body - seen.size()), over);
            const auto answer = answer_(++requests_, seen.substr(0, head + body));
            seen.erase(0, head + body);
            if (!answer) {
                socket.shutdown(tcp::socket::shutdown_both, over);
                return;
            }
            asio::write(socket, asio::buffer(*answer), over);
        }
    }

    const script answer_;
    asio::io_context context_;
    tcp::acceptor acceptor_{context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    const std::uint16_t port_ = acceptor_.local_endpoint().port();
    std::atomic<int> connections_ = 0, requests_ = 0;
    std::list<open_connection> open_;
    std::thread listening_;
};

request search(std::string body = "{}") {
    return {verb::post, "/things/_search", std::move(body)};
}

TEST(ElasticClient, SendsARequestWholeAndReadsItsAnswer) {
    std::string seen;
    scripted_server server([&](int, const std::string& r) {
        seen = r;
        return reply(200, R"({"took":3})");
    });
    const auto client = make_client(server.options());
    const auto a = run(client->send(search(R"({"size":1})")));
    ASSERT_TRUE(a);
    EXPECT_TRUE(a->is_ok());
    EXPECT_EQ(a->body.at("took").as_int64(), 3);
    EXPECT_TRUE(seen.starts_with("POST /base/things/_search HTTP/1.1\r\n")) << seen;
    EXPECT_NE(seen.find("Authorization: Basic YWRhOmxAdmU=\r\n"), std::string::npos) << seen;
    EXPECT_TRUE(seen.ends_with("\r\n\r\n{\"size\":1}")) << seen;
}

TEST(ElasticClient, KeepsItsConnectionBetweenRequests) {
    scripted_server server([](int, const std::string&) { return reply(200, "{}"); });
    const auto client = make_client(server.options());
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(run(client->send(search())));
    EXPECT_EQ(server.connections(), 1);
}

TEST(ElasticClient, OpensAnotherConnectionAfterOneThatIsToBeClosed) {
    scripted_server server([](int, const std::string&) { return reply(200, "{}", "Connection: close\r\n"); });
    const auto client = make_client(server.options());
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(run(client->send(search())));
    EXPECT_EQ(server.connections(), 2);
}

TEST(ElasticClient, RepeatsARequestThatMetAConnectionJustClosed) {
    scripted_server server(
        [](int nth, const std::string&) { return nth == 2 ? std::nullopt : std::optional(reply(200, "{}")); });
    const auto client = make_client(server.options());
    ASSERT_TRUE(run(client->send(search())));
    EXPECT_TRUE(run(client->send(search())));
    EXPECT_EQ(server.requests(), 3);
}

TEST(ElasticClient, NeverRepeatsWhatWouldDoHarmTwice) {
    scripted_server server(
        [](int nth, const std::string&) { return nth == 2 ? std::nullopt : std::optional(reply(200, "{}")); });
    const auto client = make_client(server.options());
    ASSERT_TRUE(run(client->send(search())));
    auto once = search();
    once.is_idempotent = false;
    EXPECT_EQ(run(client->send(once)).error(), error::unavailable);
    EXPECT_EQ(server.requests(), 2);
}

TEST(ElasticClient, NeverRepeatsOnAConnectionThatIsNew) {
    scripted_server server([](int, const std::string&) { return std::nullopt; });
    const auto client = make_client(server.options());
    EXPECT_EQ(run(client->send(search())).error(), error::unavailable);
    EXPECT_EQ(server.requests(), 1);
}

TEST(ElasticClient, AfterAnAnswerThatDidNotComeAsksNothingForAWhileAndThenAgain) {
    std::promise<void> ended;
    scripted_server server([&, over = ended.get_future().share()](int nth, const std::string&) {
        if (nth == 1) over.wait();
        return reply(200, "{}");
    });
    auto options = server.options();
    options.response_timeout = 50ms;
    options.cooldown_after_failure = 300ms;
    const auto client = make_client(options);
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(run(client->send(search())).error(), error::unavailable);
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 50ms);
    EXPECT_EQ(run(client->send(search())).error(), error::unavailable);
    EXPECT_EQ(server.requests(), 1);
    while (!run(client->send(search()))) std::this_thread::yield();
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 350ms);
    EXPECT_GE(server.requests(), 2);
    ended.set_value();
}

TEST(ElasticClient, TellsARefusalFromAnEngineThatCannotNow) {
    constexpr auto refusal =
        R"({"error":{"type":"index_not_found_exception","reason":"no such index [x]"},"status":404})";
    const int statuses[] = {404, 429, 503, 404};
    scripted_server server([&](int nth, const std::string&) { return reply(statuses[nth - 1], refusal); });
    const auto client = make_client(server.options());
    for (const int status : statuses) {
        const auto a = run(client->send(search()));
        ASSERT_EQ(a.has_value(), status == 404);
        if (!a) continue;
        EXPECT_FALSE(a->is_ok());
        EXPECT_EQ(a->error_type(), "index_not_found_exception");
        EXPECT_EQ(a->reason(), "no such index [x]");
    }
}

TEST(ElasticClient, SaysWhyTheLastRequestFailedUntilOneSucceeds) {
    std::promise<void> ended;
    scripted_server server([&, over = ended.get_future().share()](int nth, const std::string&) {
        if (nth == 3) over.wait();
        return nth == 1 ? reply(429, R"({"error":{"type":"cluster_block_exception","reason":"disk is full"}})")
                        : reply(200, "{}");
    });
    auto options = server.options();
    options.response_timeout = 50ms;
    const auto client = make_client(options);
    const auto name = "Elasticsearch at " + options.where.redacted();
    EXPECT_EQ(client->last_failure(), "");
    EXPECT_EQ(run(client->send(search())).error(), error::unavailable);
    EXPECT_EQ(client->last_failure(), name + ": answered 429: disk is full");
    auto patient = search();
    patient.timeout = 5s;
    EXPECT_TRUE(run(client->send(patient)));
    EXPECT_EQ(client->last_failure(), "");
    EXPECT_EQ(run(client->send(search())).error(), error::unavailable);
    EXPECT_EQ(client->last_failure(), name + ": timed out after 50 ms");
    ended.set_value();
}

TEST(ElasticClient, TakesNoAnswerThatIsTooLongOrNotJsonOrTooDeep) {
    const std::string texts[] = {"\"" + std::string(2000, 'x') + "\"", "<html>",
                                 std::string(100, '[') + std::string(100, ']')};
    for (const auto& text : texts) {
        scripted_server server([&](int, const std::string&) { return reply(200, text); });
        auto options = server.options();
        options.response_bytes_max = 1000;
        const auto client = make_client(options);
        EXPECT_EQ(run(client->send(search())).error(), error::unavailable);
    }
}

TEST(ElasticClient, HasNoMoreConnectionsThanItMay) {
    scripted_server server([](int, const std::string&) { return reply(200, "{}"); });
    auto options = server.options();
    options.connections_max = 2;
    const auto client = make_client(options);
    int answered = 0;
    asio::io_context loop;
    for (int i = 0; i < 20; ++i) {
        asio::co_spawn(loop, client->send(search()),
                       [&](std::exception_ptr, result<response> a) { answered += a ? 1 : 0; });
    }
    loop.run();
    EXPECT_EQ(answered, 20);
    EXPECT_LE(server.connections(), 2);
}

TEST(ElasticClient, WaitsForAConnectionOnlyForAWhile) {
    std::promise<void> ended;
    scripted_server server([over = ended.get_future().share()](int, const std::string&) {
        over.wait();
        return reply(200, "{}");
    });
    auto options = server.options();
    options.connections_max = 1;
    options.wait_for_connection = 50ms;
    const auto client = make_client(options);
    asio::io_context loop;
    bool is_answered = false;
    asio::co_spawn(loop, client->send(search()),
                   [&](std::exception_ptr, result<response> a) { is_answered = a.has_value(); });
    asio::co_spawn(loop, client->send(search()), [&](std::exception_ptr, result<response> a) {
        EXPECT_EQ(a.error(), error::unavailable);
        ended.set_value();
    });
    loop.run();
    EXPECT_TRUE(is_answered);
}

TEST(ElasticClient, LeavesNothingBehindWhenItsLoopEndsBeforeItOrAfter) {
    std::promise<void> ended;
    scripted_server server([over = ended.get_future().share()](int nth, const std::string&) {
        if (nth > 1) over.wait();
        return reply(200, "{}");
    });
    auto client = make_client(server.options());
    {
        asio::io_context loop;
        asio::co_spawn(loop, client->send(search()),
                       [](std::exception_ptr, const result<response>& a) { EXPECT_TRUE(a); });
        loop.run();
        loop.restart();
        asio::co_spawn(loop, client->send(search()), [](std::exception_ptr, const result<response>&) { FAIL(); });
        while (server.requests() < 2) loop.run_one_for(1ms);
    }
    asio::io_context loop;
    ended.set_value();
    asio::co_spawn(loop, client->send(search()), [](std::exception_ptr, const result<response>& a) { EXPECT_TRUE(a); });
    loop.run();
    client.reset();
}

}  // namespace
}  // namespace confab::elastic
