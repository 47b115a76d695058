#include "drivers/mysql/connection.hpp"

#include <fmt/core.h>
#include <sys/socket.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/mysql/execution_state.hpp>
#include <boost/mysql/statement.hpp>
#include <boost/mysql/tcp_ssl.hpp>
#include <map>

#include "base/require.hpp"
#include "drivers/mysql/io_context_registry.hpp"

namespace confab::mysql {
namespace {

namespace my = boost::mysql;
using asio::ip::tcp;
using boost::system::error_code;

// The read buffer: streamed rows arrive in batches of this size.
constexpr std::size_t read_bytes = 64 * 1024;

// Of one connection. The program has some hundred. The server allows 16,382 on all its connections together
// (max_prepared_stmt_count).
constexpr std::size_t statements_max = 1'000;

asio::ssl::context& tls_context() {
    static asio::ssl::context context(asio::ssl::context::tls_client);
    return context;
}

my::ssl_mode mode_of(tls wanted) {
    switch (wanted) {
        case tls::disable:
            return my::ssl_mode::disable;
        case tls::enable:
            return my::ssl_mode::enable;
        case tls::require:
            return my::ssl_mode::require;
    }
    std::abort();
}

std::string message_of(const my::diagnostics& diagnostics) {
    const auto text =
        diagnostics.server_message().empty() ? diagnostics.client_message() : diagnostics.server_message();
    return std::string(text.data(), text.size());
}

}  // namespace

class connection::session final : public io_object, public std::enable_shared_from_this<session> {
public:
    explicit session(connection_options options) : options_(std::move(options)) {}

    ~session() override {
        if (registry_) registry_->remove(*this);
    }

    void release() override {
        registry_ = nullptr;
        loop_objects_.reset();
        statements_.clear();
    }

    awaitable<void> open() {
        const auto executor = co_await asio::this_coro::executor;
        attach_to(executor);
        const limit guard(*this, options_.connect_timeout);
        co_await connect();
        auto& server = options_.server;
        my::handshake_params login(server.user, server.password, server.database);
        login.set_ssl(mode_of(server.tls));
        login.set_multi_queries(options_.multi_statements);
        my::diagnostics diagnostics;
        const auto [fault] = co_await tcp_connection().async_handshake(login, diagnostics, use_tuple);
        check(fault, diagnostics);
        is_open_ = true;
        try {
            if (!options_.init_command.empty()) co_await execute(options_.init_command);
            if (options_.causal_reads) co_await enable_causal_reads();
        } catch (const failure&) {
            close();  // a session without its settings must not be used
            throw;
        }
    }

    awaitable<my::results> query(std::string_view text, std::chrono::milliseconds time_limit) {
        const limit guard(*this, time_limit);
        co_return co_await execute(text);
    }

    awaitable<my::results> run(std::string_view sql, const parameters& values) {
        const limit guard(*this, options_.query_timeout);
        const auto statement = co_await prepared(sql);
        const auto& fields = values.fields();
        const auto bound = statement.bind(fields.begin(), fields.end());
        my::results all;
        my::diagnostics diagnostics;
        const auto [fault] = co_await open_tcp_connection().async_execute(bound, all, diagnostics, use_tuple);
        check(fault, diagnostics);
        co_return all;
    }

    awaitable<void> start(std::string_view sql, const parameters& values) {
        const limit guard(*this, options_.query_timeout);
        const auto statement = co_await prepared(sql);
        const auto& fields = values.fields();
        const auto bound = statement.bind(fields.begin(), fields.end());
        my::diagnostics diagnostics;
        const auto [fault] =
            co_await open_tcp_connection().async_start_execution(bound, stream_, diagnostics, use_tuple);
        check(fault, diagnostics);
    }

    awaitable<std::optional<rows_view>> more() {
        const limit guard(*this, options_.query_timeout);
        while (stream_.should_read_rows()) {
            my::diagnostics diagnostics;
            const auto [fault, piece] =
                co_await open_tcp_connection().async_read_some_rows(stream_, diagnostics, use_tuple);
            check(fault, diagnostics);
            if (!piece.empty()) co_return rows_view(piece);
        }
        co_return std::nullopt;
    }

