// The compiled parts of Boost.MySQL (BOOST_MYSQL_SEPARATE_COMPILATION) and of Asio's TLS, which Boost.MySQL needs.
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/mysql/src.hpp>
