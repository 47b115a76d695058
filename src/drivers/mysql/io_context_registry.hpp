// Objects on an event loop whose owners may outlive the loop. When the loop ends, it releases them, so that no socket
// is closed on a destroyed loop.
#pragma once

#include <atomic>
#include <boost/asio/execution_context.hpp>
#include <cstdint>
#include <mutex>
#include <unordered_set>

namespace confab::mysql {

class io_object {
public:
    virtual ~io_object() = default;
    // Called when the loop ends: releases everything that belongs to it.
    virtual void release() = 0;
};

class io_context_registry final : public boost::asio::execution_context::service {
public:
    using key_type = io_context_registry;
    static inline boost::asio::execution_context::id id;

    explicit io_context_registry(boost::asio::execution_context& context) : service(context) {}

    static io_context_registry& of(boost::asio::execution_context& context) {
        return boost::asio::use_service<io_context_registry>(context);
    }

    // Identifies the loop: no other loop ever has this number.
    std::uint64_t number() const { return number_; }

    void add(io_object& t) {
        const std::lock_guard lock(mutex_);
        all_.insert(&t);
    }
    void remove(io_object& t) {
        const std::lock_guard lock(mutex_);
        all_.erase(&t);
    }

private:
    void shutdown() override {
        const std::lock_guard lock(mutex_);
        for (auto* t : all_) t->release();
        all_.clear();
    }

    static inline std::atomic<std::uint64_t> last_number_{0};
    const std::uint64_t number_ = ++last_number_;
    std::mutex mutex_;
    std::unordered_set<io_object*> all_;
};

}  // namespace confab::mysql
