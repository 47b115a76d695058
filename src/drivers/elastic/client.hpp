// A client of Elasticsearch's HTTP interface (7.13 and later): JSON in, JSON out.
//
// 1. Each event loop has connections of its own that are kept between requests, a bounded number of them; when all are
//    out, a caller waits for a while.
// 2. A connection that lay idle may have been closed by the other side just when a request goes out. Such a request
//    is sent once more on a new connection, if doing it twice does no harm. Nothing else is ever repeated here.
// 3. After an engine could not be reached, or did not answer in time, nothing is asked for a rest, then one request
//    tries; so callers who have something else to do instead do not all wait for a time limit again and again.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/async.hpp"
#include "base/engine_url.hpp"
#include "base/error.hpp"

namespace confab::elastic {

struct client_options {
    engine_url where;  // its path, if any, goes before that of every request
    std::chrono::milliseconds connect_timeout{1000};
    std::chrono::milliseconds response_timeout{2000};
    std::size_t connections_max = 8;                      // of each event loop
    std::chrono::milliseconds wait_for_connection{1000};  // when all of a loop are out
    std::chrono::seconds idle_max{30};                    // how long one is kept that nobody uses
    std::size_t response_bytes_max = 32 * 1024 * 1024;
    std::chrono::milliseconds cooldown_after_failure{2000};  // at first; twice as long each time
    std::chrono::milliseconds cooldown_max{16'000};
};

enum class verb { get, put, post, erase };

struct request {
    request(elastic::verb v, std::string t, std::string b = {}) : verb(v), target(std::move(t)), body(std::move(b)) {}

    elastic::verb verb;
    std::string target;                                // with its leading '/', percent-encoded
    std::string body;                                  // a JSON value, or one a line; empty: none
    bool is_idempotent = true;                         // doing it twice does no harm
    std::optional<std::chrono::milliseconds> timeout;  // instead of the usual one
};

struct response {
    unsigned status = 0;
    boost::json::value body;  // null: there was none

    bool is_ok() const { return status >= 200 && status < 300; }
    // Of a refusal: the engine's name for it (such as index_not_found_exception), and its words. Empty when it gave
    // none.
    std::string_view error_type() const;
    std::string reason() const;
};

// Any thread, any number of calls at once. REQUIRES of all calls: they are awaited on an event loop run by one thread.
class client {
public:
    virtual ~client() = default;

    // What the engine answered, refusals of the request (4xx) too. Errors: unavailable (it was not reached, did not
    // answer in time, or said that it cannot do it now: 429 and 5xx), which is logged; whether the request was done is
    // not known.
    virtual awaitable<result<response>> send(request r) = 0;

    // Why the last request failed, with the engine's name: "Elasticsearch at http://…: timed out after 2000 ms". Empty:
    // it did not fail, or that was more than 2 s ago. Of several callers at once, any one's.
    virtual std::string last_failure() const = 0;
    // The last request failed after all: its answer is not what the caller needs.
    virtual void note_failure(std::string_view why) = 0;
};

std::unique_ptr<client> make_client(client_options options);

}  // namespace confab::elastic
