// Bounds the memory of answers that wait for slow clients. A list is collected up to 1 MiB before its answer begins
// (lists.hpp), and the client decides how long that megabyte stays. When so many answers are collected or hold one, the
// next list begins with its first slice.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

namespace confab::api {

// Any thread.
class answer_memory {
public:
    using share = std::shared_ptr<void>;

    explicit answer_memory(std::ptrdiff_t shares_max = 8) : left_(shares_max) {}
    answer_memory(const answer_memory&) = delete;
    answer_memory& operator=(const answer_memory&) = delete;

    // The right to collect a list; it ends with the share. Nothing: all are taken. REQUIRES: this outlives the share.
    share take() {
        if (left_.fetch_sub(1) > 0) return {this, [](answer_memory* from) { ++from->left_; }};
        ++left_;
        return nullptr;
    }

private:
    std::atomic<std::ptrdiff_t> left_;
};

}  // namespace confab::api
