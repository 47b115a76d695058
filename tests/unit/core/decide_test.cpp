// decide() against a model of plain lists: compares every outcome of random commands and the final state.
#include <gtest/gtest.h>

#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/decide.hpp"
#include "support/commands.hpp"
#include "support/seed.hpp"

namespace confab::core {
namespace {

using testing::command;

struct model_message {
    std::string content;
    std::uint64_t version;
    bool is_deleted = false;
};
struct model_chat {
    std::vector<model_message> messages;
    std::uint64_t changes = 0;
};
struct model_app {
    app_token token;
    std::string name;
    std::vector<model_chat> chats;
};
struct model_key {
    std::string payload;
    std::uint64_t number;
    std::int64_t expires_us;
};

// An outcome as text, so that outcomes of all types can be compared.
std::string say(const result<command_result>& r) {
    if (!r) return r.error().message();
    if (const auto* made = std::get_if<created>(&*r)) return "created " + std::to_string(made->number);
    if (const auto* seen = std::get_if<replayed>(&*r)) return "replayed " + std::to_string(seen->number);
    if (const auto* renamed = std::get_if<app>(&*r)) return "app " + renamed->name;
    const auto& edited = std::get<message>(*r);
    return (edited.deleted_at ? "tombstone " : "message ") + edited.content + " version " +
           std::to_string(edited.version);
}

class model_checker {
public:
    explicit model_checker(std::uint64_t seed) : random_(seed) {
        state_.next_app = app_id(1), state_.next_chat = chat_id(1);
    }

    void step() {
        now_.us += 1'000'000LL * static_cast<std::int64_t>(pick(3600));
        switch (pick(10)) {
            case 0:
                return create_an_app();
            case 1:
                return rename_an_app();
            case 2:
            case 3:
                return create_a_chat();
            case 4:
                return edit_a_message();
            case 5:
                return delete_a_message();
            default:
                return create_a_message();
        }
    }

    // Compares the rows of all effects with the model: the same rows, numbered 1..n.
    void compare() const {
        std::map<std::uint64_t, std::vector<std::uint64_t>> chats_of, messages_of, changes_of;
        for (const auto& e : effects_) {
            if (const auto* c = std::get_if<chat_created>(&e)) chats_of[c->app.value()].push_back(c->number.value());
            if (const auto* m = std::get_if<message_created>(&e))
                messages_of[m->chat.value()].push_back(m->number.value());
            if (const auto* m = std::get_if<message_edited>(&e)) changes_of[m->chat.value()].push_back(m->seq);
            if (const auto* m = std::get_if<message_deleted>(&e)) changes_of[m->chat.value()].push_back(m->seq);
        }
        for (const auto* numbers : {&chats_of, &messages_of, &changes_of})
            for (const auto& [parent, given] : *numbers)
                for (std::size_t i = 0; i < given.size(); ++i) ASSERT_EQ(given[i], i + 1) << "under " << parent;
        std::size_t chats = 0, messages = 0, changes = 0, model_chats = 0, model_messages = 0, model_changes = 0;
        for (const auto& [parent, given] : chats_of) chats += given.size();
        for (const auto& [parent, given] : messages_of) messages += given.size();
        for (const auto& [parent, given] : changes_of) changes += given.size();
        for (const auto& a : apps_) {
            model_chats += a.chats.size();
            for (const auto& c : a.chats) model_messages += c.messages.size(), model_changes += c.changes;
        }
        EXPECT_EQ(chats, model_chats);
        EXPECT_EQ(messages, model_messages);
        EXPECT_EQ(changes, model_changes);
    }

private:
    std::uint64_t pick(std::uint64_t below) { return random_() % below; }

    void expect(const core::command& c, const std::string& expected) {
        const auto before = effects_.size();
        const auto answered = decide(state_, c, now_, rules{}, effects_);
        ASSERT_EQ(say(answered), expected);
        if (!answered || std::holds_alternative<replayed>(*answered)) {
            ASSERT_EQ(effects_.size(), before);
        }
    }

