// Boost.MySQL's compiled half, once (BOOST_MYSQL_SEPARATE_COMPILATION), and with it Asio's TLS, which it is the first
// to use.
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/mysql/src.hpp>
