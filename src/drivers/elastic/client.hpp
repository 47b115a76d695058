// A client of Elasticsearch's HTTP interface (7.13 and later): JSON in, JSON out.
//
// 1. Each event loop has a bounded number of keep-alive connections. When all are in use, a caller waits for one, up to
//    wait_for_connection.
// 2. The server may close an idle connection just when a request goes out. An idempotent request is then sent once
//    more, on a new connection. Nothing else is ever retried here.
// 3. After a failed connection or a timeout, requests fail immediately during a cooldown. Then one request probes the
//    engine. So callers with an alternative do not wait for a timeout each time.
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
    engine_url where;  // its path, if any, is the prefix of every target
    std::chrono::milliseconds connect_timeout{1000};
    std::chrono::milliseconds response_timeout{2000};
    std::size_t connections_max = 8;                      // per event loop
    std::chrono::milliseconds wait_for_connection{1000};  // when all of the loop are in use
    std::chrono::seconds idle_max{30};                    // how long an unused connection is kept
    std::size_t response_bytes_max = 32 * 1024 * 1024;
    std::chrono::milliseconds cooldown_after_failure{2000};  // the first one; doubles with each failed probe
    std::chrono::milliseconds cooldown_max{16'000};
};

enum class verb { get, put, post, erase };

struct request {
    request(elastic::verb v, std::string t, std::string b = {}) : verb(v), target(std::move(t)), body(std::move(b)) {}

    elastic::verb verb;
    std::string target;                                // with its leading '/', percent-encoded
    std::string body;                                  // one JSON value, or one per line; empty: no body
    bool is_idempotent = true;                         // may be executed twice
    std::optional<std::chrono::milliseconds> timeout;  // instead of response_timeout
};

struct response {
    unsigned status = 0;
    boost::json::value body;  // null: no body

    bool is_ok() const { return status >= 200 && status < 300; }
    // The type (such as index_not_found_exception) and the reason of an error response. Empty if it has none.
    std::string_view error_type() const;
    std::string reason() const;
};

// Any thread, any number of concurrent calls. REQUIRES of all calls: they are awaited on an event loop that one thread
// runs.
class client {
public:
    virtual ~client() = default;

    // Returns the engine's response, also one that refuses the request (4xx). Errors: unavailable (no connection, a
    // timeout, 429, 5xx, or a body that is not JSON), which is logged. Then it is unknown whether the request was
    // executed.
    virtual awaitable<result<response>> send(request r) = 0;

    // Why the last request failed, with the engine's name: "Elasticsearch at http://…: timed out after 2000 ms". Empty:
    // it succeeded, or it failed more than 2 s ago. The last request may be that of any concurrent caller.
    virtual std::string last_failure() const = 0;
    // Marks the last request as failed: its response is not what the caller needs.
    virtual void note_failure(std::string_view why) = 0;
};

std::unique_ptr<client> make_client(client_options options);

}  // namespace confab::elastic
