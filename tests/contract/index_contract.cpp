#include "contract/index_contract.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <map>
#include <thread>

#include "support/run.hpp"
#include "support/seed.hpp"

namespace confab::testing {
namespace {

using core::chat_id, core::message_number;
using search::indexed_text, core::position;
using values = std::vector<std::uint64_t>;

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(index_contract);

constexpr chat_id chat(7);

indexed_text text(std::uint64_t number, std::string folded, std::uint64_t version = 1) {
    return {message_number(number), version, std::move(folded)};
}

// An index, and the texts that were stored in it.
class tracked_index {
public:
    explicit tracked_index(const named_index& tested) : index_(tested.make()) {}

    // Stores the texts, and advances the position. Each text that existed before counts as a change.
    void store(chat_id into, const std::vector<indexed_text>& texts) {
        const auto from = reaches_[into];
        auto to = from;
        for (const auto& t : texts) {
            if (t.number.value() <= from.messages) ++to.changes;
            to.messages = std::max(to.messages, t.number.value());
            stored_[into][t.number] = t;
        }
        ASSERT_TRUE(run(writer().store(into, texts, from, to)));
        reaches_[into] = to;
    }

    // All candidates below `below`. Checks each slice against the contract.
    values candidates_below(chat_id in, std::string_view query, std::uint64_t below) {
        const core::folded_query folded(query);
        values all;
        for (auto from = message_number(below);;) {
            const auto slice = run(reader().candidates(in, folded, from)).value();
            EXPECT_EQ(slice.position, reaches_[in]);
            EXPECT_LE(slice.numbers.size(), search::candidates_max);
            for (const auto number : slice.numbers) {
                EXPECT_TRUE(number < from && (!slice.next || number >= *slice.next));
                EXPECT_TRUE(all.empty() || number.value() < all.back());
                all.push_back(number.value());
            }
            if (!slice.next) return all;
            EXPECT_TRUE(*slice.next < from && slice.next->value() > 1);
            if (!(*slice.next < from)) return all;
            from = *slice.next;
        }
    }

    // The messages that contain the query, according to the stored texts.
    values hits(chat_id in, std::string_view query, std::uint64_t below) {
        values found;
        for (const auto& [number, t] : stored_[in])
            if (number.value() < below && t.text.find(query) != std::string::npos)
                found.insert(found.begin(), number.value());
        return found;
    }

    void expect_none_missed(chat_id in, std::string_view query, std::uint64_t below) {
        const auto among = candidates_below(in, query, below), wanted = hits(in, query, below);
        EXPECT_TRUE(std::ranges::includes(among, wanted, std::greater())) << query << " below " << below;
    }

    // The index holds the last version of every text, and nothing else.
    void expect_exact(chat_id in) {
        auto& auditor = index_->auditor();
        EXPECT_EQ(run(auditor.engine_findings()).value(), std::vector<std::string>());
        auto expected = stored_[in].begin();
        for (message_number after;;) {
            const auto slice = run(auditor.texts(in, after)).value();
            if (slice.texts.empty()) break;
            EXPECT_EQ(slice.position, reaches_[in]);
            for (const auto& t : slice.texts) {
                ASSERT_NE(expected, stored_[in].end());
                ASSERT_EQ(t, expected->second) << t.number.value();
                ++expected;
            }
            after = slice.texts.back().number;
        }
        EXPECT_EQ(expected, stored_[in].end());
    }

