// A slice of what a message said at its versions, told from its changes in ascending order. A change keeps what was
// there before it: a version's text is in the change that made the next one, its time in the change that made it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/entities.hpp"
#include "ledger/ledger.hpp"

namespace confab::ledger {

class version_history {
public:
    // Of the versions above `after`; the first was made at `created_at`.
    version_history(std::uint64_t after, timestamp created_at) : next_(after + 1), since_(created_at) {}

    bool is_full() const { return bytes_ >= slice_bytes_max || versions_.size() >= slice_rows_max; }
    // The version to be told next.
    std::uint64_t next() const { return next_; }

    // The change that made version `made` at `at`. The first one may be that of next().
    // REQUIRES: those above `after`, one after another; not full.
    void add_change(std::uint64_t made, timestamp at, std::string_view content_before) {
        if (made > next_) {
            add({next_, std::string(content_before), since_});
            next_ = made;
        }
        since_ = at;
    }

    // The present version ends the history, unless the slice is full before it.
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
