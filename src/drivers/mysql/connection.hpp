// A connection to a MySQL server: statements prepared once each, a time limit on everything.
//
// It belongs to the event loop it was opened on, and does one thing at a time. What takes longer than its limit closes
// it, since nothing tells what the server made of it; so does every failure but an error that the server answered with.
// A connection may outlive its event loop: it is closed with that.
#pragma once

#include <chrono>
#include <limits>
#include <memory>
#include <string>

#include "base/async.hpp"
#include "drivers/mysql/failure.hpp"
#include "drivers/mysql/url.hpp"
#include "drivers/mysql/values.hpp"

namespace confab::mysql {

struct connection_options {
    address server;
    std::chrono::milliseconds connect_timeout{3000};
    std::chrono::milliseconds query_timeout{5000};
    bool multi_statements = false;  // in one text, separated by semicolons
    std::string init_command;       // a statement to begin each session with
    bool causal_reads = false;      // on a node of a Galera cluster, see what any other committed before
};

class connection {
public:
    explicit connection(connection_options options);
    ~connection();
    connection(connection&&) noexcept;
    connection& operator=(connection&&) noexcept;

    // All of these throw failure.

    // A closed one can be opened again.
    awaitable<void> open();
    // A text without question marks; of several statements the last one's rows. REQUIRES: `text` lives until then.
    awaitable<rows> query(std::string_view text);
    awaitable<rows> query(std::string_view text, std::chrono::milliseconds limit);
    // A statement with question marks. It stays prepared on this connection: have a bounded number of them.
    awaitable<rows> run(std::string_view sql, parameters values);
    template <class... Values>
    awaitable<rows> run(std::string_view sql, const Values&... values) {
        return run(sql, parameters(values...));
    }

    // Rows as they come in, for a result too large to be held: `start`, then `more` until it gives nothing. A piece
    // lives until the next call. One that is not read to its end keeps the connection from being used: see skip().
    awaitable<void> start(std::string_view sql, parameters values);
    awaitable<std::optional<rows_view>> more();
    // Reads what is left, and drops it. False: more than about `bytes_max` came, and there is still more.
    awaitable<bool> skip(std::size_t bytes_max = std::numeric_limits<std::size_t>::max());

    // Nothing was heard that would be in the way of using it. Costs one system call.
    bool is_usable() const;
    void close();

private:
    class session;
    std::shared_ptr<session> session_;
};

}  // namespace confab::mysql