    search::index& reader() { return index_->reader(); }
    search::index_writer& writer() { return index_->writer(); }
    search::index_auditor& auditor() { return index_->auditor(); }
    void reopen() { index_->reopen(); }
    position find_position(chat_id in) { return run(reader().find_position(in)).value(); }
    std::map<message_number, indexed_text>& held(chat_id in) { return stored_[in]; }

private:
    std::unique_ptr<index_fixture> index_;
    std::map<chat_id, position> reaches_;
    std::map<chat_id, std::map<message_number, indexed_text>> stored_;
};

TEST_P(index_contract, knows_nothing_at_first) {
    tracked_index s(GetParam());
    EXPECT_EQ(s.find_position(chat), position());
    EXPECT_EQ(s.candidates_below(chat, "a", 100), values());
    EXPECT_TRUE(run(s.writer().chats({})).value().empty());
    EXPECT_TRUE(run(s.auditor().chats({})).value().empty());
    EXPECT_TRUE(run(s.auditor().texts(chat, {})).value().texts.empty());
}

TEST_P(index_contract, returns_stored_texts_immediately_and_after_a_restart) {
    tracked_index s(GetParam());
    s.store(chat, {text(1, "the first"), text(2, "a second"), text(3, "the third")});
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(s.find_position(chat), (position{3, 0}));
        s.expect_none_missed(chat, "th", 4);
        s.expect_none_missed(chat, "the third", 4);
        s.expect_none_missed(chat, "the", 3);
        s.expect_exact(chat);
        s.reopen();
    }
    s.store(chat, {text(4, "goes on")});
    s.expect_none_missed(chat, "s", 5);
    s.expect_exact(chat);
}

TEST_P(index_contract, queried_above_its_position_returns_what_it_has) {
    tracked_index s(GetParam());
    s.store(chat, {text(1, "a"), text(2, "b")});
    s.expect_none_missed(chat, "a", core::number_max);
    EXPECT_EQ(s.candidates_below(chat, "a", 1), values());
}

TEST_P(index_contract, knows_a_changed_text_by_its_last_version_only) {
    tracked_index s(GetParam());
    s.store(chat, {text(1, "old words"), text(2, "stays")});
    s.store(chat, {text(1, "new words", 2), text(3, "old as well")});
    EXPECT_EQ(s.find_position(chat), (position{3, 1}));
    s.expect_none_missed(chat, "new", 4);
    s.expect_none_missed(chat, "old", 4);
    s.expect_exact(chat);
    s.store(chat, {text(1, "", 3)});
    s.expect_none_missed(chat, "s", 4);
    s.expect_exact(chat);
}

TEST_P(index_contract, keeps_the_later_of_two_versions) {
    tracked_index s(GetParam());
    s.store(chat, {text(1, "third", 3), text(2, "other")});
    ASSERT_TRUE(run(s.writer().store(chat, std::vector{text(1, "second", 2)}, {2, 0}, {2, 1})));
    const auto slice = run(s.auditor().texts(chat, {})).value();
    ASSERT_EQ(slice.texts.size(), 2U);
    EXPECT_EQ(slice.texts[0], text(1, "third", 3));
    EXPECT_EQ(slice.position, (position{2, 1}));
}

TEST_P(index_contract, stores_nothing_from_another_position) {
    tracked_index s(GetParam());
    s.store(chat, {text(1, "one"), text(2, "two")});
    for (const auto from : {position{1, 0}, position{3, 0}, position{2, 1}, position{}}) {
        const auto stored = run(s.writer().store(chat, std::vector{text(1, "lost", 9)}, from, {3, 3}));
        EXPECT_EQ(stored.error(), error::version_mismatch);
    }
    EXPECT_EQ(run(s.writer().store(chat_id(8), std::vector{text(2, "x")}, {1, 0}, {2, 0})).error(),
              error::version_mismatch);
    EXPECT_EQ(s.find_position(chat), (position{2, 0}));
    s.expect_exact(chat);
}

TEST_P(index_contract, advances_its_position_without_a_text) {
    tracked_index s(GetParam());
    s.store(chat, {text(1, "one")});
    ASSERT_TRUE(run(s.writer().store(chat, {}, {1, 0}, {1, 5})));
    EXPECT_EQ(s.find_position(chat), (position{1, 5}));
}

TEST_P(index_contract, separates_adjacent_chats) {
    tracked_index s(GetParam());
    for (const auto id : {6U, 7U, 8U})
        s.store(chat_id(id), {text(1, "shared"), text(2, "only in " + std::to_string(id))});
    s.expect_none_missed(chat, "in 7", core::number_max);
    s.store(chat_id(6), {text(1, "", 2), text(3, "shared")});
    s.expect_none_missed(chat, "shared", core::number_max);
    for (const auto id : {6U, 7U, 8U}) s.expect_exact(chat_id(id));
}

TEST_P(index_contract, lists_chats_in_order_of_id) {
    tracked_index s(GetParam());
    for (const auto id : {9U, 3U, 5U}) s.store(chat_id(id), {text(1, "x"), text(2, "y")});
    s.store(chat_id(5), {text(1, "z", 2)});
    const auto all = run(s.writer().chats({})).value();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[1].chat, chat_id(5));
    EXPECT_EQ(all[1].position, (position{2, 1}));
    const auto rest = run(s.writer().chats(chat_id(5))).value();
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0].chat, chat_id(9));
    EXPECT_TRUE(run(s.writer().chats(chat_id(9))).value().empty());
    EXPECT_EQ(run(s.auditor().chats(chat_id(3))).value().size(), 2U);
}

