// index_load MESSAGES: stores so many messages of 64 characters in one chat of the index in Elasticsearch. Retries
// failed stores. Then times queries and verifies every text. Fails unless the index has exactly these messages.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "base/log.hpp"
#include "support/elastic.hpp"
#include "support/run.hpp"

namespace confab::testing {
namespace {

using clock = std::chrono::steady_clock;
using core::message_number;
using search::indexed_text, core::position;

constexpr core::chat_id chat(7);
constexpr std::uint64_t messages_of_a_store = 4'000;  // as the follower's

double ms_since(clock::time_point begun) {
    return std::chrono::duration<double, std::milli>(clock::now() - begun).count();
}

// Texts of words with a natural frequency distribution, cut to 64 characters.
std::vector<std::string> made_texts(std::uint64_t count) {
    std::mt19937_64 random(7);
    std::discrete_distribution<int> letter({12, 9, 8, 7, 7, 6, 6, 6, 5, 4, 4, 3, 3, 2, 2, 2, 2, 2, 1, 1, 1, 1});
    std::vector<std::string> words(20'000);
    for (auto& w : words)
        for (auto size = 2 + random() % 8; size > 0; --size) w += "etaoinshrdlucmfwypvbgk"[letter(random)];
    std::vector<std::string> texts(count);
    for (auto& t : texts) {
        while (t.size() < 64) t += words[random() % (1 + random() % words.size())] + " ";
        t.resize(64);
    }
    return texts;
}

// Stores the next messages after the index's position. False: retry later.
bool store_next(search::elastic_index& index, const std::vector<std::string>& texts) {
    const auto from = run(index.reader().find_position(chat));
    if (!from) return false;
    if (from->messages == texts.size()) return true;
    const auto last = std::min<std::uint64_t>(from->messages + messages_of_a_store, texts.size());
    std::vector<indexed_text> next;
    for (auto n = from->messages; n < last; ++n) next.push_back({message_number(n + 1), 1, texts[n]});
    return run(index.writer().store(chat, next, *from, {last, 0})).has_value();
}

void store_all(search::elastic_index& index, const std::vector<std::string>& texts) {
    for (position at; at.messages < texts.size();) {
        if (!store_next(index, texts)) {
            fmt::print("not now\n");
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
        }
        if (const auto now = run(index.reader().find_position(chat)); now && *now != at) {
            at = *now;
            fmt::print("reached {}\n", at.messages);
        }
        std::fflush(stdout);
    }
}

// Queries the first slice of candidates, as a page of a search does.
void time_query(search::elastic_index& index, const std::string& text, std::uint64_t count) {
    constexpr int times = 20;
    const core::folded_query query(text);
    std::vector<double> took;
    for (int i = 0; i < times; ++i) {
        const auto begun = clock::now();
        run(index.reader().candidates(chat, query, message_number(count + 1))).value();
        took.push_back(ms_since(begun));
    }
    std::ranges::sort(took);
    fmt::print("'{}' ({} characters): minimum {:.1f} ms, median {:.1f} ms, maximum {:.1f} ms\n", text, text.size(),
               took.front(), took[times / 2], took.back());
}

std::uint64_t count_of_right(search::elastic_index& index, const std::vector<std::string>& texts) {
    std::uint64_t right = 0;
    for (message_number after;;) {
        const auto slice = run(index.auditor().texts(chat, after)).value();
        if (slice.texts.empty()) return right;
        for (const auto& t : slice.texts) right += t.text == texts[t.number.value() - 1] ? 1U : 0U;
        after = slice.texts.back().number;
    }
}

int load(std::uint64_t count) {
    log::start(log::level::error);
    const auto progress = ledger::mysql::make_mysql_index_progress(mysql_with_schema());
    const auto index = search::open_elastic_index(new_elastic_index(), *progress);
    const auto texts = made_texts(count);
    const auto begun = clock::now();
    store_all(*index, texts);
    fmt::print("{:.0f} messages/s\n", 1000 * static_cast<double>(count) / ms_since(begun));
    const auto& middle = texts[count / 2];
    for (const auto* text : {"e", "k", "th", "kg", "the", "ing"}) time_query(*index, text, count);
    time_query(*index, middle.substr(20, 10), count);
    time_query(*index, middle, count);
    const auto right = count_of_right(*index, texts);
    fmt::print("{} of {} texts are correct\n", right, count);
    return right == count ? 0 : 1;
}

}  // namespace
}  // namespace confab::testing

int main(int argc, char** argv) {
    return confab::testing::load(argc > 1 ? std::stoull(argv[1]) : 100'000);
}
