// The closed list of what can go wrong below the HTTP door. Invalid parameters are found at the door (core/text.hpp,
// http/problem.hpp); programming errors are assertions; what keeps the program from starting is thrown as
// `startup_error`.
#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <stdexcept>

namespace confab {

enum class error {
    not_found = 1,     // no such app, chat or message (or it belongs to somebody else)
    deleted,           // the message was there once
    version_mismatch,  // the message is not at the version the client asked to change
    key_reused,        // the Idempotency-Key was used with another payload
    numbers_used_up,   // the chat or app has handed out its last number
    overloaded,        // the queue is full; nothing was done
    unavailable,       // the ledger could not be read or written; nothing was done
    too_slow,          // it took longer than it may
    outcome_unknown,   // the ledger failed while committing; only a restart finds out
    writes_closed,     // a commit failed before; writes are refused until a restart
    shutting_down,     // the server is draining; nothing was done
    rejected,          // the ledger cannot keep such data; nothing was done
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
