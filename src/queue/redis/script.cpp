#include "queue/redis/script.hpp"

#include "queue/redis/streams.hpp"

namespace confab::queue {

namespace {

bool is_unknown(const result<redis::reply>& answer) {
    return answer && answer->is_error() && answer->text.starts_with("NOSCRIPT");
}

}  // namespace

script::script(std::string_view text) : text_(text), sha1_(sha1_of(text)) {}

redis::arguments script::call(const std::string& count, const redis::arguments& keys,
                              const redis::arguments& arguments) const {
    redis::arguments all{"EVALSHA", sha1_, count};
    all.insert(all.end(), keys.begin(), keys.end());
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
}

awaitable<result<redis::reply>> script::run(redis::client& on, const redis::arguments& keys,
                                            const redis::arguments& arguments) const {
    const auto count = std::to_string(keys.size());
    auto all = call(count, keys, arguments);
    auto answer = co_await on.execute(all);
    if (!is_unknown(answer)) co_return answer;
    all[0] = "EVAL";  // the script has not run yet
    all[1] = text_;
    co_return co_await on.execute(all);
}

void script::load_script(redis::client& on) const {
    on.send({"SCRIPT", "LOAD", text_});
}

void script::send(redis::client& on, const redis::arguments& keys, const redis::arguments& arguments,
                  refusal_handler refused) const {
    const auto count = std::to_string(keys.size());
    on.send(call(count, keys, arguments),
            [this, &on, refused = std::move(refused)](const result<redis::reply>& answer) {
                if (is_unknown(answer))
                    load_script(on);
                else if (answer && answer->is_error())
                    refused(answer->text);
            });
}

}  // namespace confab::queue
