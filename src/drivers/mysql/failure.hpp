// What can go wrong with a MySQL server, in the kinds that make a difference to who called.
#pragma once

#include <boost/system/error_code.hpp>
#include <stdexcept>
#include <string>

namespace confab::mysql {

class failure : public std::runtime_error {
public:
    // down: the server cannot be reached or cannot do it now, so that trying again may help: the network, a timeout, a
    // lock, a deadlock, a server that only reads, shuts down or has no room left. rejected_data: it will never take
    // these values: a character it does not know, too long, out of range. corrupt_data: a row cannot be what was
    // written to it.
    enum class kind { down, rejected_data, corrupt_data };

    failure(kind k, int code, const std::string& message) : runtime_error(message), kind_(k), code_(code) {}

    // `message` is the server's own, where it has told one.
    static failure of(const boost::system::error_code& cause, const std::string& message);

    bool is_data_error() const { return kind_ == kind::rejected_data; }
    int code() const { return code_; }  // the server's error number; 0: the error is not the server's
    // The message, and the number if there is one.
    std::string message_with_code() const;

private:
    kind kind_;
    int code_;
};

// Whether the server answered with this error; else the connection is not to be used again.
bool is_nonfatal_error(const boost::system::error_code& cause);

}  // namespace confab::mysql
