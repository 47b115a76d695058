// The compiled parts of Asio and Beast. BOOST_ASIO_SEPARATE_COMPILATION and BOOST_BEAST_SEPARATE_COMPILATION keep them
// out of every other file.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
