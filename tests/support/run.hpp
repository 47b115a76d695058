#pragma once

#include <utility>

#include "base/block_on.hpp"

namespace confab::testing {

template <class T>
T run(awaitable<T> work) {
    return block_on(std::move(work));
}

}  // namespace confab::testing
