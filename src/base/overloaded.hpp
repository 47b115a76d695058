// A visitor of a std::variant, made of one function for each alternative.
#pragma once

namespace confab {

template <class... Functions>
struct overloaded : Functions... {
    using Functions::operator()...;
};

}  // namespace confab
