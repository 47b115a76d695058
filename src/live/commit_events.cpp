#include "live/commit_events.hpp"

#include <utility>
#include <vector>

#include "base/require.hpp"

namespace confab::live {
namespace {

std::optional<std::string> owned(const std::optional<std::string_view>& text) {
    return text ? std::optional(std::string(*text)) : std::nullopt;
}

core::message object_of(const core::message_created& e) {
    return {e.number, std::string(e.content), owned(e.sender), owned(e.metadata), 1, e.at, e.at};
}

core::message object_of(const core::message_edited& e) {
    return {e.number,
            std::string(e.content),
            e.unchanged->sender,
            e.unchanged->metadata,
            e.version,
            e.unchanged->created_at,
            e.at};
}

core::message object_of(const core::message_deleted& e) {
    return {e.number, {}, e.unchanged->sender, std::nullopt, e.version, e.unchanged->created_at, e.at, e.at};
}

class commit_events {
public:
    commit_events(const hub& to, event_texts texts) : hub_(to), texts_(texts) {}

    void operator()(const core::app_created&) {}
    void operator()(const core::app_renamed&) {}
    void operator()(const core::key_used&) {}
    void operator()(const core::chat_created& e) {
        const auto topic = topic_of(e.app);
        if (!hub_.may_be_followed(topic)) return;
        const core::chat made{e.id, e.number, 0, 0, e.at, e.at};
        add(topic, counter::creations, e.number.value(), texts_.of_chat(made));
    }
    void operator()(const core::message_created& e) {
        add_message(e, message_event::created, counter::creations, e.number.value());
    }
    void operator()(const core::message_edited& e) { add_change(e, message_event::updated); }
    void operator()(const core::message_deleted& e) { add_change(e, message_event::deleted); }

    const std::vector<event>& all() const { return events_; }

private:
    template <class Effect>
    void add_change(const Effect& e, message_event what) {
        require(e.unchanged != nullptr, "an effect that was decided has all fields of its message");
        add_message(e, what, counter::changes, e.seq);
    }

    template <class Effect>
    void add_message(const Effect& e, message_event what, counter c, std::uint64_t number) {
        const auto topic = topic_of(e.chat);
        if (hub_.may_be_followed(topic)) add(topic, c, number, texts_.of_message(what, e.chat_number, object_of(e)));
    }

    void add(const topic& t, counter c, std::uint64_t number, event_text text) {
        events_.push_back({t, c, number, std::make_shared<const event_text>(std::move(text))});
    }

    const hub& hub_;
    const event_texts texts_;
    std::vector<event> events_;
};

}  // namespace

void publish_commit(hub& to, event_texts texts, const core::batch_effects& effects) {
    if (!to.has_followers()) return;
    commit_events events(to, texts);
    for (const auto& e : effects) std::visit([&](const auto& one) { events(one); }, e);
    if (!events.all().empty()) to.publish(events.all());
}

}  // namespace confab::live
