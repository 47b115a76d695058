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

// The number that a replay of this creation will answer.
struct creation {
    created answer;
    std::uint64_t replayed_as;
};

class decider {
public:
    decider(state& s, const job_id& job, timestamp now, std::vector<effect>& effects)
        : state_(s), job_(job), now_(now), effects_(effects) {}

    result<creation> make(const create_app& wish) {
        const auto id = state_.next_app;
        state_.next_app = id.next();
        state_.put(app{id, wish.token, wish.name.text(), 0, now_, now_});
        effects_.push_back(app_created{id, wish.token, wish.name.text(), now_, job_});
        return creation{{0, now_}, id.value()};
    }

    result<creation> make(const create_chat& wish) {
        app* const parent = state_.find(wish.app);
        if (!parent) return error::not_found;
        if (parent->chats_count >= number_max) return error::numbers_used_up;
        const chat_number given(++parent->chats_count);
        const auto id = state_.next_chat;
        state_.next_chat = id.next();
        state_.put({parent->id, given}, chat_head{id});
        effects_.push_back(chat_created{id, parent->id, given, now_, job_});
        return creation{{given.value(), now_}, given.value()};
    }

    result<creation> make(const create_message& wish) {
        chat_head* const parent = find_chat(wish.app, wish.chat);
        if (!parent) return error::not_found;
        if (parent->messages_count >= number_max) return error::numbers_used_up;
        const message_number given(++parent->messages_count);
        effects_.push_back(message_created{parent->id, given, wish.content.text(), view(wish.sender),
                                           view(wish.metadata), now_, job_});
        return creation{{given.value(), now_}, given.value()};
    }

    result<answer> change(const rename_app& wish) {
        app* const found = state_.find(wish.app);
        if (!found) return error::not_found;
        found->name = wish.name.text();
        found->updated_at = now_;
        effects_.push_back(app_renamed{found->id, wish.name.text(), now_, job_});
        return answer{*found};
    }

    result<answer> change(const edit_message& wish) {
        const auto at = find_message(wish);
        if (!at.found) return error::not_found;
        if (at.found->deleted_at) return error::deleted;
        if (!is_allowed(wish.only_at, *at.found)) return error::version_mismatch;
        if (at.chat->changes_count >= number_max) return error::numbers_used_up;
        at.found->content = wish.content.text();
        if (wish.metadata) at.found->metadata = wish.metadata;
        move_on(at);
        effects_.push_back(message_edited{at.chat->id, at.found->number, wish.content.text(), view(wish.metadata),
                                          at.found->version, at.chat->changes_count, now_, job_});
        return answer{*at.found};
    }

    result<answer> change(const delete_message& wish) {
        const auto at = find_message(wish);
        if (!at.found) return error::not_found;
        if (at.found->deleted_at) return answer{*at.found};
        if (!is_allowed(wish.only_at, *at.found)) return error::version_mismatch;
        if (at.chat->changes_count >= number_max) return error::numbers_used_up;
        at.found->content.clear();
        at.found->metadata.reset();
        at.found->deleted_at = now_;
        move_on(at);
        effects_.push_back(
            message_deleted{at.chat->id, at.found->number, at.found->version, at.chat->changes_count, now_, job_});
        return answer{*at.found};
    }

    result<answer> change(const unreadable&) { return error::rejected; }

private:
    struct message_at {
        chat_head* chat = nullptr;
        message* found = nullptr;
    };

    template <class Wish>
    message_at find_message(const Wish& wish) {
        chat_head* const parent = find_chat(wish.app, wish.chat);
        if (!parent) return {};
        return {parent, state_.find(state::message_place{parent->id, wish.message})};
    }

    static bool is_allowed(const version_condition& only_at, const message& m) {
        return !only_at || std::ranges::find(*only_at, m.version) != only_at->end();
    }

    // One more change of this chat, one more version of this message.
    void move_on(const message_at& at) {
        at.chat->changes_count += 1;
        at.found->version += 1;
        at.found->updated_at = now_;
    }

