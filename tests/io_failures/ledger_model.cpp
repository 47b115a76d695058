#include "io_failures/ledger_model.hpp"

#include <fmt/core.h>

#include "support/run.hpp"

namespace confab::testing {

findings ledger_model::apply(std::span<const core::effect> effects) {
    for (const auto& e : effects) std::visit([this](const auto& one) { take(one); }, e);
    return std::exchange(found_, {});
}

void ledger_model::take(const core::app_created& e) {
    if (!apps_.emplace(e.id.value(), app{e.token, std::string(e.name), {}}).second)
        report(fmt::format("app id {} was assigned twice", e.id.value()));
}

void ledger_model::take(const core::app_renamed& e) {
    apps_.at(e.id.value()).name = e.name;
}

void ledger_model::take(const core::chat_created& e) {
    auto& owner = apps_.at(e.app.value());
    if (e.number.value() != owner.chats.size() + 1)
        report(fmt::format("chat {} was acknowledged after {} chats", e.number.value(), owner.chats.size()));
    if (!chats_.emplace(e.id.value(), std::pair(e.app.value(), owner.chats.size())).second)
        report(fmt::format("chat id {} was assigned twice", e.id.value()));
    owner.chats.push_back({e.number, {}, 0});
}

void ledger_model::take(const core::message_created& e) {
    auto& messages = chat_of(e.chat).messages;
    if (e.number.value() != messages.size() + 1)
        report(fmt::format("message {} was acknowledged after {} messages", e.number.value(), messages.size()));
    messages.push_back({{std::string(e.content)}, 1, false});
}

void ledger_model::take(const core::message_edited& e) {
    if (auto* const m = changed(e.chat, e.number, e.version, e.seq)) m->versions.emplace_back(e.content);
}

void ledger_model::take(const core::message_deleted& e) {
    if (auto* const m = changed(e.chat, e.number, e.version, e.seq)) {
        m->versions.clear();
        m->is_deleted = true;
    }
}

void ledger_model::take(const core::key_used& e) {
    keys_.insert_or_assign({e.scope, e.key_hash}, e.number);
}

ledger_model::chat& ledger_model::chat_of(core::chat_id id) {
    const auto& [owner, at] = chats_.at(id.value());
    return apps_.at(owner).chats[at];
}

ledger_model::message* ledger_model::changed(core::chat_id id, core::message_number number, std::uint64_t version,
                                             std::uint64_t seq) {
    auto& c = chat_of(id);
    if (seq != c.changes + 1) report(fmt::format("change {} was acknowledged after {} changes", seq, c.changes));
    c.changes = seq;
    if (number.value() > c.messages.size()) {
        report(fmt::format("message {} was changed and is missing", number.value()));
        return nullptr;
    }
    auto& m = c.messages[number.value() - 1];
    if (m.is_deleted || version != m.version + 1)
        report(fmt::format("message {} was changed to version {} after {}", number.value(), version, m.version));
    m.version = version;
    return &m;
}

std::uint64_t ledger_model::messages_in(core::chat_number number) const {
    if (apps_.empty()) return 0;
    const auto& chats = apps_.begin()->second.chats;
    return number.value() > chats.size() ? 0 : chats[number.value() - 1].messages.size();
}

// Reads everything through the port. Ends at the first unavailable read.
class ledger_model::comparison {
public:
    comparison(const ledger_model& model, ledger::readers& ledger) : model_(model), ledger_(ledger) {}

    std::optional<findings> all() {
        const auto last = run(ledger_.last_app());
        if (!last) return std::nullopt;
        const auto expected = model_.apps_.empty() ? 0 : model_.apps_.rbegin()->first;
        if (last->value() != expected) add(fmt::format("the last app is {} instead of {}", last->value(), expected));
        for (const auto& [id, a] : model_.apps_)
            if (!compare_app(core::app_id(id), a)) return found_.empty() ? std::nullopt : std::optional(found_);
        return found_;
    }

private:
    void add(std::string finding) { found_.push_back(std::move(finding)); }

    bool compare_app(core::app_id id, const app& a) {
        const auto there = run(ledger_.find_app(a.token));
        if (!there) return is_missing("an app", there.error());
        if (there->name != a.name) add(fmt::format("an app is named '{}' instead of '{}'", there->name, a.name));
        if (there->chats_count != a.chats.size())
            add(fmt::format("an app counts {} chats instead of {}", there->chats_count, a.chats.size()));
        const auto chats = run(ledger_.chats(id, {0, core::number_max}));
        if (!chats) return false;
        if (chats->size() != a.chats.size()) add(fmt::format("{} chats instead of {}", chats->size(), a.chats.size()));
        for (std::size_t i = 0; i < std::min(chats->size(), a.chats.size()); ++i)
            if (!compare_chat((*chats)[i], a.chats[i])) return false;
        return true;
    }

    bool compare_chat(const core::chat& there, const chat& c) {
        const auto name = fmt::format("chat {}", c.number.value());
        if (there.messages_count != c.messages.size())
            add(fmt::format("{} counts {} messages instead of {}", name, there.messages_count, c.messages.size()));
        if (there.changes_count != c.changes)
            add(fmt::format("{} counts {} changes instead of {}", name, there.changes_count, c.changes));
        std::uint64_t after = 0;
        for (;;) {
            const auto slice = run(ledger_.messages(there.id, {after, core::number_max}));
            if (!slice) return false;
            if (slice->empty()) break;
            for (const auto& m : *slice) compare_message(name, m, c, ++after);
        }
        if (after != c.messages.size())
            add(fmt::format("{} has {} messages instead of {}", name, after, c.messages.size()));
        return compare_versions(there.id, name, c);
    }

    void compare_message(const std::string& chat_name, const core::message& there, const chat& c,
                         std::uint64_t number) {
        if (number > c.messages.size() || there.number.value() != number) return;  // the counts report it
        const auto& m = c.messages[number - 1];
        const auto name = fmt::format("{}, message {}", chat_name, number);
        if (there.version != m.version)
            add(fmt::format("{} has version {} instead of {}", name, there.version, m.version));
        if (there.deleted_at.has_value() != m.is_deleted) add(name + " is deleted in one of the two only");
        if (!m.is_deleted && there.content != m.versions.back()) add(name + " has another content");
    }

    bool compare_versions(core::chat_id id, const std::string& chat_name, const chat& c) {
        for (std::size_t i = 0; i < c.messages.size(); ++i) {
            const auto& m = c.messages[i];
            if (m.is_deleted || m.version == 1) continue;
            std::vector<std::string> there;
            for (;;) {
                const auto slice = run(ledger_.versions(id, core::message_number(i + 1), there.size()));
                if (!slice && slice.error() == error::unavailable) return false;
                if (!slice || slice->empty()) break;
                for (const auto& v : *slice) there.push_back(v.content);
            }
            if (there != m.versions) add(fmt::format("{}, message {} has other versions", chat_name, i + 1));
        }
        return true;
    }

    // False ends the comparison.
    bool is_missing(const std::string& what, const boost::system::error_code& cause) {
        if (cause != error::not_found) return false;
        add(what + " is missing");
        return true;
    }

    const ledger_model& model_;
    ledger::readers& ledger_;
    findings found_;
};

std::optional<findings> ledger_model::compare(ledger::readers& ledger) const {
    return comparison(*this, ledger).all();
}

}  // namespace confab::testing
