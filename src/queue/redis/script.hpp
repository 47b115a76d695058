// A Lua script in Redis, run by its digest (EVALSHA). Its text is sent only if Redis does not know it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "drivers/redis/client.hpp"

namespace confab::queue {

using refusal_handler = std::function<void(std::string_view error_text)>;

class script {
public:
    // REQUIRES: the characters of `text` outlive the script.
    explicit script(std::string_view text);

    // Errors and meaning as of redis::client::execute. REQUIRES: the data behind `keys` and `arguments` lives until the
    // reply.
    awaitable<result<redis::reply>> run(redis::client& on, const redis::arguments& keys,
                                        const redis::arguments& arguments) const;

    // Loads the script into Redis. Does not wait for the reply. Call it on each new connection before send().
    void load_script(redis::client& on) const;

    // Runs the script without waiting for the reply. The caller sends it again if its work was not done. If Redis does
    // not know the script, send() only loads it. `refused` is called on the client's loop with the text of any other
    // error reply. REQUIRES: this script and the objects that `refused` refers to live until the reply, or until the
    // loop has stopped.
    void send(redis::client& on, const redis::arguments& keys, const redis::arguments& arguments,
              refusal_handler refused) const;

private:
    redis::arguments call(const std::string& count, const redis::arguments& keys,
                          const redis::arguments& arguments) const;

    std::string_view text_;
    std::string sha1_;
};

}  // namespace confab::queue
