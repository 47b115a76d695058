#include "core/decide.hpp"

#include <algorithm>

#include "base/overloaded.hpp"

namespace confab::core {
namespace {

std::optional<std::string_view> view(const std::optional<std::string>& text) {
    return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

std::optional<std::string_view> view(const std::optional<sender_name>& name) {
    return name ? std::optional<std::string_view>(name->text()) : std::nullopt;
}

// The result of a creation, and the number that its replay returns.
struct creation {
    created result;
    std::uint64_t replayed_as;
};

class decider {
public:
    decider(state& s, const job_id& job, timestamp now, batch_effects& effects)
        : state_(s), job_(job), now_(now), effects_(effects) {}

    result<creation> apply_create(const create_app& payload) {
        const auto id = state_.next_app;
        state_.next_app = id.next();
        state_.put(app{id, payload.token, payload.name.text(), 0, now_, now_});
        effects_.add(app_created{id, payload.token, payload.name.text(), now_, job_});
        return creation{{0, now_}, id.value()};
    }

    result<creation> apply_create(const create_chat& payload) {
        app* const parent = state_.find(payload.app);
        if (!parent) return error::not_found;
        if (parent->chats_count >= number_max) return error::numbers_used_up;
        const chat_number assigned(++parent->chats_count);
        const auto id = state_.next_chat;
        state_.next_chat = id.next();
        state_.put({parent->id, assigned}, chat_counters{id});
        effects_.add(chat_created{id, parent->id, assigned, now_, job_});
        return creation{{assigned.value(), now_}, assigned.value()};
    }

    result<creation> apply_create(const create_message& payload) {
        chat_counters* const parent = find_chat(payload.app, payload.chat);
        if (!parent) return error::not_found;
        if (parent->messages_count >= number_max) return error::numbers_used_up;
        const message_number assigned(++parent->messages_count);
        effects_.add(message_created{parent->id, assigned, payload.content.text(), view(payload.sender),
                                     view(payload.metadata), now_, job_, payload.chat});
        return creation{{assigned.value(), now_}, assigned.value()};
    }

    result<command_result> apply_update(const rename_app& payload) {
        app* const found = state_.find(payload.app);
        if (!found) return error::not_found;
        found->name = payload.name.text();
        found->updated_at = now_;
        effects_.add(app_renamed{found->id, payload.name.text(), now_, job_});
        return command_result{*found};
    }

    result<command_result> apply_update(const edit_message& payload) {
        const auto at = find_message(payload);
        if (!at.found) return error::not_found;
        if (at.found->deleted_at) return error::deleted;
        if (!is_allowed(payload.only_at, *at.found)) return error::version_mismatch;
        if (at.chat->changes_count >= number_max) return error::numbers_used_up;
        at.found->content = payload.content.text();
        if (payload.metadata) at.found->metadata = payload.metadata;
        bump_version(at);
        effects_.add(message_edited{at.chat->id, at.found->number, payload.content.text(), view(payload.metadata),
                                    at.found->version, at.chat->changes_count, now_, job_, payload.chat,
                                    unchanged_in(*at.found)});
        return command_result{*at.found};
    }

    result<command_result> apply_update(const delete_message& payload) {
        const auto at = find_message(payload);
        if (!at.found) return error::not_found;
        if (at.found->deleted_at) return command_result{*at.found};
        if (!is_allowed(payload.only_at, *at.found)) return error::version_mismatch;
        if (at.chat->changes_count >= number_max) return error::numbers_used_up;
        at.found->content.clear();
        at.found->metadata.reset();
        at.found->deleted_at = now_;
        bump_version(at);
        effects_.add(message_deleted{at.chat->id, at.found->number, at.found->version, at.chat->changes_count, now_,
                                     job_, payload.chat, unchanged_in(*at.found)});
        return command_result{*at.found};
    }

    result<command_result> apply_update(const unreadable&) { return error::rejected; }

private:
    struct resolved_message {
        chat_counters* chat = nullptr;
        message* found = nullptr;
    };

    template <class Payload>
    resolved_message find_message(const Payload& payload) {
        chat_counters* const parent = find_chat(payload.app, payload.chat);
        if (!parent) return {};
        return {parent, state_.find(state::message_locator{parent->id, payload.message})};
    }

    static bool is_allowed(const version_condition& only_at, const message& m) {
        return !only_at || std::ranges::find(*only_at, m.version) != only_at->end();
    }

    // Adds one change to the chat and one version to the message.
    void bump_version(const resolved_message& at) {
        at.chat->changes_count += 1;
        at.found->version += 1;
        at.found->updated_at = now_;
    }

    // Copies: a later command of the batch may change the message again.
    const unchanged_fields* unchanged_in(const message& m) {
        return effects_.keep({m.sender, m.metadata, m.created_at});
    }

    chat_counters* find_chat(const app_token& token, chat_number number) {
        const app* const owner = state_.find(token);
        return owner ? state_.find(state::chat_locator{owner->id, number}) : nullptr;
    }

    state& state_;
    const job_id& job_;
    timestamp now_;
    batch_effects& effects_;
};

template <class Payload>
concept creates = requires(decider d, const Payload& payload) { d.apply_create(payload); };

// The earlier result if the key was used with this payload; key_reused if with another. Nothing: the key is new in its
// scope, or has expired.
std::optional<result<command_result>> replay_of_key(const state& s, const state::key_locator& locator,
                                                    const idempotency_key& key, timestamp now) {
    const auto* const seen = s.find(locator);
    if (!seen || seen->expires_at <= now) return std::nullopt;
    if (!key.matches(seen->fingerprint)) return error::key_reused;
    return command_result{replayed{seen->number}};
}

timestamp expiry(timestamp now, const rules& r) {
    return {now.us + std::chrono::duration_cast<std::chrono::microseconds>(r.keep_keys).count()};
}

}  // namespace

std::optional<key_scope> scope_of(state& s, const command& c) {
    using kind = key_scope::kind;
    using scope = std::optional<key_scope>;
    const overloaded scope_of_wish{
        [](const create_app&) -> scope { return key_scope{kind::apps, 0}; },
        [&](const create_chat& payload) -> scope {
            const app* const parent = s.find(payload.app);
            return parent ? scope({kind::chats_of_app, parent->id.value()}) : std::nullopt;
        },
        [&](const create_message& payload) -> scope {
            const app* const owner = s.find(payload.app);
            const chat_counters* const parent = owner ? s.find(state::chat_locator{owner->id, payload.chat}) : nullptr;
            return parent ? scope({kind::messages_of_chat, parent->id.value()}) : std::nullopt;
        },
        [](const rename_app&) -> scope { return std::nullopt; },
        [](const edit_message&) -> scope { return std::nullopt; },
        [](const delete_message&) -> scope { return std::nullopt; },
        [](const unreadable&) -> scope { return std::nullopt; },
    };
    return std::visit(scope_of_wish, c.payload);
}

result<command_result> decide(state& s, const command& c, timestamp now, const rules& r, batch_effects& effects) {
    if (const auto* const completed = s.find(c.job)) return *completed;
    std::optional<state::key_locator> locator;
    if (c.key) {
        if (const auto scope = scope_of(s, c)) {
            locator.emplace(*scope, c.key->key_hash);
            if (auto completed = replay_of_key(s, *locator, *c.key, now)) return *completed;
        }
    }
    decider d(s, c.job, now, effects);
    return std::visit(
        [&](const auto& payload) -> result<command_result> {
            if constexpr (creates<std::decay_t<decltype(payload)>>) {
                const auto made = d.apply_create(payload);
                if (!made) return made.error();
                if (locator) {
                    const key_record record{c.key->fingerprint, made->replayed_as, expiry(now, r)};
                    s.put(*locator, record);
                    effects.add(key_used{locator->first, locator->second, record.fingerprint, record.number,
                                         record.expires_at});
                }
                return command_result{made->result};
            } else {
                return d.apply_update(payload);
            }
        },
        c.payload);
}

std::size_t weight(const command& c) {
    constexpr std::size_t flat = 256;
    const auto size = [](const auto& text) { return text ? view(text)->size() : 0; };
    const overloaded size_of_texts{
        [](const create_app& payload) { return payload.name.text().size(); },
        [](const rename_app& payload) { return payload.name.text().size(); },
        [](const create_chat&) { return std::size_t{0}; },
        [&](const create_message& payload) {
            return payload.content.text().size() + size(payload.sender) + size(payload.metadata);
        },
        [&](const edit_message& payload) { return payload.content.text().size() + size(payload.metadata); },
        [](const delete_message&) { return std::size_t{0}; },
        [](const unreadable& payload) { return payload.bytes.size(); },
    };
    return flat + std::visit(size_of_texts, c.payload);
}

}  // namespace confab::core
