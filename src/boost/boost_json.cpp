// Boost.JSON's compiled half, once.
#include <boost/json/src.hpp>
