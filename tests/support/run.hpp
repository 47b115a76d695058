// Runs an awaitable to its end. The I/O context is static, because a thread that resumed the awaitable may still use
// it.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <optional>
#include <utility>

#include "base/async.hpp"
#include "base/require.hpp"

namespace confab::testing {

inline void run(awaitable<void> work) {
    // Before the context, so that OpenSSL ends after it: its connections may have TLS.
    static const int tls = OPENSSL_init_ssl(0, nullptr);
    static asio::io_context here;
    require(tls == 1, "OpenSSL is initialised");
    auto running = asio::co_spawn(here, std::move(work), asio::use_future);
    here.restart();
    here.run();
    running.get();
}

template <class T>
T run(awaitable<T> work) {
    std::optional<T> value;
    run([](awaitable<T> w, std::optional<T>& v) -> awaitable<void> { v.emplace(co_await std::move(w)); }(
                                                    std::move(work), value));
    return std::move(*value);
}

}  // namespace confab::testing
