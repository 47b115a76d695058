// Failures of a MySQL server, by the kinds that callers distinguish.
#pragma once

#include <boost/system/error_code.hpp>
#include <stdexcept>
#include <string>

namespace confab::mysql {

class failure : public std::runtime_error {
public:
    // down: the server cannot be reached or cannot do it now, so a retry may help. Causes: the network, a timeout, a
    // lock, a deadlock, a full disk, a server that is read-only or shuts down.
    // rejected_data: the server will never accept these values: an unsupported character, too long, out of range.
    // corrupt_data: a row cannot be what was written to it.
    enum class kind { down, rejected_data, corrupt_data };

    failure(kind k, int code, const std::string& message) : runtime_error(message), kind_(k), code_(code) {}

    // `message` is the server's own text; empty: it sent none.
    static failure of(const boost::system::error_code& cause, const std::string& message);

    bool is_data_error() const { return kind_ == kind::rejected_data; }
    int code() const { return code_; }  // the server's error number; 0: not a server error
    // The message, with the number if there is one.
    std::string message_with_code() const;

private:
    kind kind_;
    int code_;
};

// Whether the server returned this error and keeps the connection open. Else the connection must not be used again.
bool is_nonfatal_error(const boost::system::error_code& cause);

}  // namespace confab::mysql
