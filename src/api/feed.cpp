#include "api/feed.hpp"

#include <string>
#include <string_view>

#include "api/objects.hpp"
#include "base/counted.hpp"
#include "base/digits.hpp"

namespace confab::api {
namespace {

template <class Object>
live::event_text text_of(std::string_view type, core::chat_number chat, const Object& object) {
    std::string data = R"({"type":")";
    data.append(type).append(R"(","chat":)");
    append_number(data, chat.value());
    data += R"(,"object":)";
    append(data, object);
    data += '}';
    return {type, data};
}

std::string_view name_of(live::message_event what) {
    switch (what) {
        case live::message_event::created:
            return "message.created";
        case live::message_event::updated:
            return "message.updated";
        case live::message_event::deleted:
            break;
    }
    return "message.deleted";
}

}  // namespace

http::expected<stream_quota::permit> stream_quota::acquire(const core::app_token& app) {
    std::unique_lock lock(mutex_);
    if (open_ >= streams_max_) {
        ++refused_;
        return http::problem{http::problem_kind::too_many_streams,
                             counted(streams_max_, "stream is", "streams are") + " open already (--streams-max)"};
    }
    auto& of_app = of_app_[app];
    if (of_app >= streams_per_app_max_) {
        ++refused_of_app_;
        return http::problem{http::problem_kind::too_many_streams_of_app,
                             counted(streams_per_app_max_, "stream", "streams") +
                                 " of this app are open already (--streams-per-app-max)"};
    }
    ++of_app;
    ++open_;
    lock.unlock();  // if there is no memory for the permit, its deleter is called
    return permit(this, [app](stream_quota* from) { from->release(app); });
}

void stream_quota::release(const core::app_token& app) {
    const std::lock_guard lock(mutex_);
    const auto found = of_app_.find(app);
    if (--found->second == 0) of_app_.erase(found);
    --open_;
}

live::event_texts event_texts() {
    return {[](live::message_event what, core::chat_number chat, const core::message& m) {
                return text_of(name_of(what), chat, m);
            },
            [](const core::chat& c) { return text_of("chat.created", c.number, c); }};
}

}  // namespace confab::api
