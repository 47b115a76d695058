// Why work on an index failed, as a text for people.
#pragma once

#include <functional>
#include <string>

#include "base/error.hpp"

namespace confab::search {

// If an engine was unavailable: the last failure of the index's engine, or else that of the ledger's. `of_index` is
// empty and `of_ledger` is null or returns nothing where neither is known. REQUIRES: `cause` has just been returned.
inline std::string failure_reason(boost::system::error_code cause, const std::string& of_index,
                                  const std::function<std::string()>& of_ledger) {
    if (cause != error::unavailable) return cause.message();
    const auto why = of_index.empty() && of_ledger ? of_ledger() : of_index;
    return why.empty() ? cause.message() : why;
}

}  // namespace confab::search