    bool is_usable() const {
        if (!is_open_ || !loop_objects_ || stream_.should_read_rows()) return false;
        // Between statements the socket becomes readable only when the server closes the connection.
        char next = 0;
        auto& socket = const_cast<my::tcp_ssl_connection&>(loop_objects_->tcp_connection).stream().lowest_layer();
        return recv(socket.native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
               (errno == EAGAIN || errno == EWOULDBLOCK);
    }

    void close() {
        is_open_ = false;
        if (!loop_objects_) return;
        error_code ignored;
        loop_objects_->tcp_connection.stream().lowest_layer().close(ignored);
        loop_objects_->resolver.cancel();
    }

    const connection_options& options() const { return options_; }

private:
    struct loop_objects {
        explicit loop_objects(const asio::any_io_executor& executor)
            : tcp_connection(my::buffer_params(read_bytes), executor, tls_context()),
              timer(executor),
              resolver(executor) {}

        my::tcp_ssl_connection tcp_connection;
        asio::steady_timer timer;
        tcp::resolver resolver;
    };

    // Closes the connection when its time limit expires.
    class limit {
    public:
        limit(session& s, std::chrono::milliseconds most) : session_(s) {
            s.has_timed_out_ = false;
            if (!s.loop_objects_) return;
            s.loop_objects_->timer.expires_after(most);
            s.loop_objects_->timer.async_wait([weak = s.weak_from_this(), round = ++s.round_](const error_code& fault) {
                const auto expired = fault ? nullptr : weak.lock();
                if (!expired || expired->round_ != round) return;
                expired->has_timed_out_ = true;
                expired->close();
            });
        }
        ~limit() {
            ++session_.round_;
            if (session_.loop_objects_) session_.loop_objects_->timer.cancel();
        }
        limit(const limit&) = delete;
        limit& operator=(const limit&) = delete;

    private:
        session& session_;
    };

    void attach_to(const asio::any_io_executor& executor) {
        auto& registry = io_context_registry::of(executor.context());
        if (registry_ && registry_ != &registry) registry_->remove(*this);
        registry_ = nullptr;
        is_open_ = false;
        statements_.clear();
        stream_ = {};
        loop_objects_.emplace(executor);
        registry.add(*this);
        registry_ = &registry;
    }

    awaitable<void> connect() {
        error_code not_literal;
        const auto literal = asio::ip::make_address(options_.server.host, not_literal);
        std::vector<tcp::endpoint> endpoints;
        if (!not_literal) {
            endpoints.emplace_back(literal, options_.server.port);
        } else {
            const auto port = std::to_string(options_.server.port);
            const auto [fault, found] =
                co_await loop_objects_->resolver.async_resolve(options_.server.host, port, use_tuple);
            check(fault, {});
            for (const auto& entry : found) endpoints.push_back(entry.endpoint());
        }
        auto& socket = tcp_connection().stream().lowest_layer();
        const auto [fault, used] = co_await asio::async_connect(socket, endpoints, use_tuple);
        check(fault, {});
        socket.set_option(tcp::no_delay(true));
        socket.set_option(asio::socket_base::keep_alive(true));
    }

    awaitable<my::results> execute(std::string_view text) {
        my::results all;
        my::diagnostics diagnostics;
        const auto [fault] = co_await open_tcp_connection().async_execute(text, all, diagnostics, use_tuple);
        check(fault, diagnostics);
        co_return all;
    }

    // A Galera node applies the commits of other nodes a moment later, unless a statement waits for them.
    awaitable<void> enable_causal_reads() {
        // MySQL has no such variable, and listing it builds a table of all variables. So the version is checked first.
        const auto version_rows = co_await execute("select concat(version(), ' ', @@version_comment)");
        const auto version = row(version_rows.rows()[0]).text(0);
        const bool can_be_galera = version.find("MariaDB") != version.npos || version.find("XtraDB") != version.npos;
        if (!can_be_galera) co_return;
        const auto found = co_await execute("show variables like 'wsrep_on'");
        const bool is_galera = !found.rows().empty() && row(found.rows()[0]).text(1) == "ON";
        if (is_galera) co_await execute("set session wsrep_sync_wait = 7");  // reads, updates and inserts
    }

    awaitable<my::statement> prepared(std::string_view sql) {
        if (const auto known = statements_.find(sql); known != statements_.end()) co_return known->second;
        require(statements_.size() < statements_max, "a connection prepares a bounded number of statements");
        my::diagnostics diagnostics;
        const auto [fault, made] = co_await open_tcp_connection().async_prepare_statement(sql, diagnostics, use_tuple);
        check(fault, diagnostics);
        statements_.emplace(sql, made);
        co_return made;
    }

    my::tcp_ssl_connection& tcp_connection() {
        if (!loop_objects_) throw failure(failure::kind::down, 0, "the event loop has ended");
        return loop_objects_->tcp_connection;
    }

    my::tcp_ssl_connection& open_tcp_connection() {
        if (!is_open_) throw failure(failure::kind::down, 0, "the connection is closed");
        return tcp_connection();
    }

    void check(const error_code& fault, const my::diagnostics& diagnostics) {
        if (!fault) return;
        const bool expired = has_timed_out_;
        if (expired || !is_nonfatal_error(fault)) close();
        if (expired) throw failure(failure::kind::down, 0, "no answer within the time limit");
        throw failure::of(fault, message_of(diagnostics));
    }

    const connection_options options_;
    io_context_registry* registry_ = nullptr;
    std::optional<loop_objects> loop_objects_;
    bool is_open_ = false;
    bool has_timed_out_ = false;
    std::uint64_t round_ = 0;
    std::map<std::string, my::statement, std::less<>> statements_;
    my::execution_state stream_;
};

connection::connection(connection_options options) : session_(std::make_shared<session>(std::move(options))) {}
connection::~connection() = default;
connection::connection(connection&&) noexcept = default;
connection& connection::operator=(connection&&) noexcept = default;

awaitable<void> connection::open() {
    return session_->open();
}

awaitable<rows> connection::query(std::string_view text) {
    return query(text, session_->options().query_timeout);
}

awaitable<rows> connection::query(std::string_view text, std::chrono::milliseconds limit) {
    auto all = co_await session_->query(text, limit);
    co_return rows(std::move(all));
}

awaitable<rows> connection::run(std::string_view sql, parameters values) {
    auto all = co_await session_->run(sql, values);
    co_return rows(std::move(all));
}

awaitable<void> connection::start(std::string_view sql, parameters values) {
    co_await session_->start(sql, values);
}

awaitable<std::optional<rows_view>> connection::more() {
    return session_->more();
}

awaitable<bool> connection::skip(std::size_t bytes_max) {
    for (std::size_t bytes = 0; bytes <= bytes_max;) {
        const auto piece = co_await session_->more();
        if (!piece) co_return true;
        for (const auto& row : *piece) bytes += row.size_in_bytes();
    }
    co_return false;
}

bool connection::is_usable() const {
    return session_->is_usable();
}

void connection::close() {
    session_->close();
}

}  // namespace confab::mysql
