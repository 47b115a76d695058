// Bounds the memory of responses that wait for slow clients. Up to 1 MiB of a list is buffered before its response
// begins (lists.hpp). A slow client decides how long that buffer lives. If all permits are taken, the next list begins
// with its first slice.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

namespace confab::api {

// Any thread.
class response_buffer_quota {
public:
    using permit = std::shared_ptr<void>;

    explicit response_buffer_quota(std::ptrdiff_t permits_max = 8) : left_(permits_max) {}
    response_buffer_quota(const response_buffer_quota&) = delete;
    response_buffer_quota& operator=(const response_buffer_quota&) = delete;

    // A permit to buffer a list. It is released when it is destroyed. Null: all are taken. REQUIRES: this outlives the
    // permit.
    permit try_acquire() {
        if (left_.fetch_sub(1) > 0) return {this, [](response_buffer_quota* from) { ++from->left_; }};
        ++left_;
        return nullptr;
    }

private:
    std::atomic<std::ptrdiff_t> left_;
};

}  // namespace confab::api
