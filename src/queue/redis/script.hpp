// A Lua script in Redis, run by its digest; its text is sent only where Redis does not know it (any more).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "drivers/redis/client.hpp"

namespace confab::queue {

using refusal_handler = std::function<void(std::string_view words)>;

class script {
public:
    explicit script(std::string_view text);

    // Errors and meaning as of redis::client::execute. REQUIRES: what `keys` and `arguments` view lives until the
    // reply.
    awaitable<result<redis::reply>> run(redis::client& on, const redis::arguments& keys,
                                        const redis::arguments& arguments) const;

    // For a script whose outcome nobody waits for, and which is sent again when its work was not done. Where Redis does
    // not know it, nothing is done but that it learns it. `load_script` is to be called on each new connection.
    // `refused` is called on the client's loop with anything else that Redis refuses it with. REQUIRES: this script
    // and what `refused` refers to live until the reply, or the loop has stopped.
    void load_script(redis::client& on) const;
    void send(redis::client& on, const redis::arguments& keys, const redis::arguments& arguments,
              refusal_handler refused) const;

private:
    redis::arguments call(const std::string& count, const redis::arguments& keys,
                          const redis::arguments& arguments) const;

    std::string_view text_;
    std::string sha1_;
};

}  // namespace confab::queue
