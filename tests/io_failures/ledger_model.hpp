// The expected content of a ledger: applies the effects of every acknowledged batch and compares itself with a reader's
// answers.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/effect.hpp"
#include "core/entities.hpp"
#include "ledger/readers.hpp"
#include "ledger/writer.hpp"

namespace confab::testing {

using findings = std::vector<std::string>;

class ledger_model {
public:
    // Applies the effects of a batch. Returns a finding for each number that leaves a gap or was assigned before.
    findings apply(std::span<const core::effect> effects);

    // Returns the differences from the ledger. An unavailable read ends the comparison; the result is then std::nullopt
    // if nothing differed before it.
    std::optional<findings> compare(ledger::readers& ledger) const;

    std::uint64_t messages_in(core::chat_number number) const;
    const std::map<std::pair<core::key_scope, digest>, std::uint64_t>& keys() const { return keys_; }
    void forget_keys() { keys_.clear(); }

private:
    struct message {
        std::vector<std::string> versions;  // their contents; empty once deleted
        std::uint64_t version = 1;
        bool is_deleted = false;
    };
    struct chat {
        core::chat_number number;
        std::vector<message> messages;
        std::uint64_t changes = 0;
    };
    struct app {
        core::app_token token;
        std::string name;
        std::vector<chat> chats;
    };

    void take(const core::app_created& e);
    void take(const core::app_renamed& e);
    void take(const core::chat_created& e);
    void take(const core::message_created& e);
    void take(const core::message_edited& e);
    void take(const core::message_deleted& e);
    void take(const core::key_used& e);
    chat& chat_of(core::chat_id id);
    message* changed(core::chat_id id, core::message_number number, std::uint64_t version, std::uint64_t seq);
    void report(std::string finding) { found_.push_back(std::move(finding)); }

    class comparison;

    std::map<std::uint64_t, app> apps_;                                     // by id
    std::map<std::uint64_t, std::pair<std::uint64_t, std::size_t>> chats_;  // by id: its app and its index there
    std::map<std::pair<core::key_scope, digest>, std::uint64_t> keys_;
    findings found_;
};

}  // namespace confab::testing
