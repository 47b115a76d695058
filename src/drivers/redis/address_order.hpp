// The order in which the addresses of a name are tried.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "drivers/redis/stream.hpp"

namespace confab::redis {

// Addresses of servers that turned out to be no primary are tried last. Of these, the one that was found last is the
// last one, so that every address has its turn.
class address_order {
public:
    void note_no_primary(const address& at) { no_primary_[at] = ++notes_; }
    // The server may have become a primary.
    void forget(const address& at) { no_primary_.erase(at); }

    // Forgets addresses that are not among these.
    std::vector<address> sort(std::vector<address> found) {
        std::erase_if(no_primary_, [&](const auto& one) { return std::ranges::find(found, one.first) == found.end(); });
        std::ranges::stable_sort(found, {}, [&](const address& a) {
            const auto noted = no_primary_.find(a);
            return noted == no_primary_.end() ? 0 : noted->second;
        });
        return found;
    }

private:
    std::map<address, std::uint64_t> no_primary_;  // with the number of the note
    std::uint64_t notes_ = 0;
};

}  // namespace confab::redis
