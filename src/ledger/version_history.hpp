// A slice of a message's versions, built from its changes in ascending order. A change stores the content before it. So
// the content of a version is in the change that made the next version. Its time is in the change that made it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/require.hpp"
#include "core/entities.hpp"
#include "ledger/slice.hpp"

namespace confab::ledger {

class version_history {
public:
    // Collects the versions above `after`. `created_at`: the time of version 1.
    version_history(std::uint64_t after, timestamp created_at) : next_(after + 1), since_(created_at) {}

    bool is_full() const { return bytes_ >= slice_bytes_max || versions_.size() >= slice_rows_max; }
    // The version that comes next.
    std::uint64_t next() const { return next_; }

    // Adds the change that made version `made` at `at`. The first change may be the one that made next(). REQUIRES: the
    // changes above `after`, one after another; not full.
    void add_change(std::uint64_t made, timestamp at, std::string_view content_before) {
        require(!is_full(), "a full slice takes no change");
        if (made > next_) {
            add({next_, std::string(content_before), since_});
            next_ = made;
        }
        since_ = at;
    }

    // Adds the current version, unless the slice is full before it.
    void finish(core::message_version present) {
        if (next_ == present.version && !is_full()) add(std::move(present));
    }

    std::vector<core::message_version> versions() && { return std::move(versions_); }

private:
    void add(core::message_version v) {
        bytes_ += v.content.size();
        versions_.push_back(std::move(v));
    }

    std::uint64_t next_;
    timestamp since_;  // when next_ was made
    std::vector<core::message_version> versions_;
    std::size_t bytes_ = 0;
};

}  // namespace confab::ledger
