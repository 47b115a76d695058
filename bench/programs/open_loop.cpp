// open_loop: sends creations to a server at a constant rate and times each from its due time.
//   open_loop --port 3000 --path /apps/TOKEN/chats --chats 50 --rate 20000 --seconds 10
// Prints a JSON object. Ends with status 1 if any answer was missing or not 201.
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>

#include "open_loop/client.hpp"

namespace confab::bench {
namespace {

volatile std::sig_atomic_t stop_requested = 0;

struct options {
    std::uint16_t port = 0;
    std::string path;
    std::uint64_t first_chat = 1;
    std::uint64_t chats = 1;
    std::string content = "the same sixty-four bytes, over and over, as a message of a chat";
    plan how;
};

std::string request(const options& o, std::uint64_t chat) {
    const auto body = fmt::format(R"({{"content":"{}"}})", o.content);
    return fmt::format(
        "POST {}/{}/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
        "{}\r\n\r\n{}",
        o.path, chat, body.size(), body);
}

double cpu_s() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void print(const options& o, outcome& done) {
    fmt::print(
        R"({{"rate":{},"connections":{},"seconds":{:.3f},"answered":{},"answered_per_s":{:.1f},"other_answers":{},)"
        R"("unanswered":{},"waited_for_a_connection":{},"cpu_s":{:.2f},"late_us":{},"latency_us":{},"curve":[{}]}})"
        "\n",
        o.how.rate, o.how.connections, done.seconds, done.answered, static_cast<double>(done.answered) / done.seconds,
        done.other_answers, done.unanswered, done.waited_for_a_connection, cpu_s(), done.lateness.summary(),
        done.latency.summary(), fmt::join(done.latency.curve(), ","));
}

int run(const options& o) {
    std::vector<std::string> requests;
    for (std::uint64_t chat = o.first_chat; chat < o.first_chat + o.chats; ++chat) requests.push_back(request(o, chat));
    client c(o.port, std::move(requests), o.how);
    auto done = c.run(stop_requested);
    print(o, done);
    if (done.other_answers > 0)
        fmt::print(stderr, "open_loop: an answer was not 201: {}\n", done.first_unexpected_answer);
    if (done.unanswered > 0) fmt::print(stderr, "open_loop: {} requests were not answered\n", done.unanswered);
    return done.other_answers + done.unanswered > 0 ? 1 : 0;
}

}  // namespace
}  // namespace confab::bench

int main(int count, char** arguments) {
    using namespace confab::bench;
    options o;
    CLI::App program("Creates messages at a constant rate and times each from its due time.");
    program.add_option("--port", o.port, "port of the server on 127.0.0.1")->required();
    program.add_option("--path", o.path, "path of the app's chats, /apps/TOKEN/chats")->required();
    program.add_option("--first-chat", o.first_chat, "number of the first chat")->capture_default_str();
    program.add_option("--chats", o.chats, "number of chats, used in turn")->capture_default_str();
    program.add_option("--content", o.content, "ASCII without quotes")->capture_default_str();
    program.add_option("--rate", o.how.rate, "requests/s")->required()->check(CLI::PositiveNumber);
    program.add_option("--connections", o.how.connections, "keep-alive connections")->capture_default_str();
    program.add_option("--warm-up-s", o.how.warm_up_s, "seconds before the counted ones")->capture_default_str();
    program.add_option("--seconds", o.how.seconds, "counted seconds; 0: until SIGTERM")->capture_default_str();
    CLI11_PARSE(program, count, arguments);
    static_cast<void>(std::signal(SIGTERM, [](int) { stop_requested = 1; }));
    try {
        return run(o);
    } catch (const std::exception& cause) {
        fmt::print(stderr, "open_loop: {}\n", cause.what());
        return 1;
    }
}
