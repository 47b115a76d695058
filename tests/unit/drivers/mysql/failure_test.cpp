#include "drivers/mysql/failure.hpp"

#include <gtest/gtest.h>

#include <boost/asio/error.hpp>
#include <boost/mysql/error_categories.hpp>

namespace confab::mysql {
namespace {

using boost::system::error_code;

const boost::system::error_category* const server_categories[] = {&boost::mysql::get_common_server_category(),
                                                                  &boost::mysql::get_mysql_server_category(),
                                                                  &boost::mysql::get_mariadb_server_category()};

TEST(a_mysql_failure, is_about_the_data_if_the_server_would_refuse_it_again) {
    for (const auto* category : server_categories) {
        for (const int code : {1048, 1153, 1366, 1406, 1644, 3819, 4025}) {
            const auto refused = failure::of(error_code(code, *category), "why");
            EXPECT_TRUE(refused.is_data_error()) << code;
            EXPECT_EQ(refused.code(), code);
            EXPECT_EQ(refused.message_with_code(), "why (" + std::to_string(code) + ")");
        }
        for (const int code : {1021, 1040, 1053, 1205, 1213, 1290, 1927})
            EXPECT_FALSE(failure::of(error_code(code, *category), "why").is_data_error()) << code;
    }
}

TEST(a_mysql_failure, of_the_connection_has_no_code) {
    const auto closed = failure::of(boost::asio::error::eof, "");
    EXPECT_FALSE(closed.is_data_error());
    EXPECT_EQ(closed.code(), 0);
    EXPECT_EQ(closed.message_with_code(), error_code(boost::asio::error::eof).message());
    // The same number in another category is no error of a server.
    const auto other = failure::of(error_code(1406, boost::system::generic_category()), "why");
    EXPECT_FALSE(other.is_data_error());
    EXPECT_EQ(other.message_with_code(), "why");
}

TEST(a_mysql_failure, quotes_the_server_or_else_names_the_error) {
    const error_code too_long(1406, boost::mysql::get_common_server_category());
    EXPECT_STREQ(failure::of(too_long, "Data too long for column 'name'").what(), "Data too long for column 'name'");
    EXPECT_EQ(failure::of(too_long, "").what(), too_long.message());
    EXPECT_FALSE(failure(failure::kind::corrupt_data, 0, "why").is_data_error());
}

TEST(a_mysql_error, leaves_the_connection_usable_unless_the_server_closes_it) {
    for (const auto* category : server_categories) {
        for (const int code : {1062, 1205, 1213, 1406})
            EXPECT_TRUE(is_nonfatal_error(error_code(code, *category))) << code;
        for (const int code : {1053, 1153, 1927, 3169, 4031})
            EXPECT_FALSE(is_nonfatal_error(error_code(code, *category))) << code;
    }
    EXPECT_FALSE(is_nonfatal_error(boost::asio::error::eof));
    EXPECT_FALSE(is_nonfatal_error(error_code(1062, boost::system::generic_category())));
}

}  // namespace
}  // namespace confab::mysql
