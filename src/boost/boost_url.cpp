// Boost.URL's compiled half, once.
#include <boost/url/src.hpp>
