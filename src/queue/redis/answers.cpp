// Encoding of published answers. A reader skips an unknown answer: the node then looks up the job in the ledger.
#include <algorithm>

#include "queue/redis/codec.hpp"
#include "queue/redis/entry.pb.h"

namespace confab::queue {
namespace {

template <class Texts>
std::optional<std::string> optional_text(bool is_there, const Texts& text) {
    return is_there ? std::optional<std::string>(text) : std::nullopt;
}

void put(wire::Answer& to, const core::created& a) {
    to.mutable_created()->set_number(a.number);
    to.mutable_created()->set_at_us(a.at.us);
}

void put(wire::Answer& to, const core::replayed& a) {
    to.set_replayed(a.number);
}

void put(wire::Answer& to, const core::app& a) {
    auto& app = *to.mutable_app();
    app.set_id(a.id.value());
    app.set_token(std::string(a.token.text()));
    app.set_name(a.name);
    app.set_chats_count(a.chats_count);
    app.set_created_us(a.created_at.us);
    app.set_updated_us(a.updated_at.us);
}

void put(wire::Answer& to, const core::message& m) {
    auto& message = *to.mutable_message();
    message.set_number(m.number.value());
    message.set_content(m.content);
    if (m.sender) message.set_sender(*m.sender);
    if (m.metadata) message.set_metadata(*m.metadata);
    message.set_version(m.version);
    message.set_created_us(m.created_at.us);
    message.set_updated_us(m.updated_at.us);
    if (m.deleted_at) message.set_deleted_us(m.deleted_at->us);
}

std::optional<outcome> app_from(const wire::App& a) {
    const auto token = core::app_token::parse(a.token());
    if (!token) return std::nullopt;
    return core::command_result{
        core::app{core::app_id(a.id()), *token, a.name(), a.chats_count(), {a.created_us()}, {a.updated_us()}}};
}

core::message message_from(const wire::Message& m) {
    return {core::message_number(m.number()),
            m.content(),
            optional_text(m.has_sender(), m.sender()),
            optional_text(m.has_metadata(), m.metadata()),
            m.version(),
            {m.created_us()},
            {m.updated_us()},
            m.has_deleted_us() ? std::optional(timestamp{m.deleted_us()}) : std::nullopt};
}

std::optional<outcome> outcome_from(const wire::Answer& a) {
    switch (a.outcome_case()) {
        case wire::Answer::kCreated:
            return core::command_result{core::created{a.created().number(), {a.created().at_us()}}};
        case wire::Answer::kReplayed:
            return core::command_result{core::replayed{a.replayed()}};
        case wire::Answer::kApp:
            return app_from(a.app());
        case wire::Answer::kMessage:
            return core::command_result{message_from(a.message())};
        case wire::Answer::kRefused:
            if (a.refused() < 1 || a.refused() > error_count) return std::nullopt;
            return outcome(static_cast<error>(a.refused()));
        case wire::Answer::OUTCOME_NOT_SET:
            break;
    }
    return std::nullopt;
}

}  // namespace

std::string encode(const std::vector<job_outcome>& answers) {
    wire::Answers all;
    for (const auto& [job, value] : answers) {
        auto& one = *all.add_all();
        one.set_job(job.data(), job.size());
        if (value) {
            std::visit([&](const auto& a) { put(one, a); }, *value);
        } else {
            one.set_refused(static_cast<std::uint32_t>(value.error().value()));
        }
    }
    return all.SerializeAsString();
}

std::vector<job_outcome> decode_answers(std::string_view bytes) {
    wire::Answers all;
    if (!all.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
    std::vector<job_outcome> found;
    for (const auto& one : all.all()) {
        core::job_id job{};
        auto value = outcome_from(one);
        if (!value || one.job().size() != job.size()) continue;
        std::ranges::transform(one.job(), job.begin(), [](char c) { return static_cast<std::byte>(c); });
        found.push_back({job, std::move(*value)});
    }
    return found;
}

}  // namespace confab::queue