    chat_head* find_chat(const app_token& token, chat_number number) {
        const app* const owner = state_.find(token);
        return owner ? state_.find(state::chat_place{owner->id, number}) : nullptr;
    }

    state& state_;
    const job_id& job_;
    timestamp now_;
    std::vector<effect>& effects_;
};

template <class Wish>
concept creates = requires(decider d, const Wish& wish) {
    d.make(wish);
};

// A key that was seen with this payload is answered, with another refused; nothing: it is new here, or expired.
std::optional<result<answer>> answer_to_retry(const state& s, const state::key_place& place, const retry_key& key,
                                              timestamp now) {
    const auto* const seen = s.find(place);
    if (!seen || seen->expires_at <= now) return std::nullopt;
    if (!key.is_of(seen->fingerprint)) return error::key_reused;
    return answer{replayed{seen->number}};
}

timestamp expiry(timestamp now, const rules& r) {
    return {now.us + std::chrono::duration_cast<std::chrono::microseconds>(r.keep_keys).count()};
}

}  // namespace

std::optional<key_scope> scope_of(state& s, const command& c) {
    using kind = key_scope::kind;
    using scope = std::optional<key_scope>;
    const overloaded scope_of_wish{
        [](const create_app&) -> scope {
            return key_scope{kind::apps, 0};
        },
        [&](const create_chat& wish) -> scope {
            const app* const parent = s.find(wish.app);
            return parent ? scope({kind::chats_of_app, parent->id.value()}) : std::nullopt;
        },
        [&](const create_message& wish) -> scope {
            const app* const owner = s.find(wish.app);
            const chat_head* const parent = owner ? s.find(state::chat_place{owner->id, wish.chat}) : nullptr;
            return parent ? scope({kind::messages_of_chat, parent->id.value()}) : std::nullopt;
        },
        [](const rename_app&) -> scope { return std::nullopt; },
        [](const edit_message&) -> scope { return std::nullopt; },
        [](const delete_message&) -> scope { return std::nullopt; },
        [](const unreadable&) -> scope { return std::nullopt; },
    };
    return std::visit(scope_of_wish, c.wish);
}

result<answer> decide(state& s, const command& c, timestamp now, const rules& r, std::vector<effect>& effects) {
    if (const auto* const settled = s.find(c.job)) return *settled;
    std::optional<state::key_place> place;
    if (c.key) {
        if (const auto scope = scope_of(s, c)) {
            place.emplace(*scope, c.key->key_hash);
            if (auto settled = answer_to_retry(s, *place, *c.key, now)) return *settled;
        }
    }
    decider d(s, c.job, now, effects);
    return std::visit(
        [&](const auto& wish) -> result<answer> {
            if constexpr (creates<std::decay_t<decltype(wish)>>) {
                const auto made = d.make(wish);
                if (!made) return made.error();
                if (place) {
                    const key_record record{c.key->fingerprint, made->replayed_as, expiry(now, r)};
                    s.put(*place, record);
                    effects.push_back(
                        key_used{place->first, place->second, record.fingerprint, record.number, record.expires_at});
                }
                return answer{made->answer};
            } else {
                return d.change(wish);
            }
        },
        c.wish);
}

std::size_t weight(const command& c) {
    constexpr std::size_t flat = 256;
    const auto size = [](const auto& text) { return text ? view(text)->size() : 0; };
    const overloaded size_of_texts{
        [](const create_app& wish) { return wish.name.text().size(); },
        [](const rename_app& wish) { return wish.name.text().size(); },
        [](const create_chat&) { return std::size_t{0}; },
        [&](const create_message& wish) {
            return wish.content.text().size() + size(wish.sender) + size(wish.metadata);
        },
        [&](const edit_message& wish) { return wish.content.text().size() + size(wish.metadata); },
        [](const delete_message&) { return std::size_t{0}; },
        [](const unreadable& wish) { return wish.bytes.size(); },
    };
    return flat + std::visit(size_of_texts, c.wish);
}

}  // namespace confab::core
