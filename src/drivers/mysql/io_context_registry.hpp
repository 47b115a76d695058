// Objects on an event loop whose owners may outlive the loop. The destructor of the loop releases them, so that no
// socket is closed on a destroyed loop.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <mutex>
#include <unordered_set>

namespace confab::mysql {

class io_object {
public:
    virtual ~io_object() = default;
    // The destructor of the loop calls this once. Releases everything that belongs to the loop. REQUIRES: it calls
    // neither add() nor remove(), now or later; the registry's mutex is locked, and the registry is destroyed next.
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

    // Any thread, before the loop is destroyed.
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

    std::mutex mutex_;
    std::unordered_set<io_object*> all_;
};

}  // namespace confab::mysql
