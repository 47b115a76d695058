// The closed list of errors below the HTTP layer. The HTTP layer refuses invalid parameters (core/text.hpp,
// http/problem.hpp). Programming errors are assertions. An error that keeps the program from starting is thrown as
// `startup_error`.
#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <stdexcept>

namespace confab {

enum class error {
    not_found = 1,     // no such app, chat or message, or it has another parent
    deleted,           // the message was deleted
    version_mismatch,  // the message is not at the version the client asked to change
    key_reused,        // the Idempotency-Key was used with another payload
    numbers_used_up,   // the chat or app has assigned its last number
    overloaded,        // the queue is full; nothing was done
    unavailable,       // the ledger cannot be read or written; nothing was done
    too_slow,          // the time limit was exceeded
    outcome_unknown,   // the ledger failed during the commit; only a restart shows the outcome
    writes_closed,     // an earlier commit failed; writes are refused until a restart
    shutting_down,     // the server is draining; nothing was done
    rejected,          // the ledger cannot store such data; nothing was done
};
inline constexpr int error_count = static_cast<int>(error::rejected);

const boost::system::error_category& error_category();
boost::system::error_code make_error_code(error e);

template <class T>
using result = boost::system::result<T>;

// Why the program cannot start, in one line for the person at the terminal.
class startup_error : public std::runtime_error {
    using runtime_error::runtime_error;
};

}  // namespace confab

template <>
struct boost::system::is_error_code_enum<confab::error> : std::true_type {};
