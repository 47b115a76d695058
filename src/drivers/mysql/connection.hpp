// A connection to a MySQL server. Each statement is prepared once, and every operation has a time limit.
//
// It belongs to the event loop it was opened on, and runs one operation at a time. A timeout closes it, since the
// outcome on the server is unknown. Every other failure closes it too, except an error that the server returned. A
// connection may outlive its event loop: it closes when the loop ends.
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
    bool multi_statements = false;  // allows several statements in one text, separated by semicolons
    std::string init_command;       // a statement that begins each session
    bool causal_reads = false;      // on a Galera node: see what any other node committed before
};

class connection {
public:
    explicit connection(connection_options options);
    ~connection();
    connection(connection&&) noexcept;
    connection& operator=(connection&&) noexcept;

    // All of these throw failure.

    // A closed connection can be opened again.
    awaitable<void> open();
    // Runs a text without question marks. Returns the rows of its last statement. REQUIRES: `text` lives until then.
    awaitable<rows> query(std::string_view text);
    awaitable<rows> query(std::string_view text, std::chrono::milliseconds limit);
    // Runs a statement with question marks. It stays prepared on this connection. REQUIRES: a bounded number of
    // statements.
    awaitable<rows> run(std::string_view sql, parameters values);
    template <class... Values>
    awaitable<rows> run(std::string_view sql, const Values&... values) {
        return run(sql, parameters(values...));
    }

    // Streams the rows of a result that is too large for memory: `start`, then `more` until it returns nothing. A row
    // batch is valid until the next call. A result that is not read to its end blocks the connection: see skip().
    awaitable<void> start(std::string_view sql, parameters values);
    awaitable<std::optional<rows_view>> more();
    // Reads and drops the remaining rows. False: more than about `bytes_max` were read, and more remain.
    awaitable<bool> skip(std::size_t bytes_max = std::numeric_limits<std::size_t>::max());

    // Whether the connection can be used, as far as the socket shows. Costs one system call.
    bool is_usable() const;
    void close();

private:
    class session;
    std::shared_ptr<session> session_;
};

}  // namespace confab::mysql