    // Mostly an app that exists.
    std::pair<app_token, model_app*> some_app() {
        if (apps_.empty() || pick(20) == 0) return {app_token::make(), nullptr};
        auto& a = apps_[pick(apps_.size())];
        return {a.token, &a};
    }

    std::pair<std::uint64_t, model_chat*> some_chat(model_app* a) {
        const auto number = 1 + pick((a ? a->chats.size() : 0) + 1);
        return {number, a && number <= a->chats.size() ? &a->chats[number - 1] : nullptr};
    }

    std::string some_payload() { return std::string(1, static_cast<char>('a' + pick(3))); }

    // A creation in the model: a known key gives the old number, otherwise `make` gives the next one.
    template <class Make>
    std::string create(const std::string& scope, const std::string& name, const std::string& payload, bool keyed,
                       Make make) {
        if (keyed) {
            const auto seen = keys_.find(scope + name);
            if (seen != keys_.end() && seen->second.expires_us > now_.us) {
                if (seen->second.payload != payload) return make_error_code(error::key_reused).message();
                return "replayed " + std::to_string(seen->second.number);
            }
        }
        const auto [answered, kept] = make();
        if (keyed) keys_[scope + name] = {payload, kept, now_.us + 24 * 3'600'000'000LL};
        return "created " + std::to_string(answered);
    }

    std::optional<idempotency_key> key_of(bool keyed, const std::string& name, const std::string& payload) {
        return keyed ? testing::key(name, payload) : std::nullopt;
    }

    void create_an_app() {
        const auto name = some_payload(), key = std::to_string(pick(5));
        const bool keyed = pick(2) == 0;
        const auto token = app_token::make();
        const auto expected = create("apps", key, name, keyed, [&] {
            apps_.push_back({token, name, {}});
            return std::pair<std::uint64_t, std::uint64_t>(0, apps_.size());
        });
        expect(command(testing::new_app(token, name), key_of(keyed, key, name)), expected);
    }

    void rename_an_app() {
        const auto [token, a] = some_app();
        const auto name = some_payload();
        if (a) a->name = name;
        expect(command(rename_app{token, testing::valid<app_name>(name)}), a ? "app " + name : "not found");
    }

    void create_a_chat() {
        const auto [token, a] = some_app();
        const auto key = std::to_string(pick(5));
        const bool keyed = pick(3) == 0;
        const auto expected = !a ? "not found" : create("chats" + std::string(token.text()), key, "", keyed, [&] {
            a->chats.emplace_back();
            return std::pair<std::uint64_t, std::uint64_t>(a->chats.size(), a->chats.size());
        });
        expect(command(core::create_chat{token}, key_of(keyed, key, "")), expected);
    }

    void create_a_message() {
        const auto [token, a] = some_app();
        const auto [number, chat] = some_chat(a);
        const auto content = some_payload(), key = std::to_string(pick(5));
        const bool keyed = pick(3) == 0;
        const auto scope = "messages" + std::string(token.text()) + "/" + std::to_string(number) + "/";
        const auto expected = !chat ? "not found" : create(scope, key, content, keyed, [&, to = chat] {
            to->messages.push_back({content, 1});
            load(token, number, to->messages.size(), to->messages.back());
            return std::pair<std::uint64_t, std::uint64_t>(to->messages.size(), to->messages.size());
        });
        expect(command(testing::new_message(token, number, content), key_of(keyed, key, content)), expected);
    }

    // A message that may exist, and the versions that a change of it expects.
    struct target {
        app_token token;
        std::uint64_t chat_number;
        std::uint64_t number;
        model_chat* chat;
        model_message* found;
        version_condition only_at;

        // Why a change is refused; empty: it is not.
        std::string refusal() const {
            if (!found) return "not found";
            if (found->is_deleted) return "deleted";
            if (only_at && only_at->front() != found->version) return "version mismatch";
            return "";
        }
    };

    target some_message() {
        const auto [token, a] = some_app();
        const auto [chat_number, chat] = some_chat(a);
        const auto number = 1 + pick((chat ? chat->messages.size() : 0) + 1);
        auto* const found = chat && number <= chat->messages.size() ? &chat->messages[number - 1] : nullptr;
        const auto only_at = pick(2) == 0 ? version_condition() : version_condition(std::vector{1 + pick(3)});
        return {token, chat_number, number, chat, found, only_at};
    }

    void edit_a_message() {
        const auto at = some_message();
        const auto content = some_payload();
        auto expected = at.refusal();
        if (expected.empty()) {
            *at.found = {content, at.found->version + 1};
            at.chat->changes += 1;
            expected = "message " + content + " version " + std::to_string(at.found->version);
        }
        auto payload = testing::edit(at.token, at.chat_number, at.number, content);
        payload.only_at = at.only_at;
        expect(command(payload), expected);
    }

    void delete_a_message() {
        const auto at = some_message();
        auto expected = at.refusal();
        if (expected.empty()) {
            *at.found = {"", at.found->version + 1, true};
            at.chat->changes += 1;
        }
        if (expected.empty() || expected == "deleted")
            expected = "tombstone  version " + std::to_string(at.found->version);
        expect(
            command(core::delete_message{at.token, chat_number(at.chat_number), message_number(at.number), at.only_at}),
            expected);
    }

    // As the ledger does: loads messages into the state before they are edited.
    void load(const app_token& token, std::uint64_t chat, std::uint64_t number, const model_message& m) {
        const auto& head = *state_.find(state::chat_locator{state_.find(token)->id, chat_number(chat)});
        state_.put(head.id, message{message_number(number), m.content, {}, {}, m.version, now_, now_});
    }

    std::mt19937_64 random_;
    timestamp now_{1'000'000'000'000'000};
    state state_;
    batch_effects effects_;
    std::vector<model_app> apps_;
    std::map<std::string, model_key> keys_;
};

TEST(decide, agrees_with_the_model_on_random_commands) {
    const auto seed = testing::seed();
    for (int round = 0; round < 50; ++round) {
        model_checker w(seed + static_cast<std::uint64_t>(round));
        for (int i = 0; i < 1000 && !HasFatalFailure(); ++i) w.step();
        w.compare();
    }
}

class full : public ::testing::Test {
protected:
    full() {
        s.next_app = app_id(2), s.next_chat = chat_id(2);
        s.put(app{app_id(1), token, "a", number_max, {}, {}});
        s.put({app_id(1), chat_number(1)}, chat_counters{chat_id(1), number_max, number_max});
        s.put(chat_id(1), message{message_number(7), "x", {}, {}, 1, {}, {}});
    }

    void expect_refused(const core::command& c) {
        EXPECT_EQ(decide(s, c, now(), rules{}, effects).error(), error::numbers_used_up);
        EXPECT_TRUE(effects.empty());
        EXPECT_EQ(s.find(token)->chats_count, number_max);
        EXPECT_EQ(s.find(state::chat_locator{app_id(1), chat_number(1)})->messages_count, number_max);
    }

    const app_token token = app_token::make();
    state s;
    batch_effects effects;
};

TEST_F(full, app_or_chat_refuses_the_number_after_the_last) {
    expect_refused(command(core::create_chat{token}, testing::key("k", "p")));
    expect_refused(command(testing::new_message(token, 1, "x"), testing::key("k", "p")));
    expect_refused(command(testing::edit(token, 1, 7, "y")));
    EXPECT_EQ(s.find(state::message_locator{chat_id(1), message_number(7)})->content, "x");
}

TEST_F(full, completed_command_gets_its_first_result_and_changes_nothing) {
    const auto again = command(testing::new_message(app_token::make(), 1, "x"));
    s.put(again.job, command_result{created{7, {1}}});
    EXPECT_EQ(say(decide(s, again, {2}, {}, effects)), "created 7");
    const auto refused = command(create_chat{app_token::make()});
    s.put(refused.job, error::outcome_unknown);
    EXPECT_EQ(decide(s, refused, {2}, {}, effects).error(), error::outcome_unknown);
    EXPECT_TRUE(effects.empty());
    s.end_batch(1000);
    EXPECT_EQ(s.find(again.job), nullptr);
}

TEST_F(full, command_that_cannot_be_read_is_rejected) {
    EXPECT_EQ(decide(s, command(unreadable{"?"}), {2}, {}, effects).error(), error::rejected);
    EXPECT_TRUE(effects.empty());
}

// The effects of changes have what an event of the live feed shows besides.
class effects_of_changes : public ::testing::Test {
protected:
    effects_of_changes() {
        s.next_app = app_id(2), s.next_chat = chat_id(6);
        s.put(app{app_id(1), token, "a", 3, {}, {}});
        s.put({app_id(1), chat_number(3)}, chat_counters{chat_id(5), 8, 2});
        s.put(chat_id(5), message{message_number(7), "first", "ann", R"({"a":1})", 1, {10}, {10}});
        s.put(chat_id(5), message{message_number(8), "plain", {}, {}, 1, {11}, {11}});
    }

    core::edit_message edit(std::uint64_t message, const char* content, std::optional<std::string> metadata) {
        auto payload = testing::edit(token, 3, message, content);
        payload.metadata = std::move(metadata);
        return payload;
    }

    core::delete_message removal(std::uint64_t message) { return {token, chat_number(3), message_number(message), {}}; }

    // The commands of one batch, which outlive its effects.
    void decide_all() {
        for (const auto& c : batch) ASSERT_TRUE(decide(s, c, {20}, {}, effects));
    }

    template <class Effect>
    const Effect& effect_at(std::size_t index) const {
        return std::get<Effect>(effects[index]);
    }

    static void expect(const unchanged_fields* found, const std::optional<std::string>& sender,
                       const std::optional<std::string>& metadata, timestamp created_at) {
        ASSERT_NE(found, nullptr);
        EXPECT_EQ(found->sender, sender);
        EXPECT_EQ(found->metadata, metadata);
        EXPECT_EQ(found->created_at, created_at);
    }

    const app_token token = app_token::make();
    state s;
    std::vector<core::command> batch;
    batch_effects effects;
};

TEST_F(effects_of_changes, have_the_number_of_their_chat) {
    batch = {command(testing::new_message(token, 3, "new")), command(edit(7, "second", {})), command(removal(8))};
    decide_all();
    ASSERT_EQ(effects.size(), 3U);
    EXPECT_EQ(effect_at<message_created>(0).chat_number, chat_number(3));
    EXPECT_EQ(effect_at<message_edited>(1).chat_number, chat_number(3));
    EXPECT_EQ(effect_at<message_deleted>(2).chat_number, chat_number(3));
}

TEST_F(effects_of_changes, have_the_fields_that_they_do_not_change) {
    batch = {command(edit(7, "second", {})), command(edit(8, "plain again", {})), command(removal(8)),
             command(removal(7))};
    decide_all();
    ASSERT_EQ(effects.size(), 4U);
    expect(effect_at<message_edited>(0).unchanged, "ann", R"({"a":1})", {10});
    expect(effect_at<message_edited>(1).unchanged, {}, {}, {11});
    expect(effect_at<message_deleted>(2).unchanged, {}, {}, {11});
    expect(effect_at<message_deleted>(3).unchanged, "ann", {}, {10});
}

TEST_F(effects_of_changes, keep_the_metadata_of_their_own_version) {
    batch = {command(edit(7, "second", {})), command(edit(7, "third", R"({"b":2})")), command(edit(7, "fourth", {})),
             command(edit(7, "fifth", R"({})")), command(removal(7))};
    decide_all();
    ASSERT_EQ(effects.size(), 5U);
    expect(effect_at<message_edited>(0).unchanged, "ann", R"({"a":1})", {10});
    expect(effect_at<message_edited>(1).unchanged, "ann", R"({"b":2})", {10});
    expect(effect_at<message_edited>(2).unchanged, "ann", R"({"b":2})", {10});
    expect(effect_at<message_edited>(3).unchanged, "ann", R"({})", {10});
    expect(effect_at<message_deleted>(4).unchanged, "ann", {}, {10});
}

TEST_F(effects_of_changes, are_none_where_nothing_changes) {
    batch = {command(removal(8)), command(removal(8))};
    decide_all();
    EXPECT_EQ(effects.size(), 1U);
}

}  // namespace
}  // namespace confab::core
