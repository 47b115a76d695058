// A visitor of a std::variant, built from one function per alternative.
#pragma once

namespace confab {

template <class... Functions>
struct overloaded : Functions... {
    using Functions::operator()...;
};

}  // namespace confab
