#include "queue/redis/script.hpp"

#include "queue/redis/streams.hpp"

namespace confab::queue {

script::script(std::string_view text) : text_(text), sha1_(sha1_of(text)) {}

awaitable<result<redis::reply>> script::run(redis::client& on, const redis::arguments& keys,
                                            const redis::arguments& arguments) const {
    const auto count = std::to_string(keys.size());
    redis::arguments all{"EVALSHA", sha1_, count};
    all.insert(all.end(), keys.begin(), keys.end());
    all.insert(all.end(), arguments.begin(), arguments.end());
    auto answer = co_await on.execute(all);
    if (!answer || !answer->is_error() || !answer->text.starts_with("NOSCRIPT")) co_return answer;
    all[0] = "EVAL";  // nothing was done yet
    all[1] = text_;
    co_return co_await on.execute(all);
}

}  // namespace confab::queue
