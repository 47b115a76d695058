#include "drivers/mysql/failure.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/mysql/error_categories.hpp>

namespace confab::mysql {
namespace {

// Errors about the values of a statement. MySQL and MariaDB share most of these numbers; some exist in one only. The
// SQLSTATE of most is class 22 (data exception), but Boost.MySQL does not provide it.
constexpr int data_errors[] = {
    1048,  // a column cannot be null
    1118,  // the row is too large
    1153,  // the packet is larger than max_allowed_packet
    1264,  // out of range
    1265,  // truncated
    1292,  // an incorrect value for a type
    1300,  // an invalid character string
    1301,  // a result larger than max_allowed_packet
    1365,  // a division by zero, for example in a generated column
    1366,  // an incorrect value for a column, such as a character that it does not support
    1367,  // an illegal value, such as NaN
    1406,  // too long for a column
    1416,  // not a geometry
    1441,  // a date out of range
    1644,  // a trigger refuses the row (signal), and would again
    1690,  // a number out of range
    3140,  // not JSON
    3141,  // not JSON, in the argument of a function
    3819,  // a check constraint is violated (MySQL)
    3854,  // cannot be converted between character sets
    4025,  // a check constraint is violated (MariaDB)
};

// Errors after which the server closes the connection.
constexpr int closing_errors[] = {
    1053,  // the server shuts down
    1153,  // the packet is too large
    1927,  // the connection was killed
    3169,  // the session was killed
    4031,  // idle for longer than wait_timeout
};

bool is_server_error(const boost::system::error_code& cause) {
    return cause.category() == boost::mysql::get_common_server_category() ||
           cause.category() == boost::mysql::get_mysql_server_category() ||
           cause.category() == boost::mysql::get_mariadb_server_category();
}

bool is_in(const auto& list, int code) {
    return std::ranges::find(list, code) != std::end(list);
}

}  // namespace

failure failure::of(const boost::system::error_code& cause, const std::string& message) {
    const bool is_server = is_server_error(cause);
    const auto k = is_server && is_in(data_errors, cause.value()) ? kind::rejected_data : kind::down;
    return failure(k, is_server ? cause.value() : 0, message.empty() ? cause.message() : message);
}

std::string failure::message_with_code() const {
    return code_ == 0 ? std::string(what()) : fmt::format("{} ({})", what(), code_);
}

bool is_nonfatal_error(const boost::system::error_code& cause) {
    return is_server_error(cause) && !is_in(closing_errors, cause.value());
}

}  // namespace confab::mysql
