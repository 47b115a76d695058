// The compiled part of Boost.JSON.
#include <boost/json/src.hpp>
