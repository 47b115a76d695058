// Bounds the memory of answers that wait for slow clients. A list is collected up to 1 MiB before its answer begins
// (lists.hpp), and the client decides how long that megabyte stays. When so many answers are collected or hold one, the
// next list begins with its first slice.
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

    // The right to collect a list; it ends with the share. Nothing: all are taken. REQUIRES: this outlives the share.
    permit try_acquire() {
        if (left_.fetch_sub(1) > 0) return {this, [](response_buffer_quota* from) { ++from->left_; }};
        ++left_;
        return nullptr;
    }

private:
    std::atomic<std::ptrdiff_t> left_;
};

}  // namespace confab::api