TEST_P(index_contract, returns_many_candidates_in_slices) {
    tracked_index s(GetParam());
    std::vector<indexed_text> many;
    values expected;
    for (std::uint64_t n = 1; n <= 1'500; ++n) {
        many.push_back(text(n, n % 3 == 0 ? "needle in hay" : "hay"));
        if (n % 3 == 0) expected.insert(expected.begin(), n);
    }
    s.store(chat, many);
    EXPECT_EQ(s.hits(chat, "needle", 1'501), expected);
    for (const auto* query : {"needle", "hay"})
        for (const auto below : {1'501U, 700U, 2U}) s.expect_none_missed(chat, query, below);
}

TEST_P(index_contract, treats_every_character_literally) {
    tracked_index s(GetParam());
    const std::string signs[] = {"%",  "_", "*",  "\"", "\\", "'",         "?",        "(",   ")",  "[",
                                 "]",  "{", "}",  "+",  "-",  "~",         "^",        "$",   ".",  "|",
                                 "&",  "/", "<",  ">",  "=",  ":",         "!",        "#",   "@",  "\n",
                                 "\t", " ", "語", "🎈", "é",  "e\xcc\x81", "\xc2\xa0", "and", "or", "not"};
    std::vector<indexed_text> all;
    for (const auto& sign : signs) all.push_back(text(all.size() + 1, core::fold("a" + sign + "b")));
    s.store(chat, all);
    for (const auto& sign : signs) {
        s.expect_none_missed(chat, core::fold(sign), all.size() + 1);
        s.expect_none_missed(chat, core::fold("a" + sign), all.size() + 1);
        s.expect_none_missed(chat, core::fold(sign + "b"), all.size() + 1);
    }
    s.expect_exact(chat);
}

TEST_P(index_contract, knows_the_longest_text_to_its_end) {
    tracked_index s(GetParam());
    std::string longest;
    while (longest.size() < 300'000) longest += "word " + std::to_string(longest.size()) + ' ';
    const auto end = longest.substr(longest.size() - 40);
    s.store(chat, {text(1, "short"), text(2, longest + "!"), text(3, "short again")});
    s.expect_none_missed(chat, end + "!", 4);
    s.expect_none_missed(chat, "!", 4);
    s.expect_none_missed(chat, longest.substr(150'000, 600), 4);
    s.expect_none_missed(chat, "short", 4);
    s.expect_exact(chat);
    s.store(chat, {text(2, "cut", 2)});
    s.expect_none_missed(chat, "cut", 4);
    s.expect_exact(chat);
}

TEST_P(index_contract, forgets_everything_when_cleared) {
    tracked_index s(GetParam());
    s.store(chat, {text(1, "gone")});
    s.store(chat_id(8), {text(1, "gone")});
    ASSERT_TRUE(run(s.writer().clear()));
    EXPECT_EQ(s.find_position(chat), position());
    EXPECT_TRUE(run(s.writer().chats({})).value().empty());
    EXPECT_TRUE(run(s.auditor().texts(chat, {})).value().texts.empty());
    ASSERT_TRUE(run(s.writer().store(chat, std::vector{text(1, "anew")}, {}, {1, 0})));
    EXPECT_EQ(s.find_position(chat), (position{1, 0}));
}

TEST_P(index_contract, returns_numbers_and_position_of_one_snapshot) {
    tracked_index s(GetParam());
    std::atomic<bool> is_done = false;
    std::thread looking([&] {
        asio::io_context here;
        const core::folded_query query("common");
        for (int looks = 0; !is_done || looks < 10; ++looks) {
            auto candidates = s.reader().candidates(chat, query, message_number(core::number_max));
            auto running = asio::co_spawn(here, std::move(candidates), asio::use_future);
            here.restart();
            here.run();
            const auto found = running.get().value();
            EXPECT_EQ(found.numbers.empty() ? 0 : found.numbers.front().value(), found.position.messages);
        }
    });
    for (std::uint64_t n = 0; n < 3'000; n += 30) {
        std::vector<indexed_text> more;
        for (auto i = n + 1; i <= n + 30; ++i) more.push_back(text(i, "common"));
        s.store(chat, more);
    }
    is_done = true;
    looking.join();
}

class random_texts {
public:
    explicit random_texts(std::uint64_t seed) : random_(seed) {}

    std::uint64_t upto(std::uint64_t most) { return std::uniform_int_distribution<std::uint64_t>(1, most)(random_); }

    // Of few letters, so that queries often match.
    std::string letters(std::size_t count) {
        static const std::string alphabet[] = {"a", "b", "c", " ", "é", "語", "🎈", "%", "\\"};
        std::string made;
        for (std::size_t i = 0; i < count; ++i) made += alphabet[upto(std::size(alphabet)) - 1];
        return made;
    }

    std::string words() { return letters(upto(upto(10) == 1 ? 3'000 : 40)); }

private:
    std::mt19937_64 random_;
};

TEST_P(index_contract, misses_nothing_in_random_texts_with_random_changes) {
    tracked_index s(GetParam());
    random_texts random(seed());
    for (int round = 0; round < 40; ++round) {
        const chat_id in(random.upto(2));
        auto& held = s.held(in);
        std::map<message_number, indexed_text> next;
        for (auto changes = random.upto(20); changes > 0 && !held.empty(); --changes) {
            const auto& before = held.at(message_number(random.upto(held.size())));
            const bool deletes = random.upto(4) == 1;
            next[before.number] = text(before.number.value(), deletes ? "" : random.words(), before.version + 1);
        }
        const auto count = held.size() + random.upto(60);
        for (auto n = held.size() + 1; n <= count; ++n) next[message_number(n)] = text(n, random.words());
        std::vector<indexed_text> texts;
        for (auto& [number, t] : next) texts.push_back(std::move(t));
        s.store(in, texts);
        for (int i = 0; i < 10; ++i) {
            const auto query = random.letters(random.upto(4));
            s.expect_none_missed(in, query, random.upto(held.size() + 1));
        }
        if (round % 10 == 9) s.reopen();
        run(s.writer().maintain());
    }
    for (const auto in : {chat_id(1), chat_id(2)}) s.expect_exact(in);
}

}  // namespace
}  // namespace confab::testing
