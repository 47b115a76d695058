// The closed list of errors below the HTTP layer. The HTTP layer refuses invalid parameters (core/text.hpp,
// http/problem.hpp). Programming errors are assertions. An error that keeps the program from starting is thrown as
// `startup_error`. Any module may return these; the contract of a call says what its errors mean there.
#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <stdexcept>

namespace confab {

enum class error {
    not_found = 1,     // no such app, chat or message, or it has another parent
    deleted,           // the message was deleted
    version_mismatch,  // the message is not at the expected version, or a chat's index not at the expected position
    key_reused,        // the Idempotency-Key was used with another payload
    numbers_used_up,   // the chat or app has assigned its last number
    overloaded,        // the queue is full, or edits of a message collide too often; nothing was done
    unavailable,       // a database or engine cannot be used; nothing was done, unless a contract says "unknown"
    too_slow,          // the time limit was exceeded
    outcome_unknown,   // a sync failed, and only a restart shows the outcome; or an engine's reply was lost or late
    writes_closed,     // an earlier commit failed; writes are refused until a restart
    shutting_down,     // the server or the task is stopping; nothing was done
    rejected,          // the ledger cannot store such data, or the queue's entry is unreadable; nothing was done
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
