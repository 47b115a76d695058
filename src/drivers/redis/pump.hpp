// hiredis' asynchronous client on an Asio event loop: waits for its socket, and tells it when to read and write.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>

struct redisAsyncContext;

namespace confab::redis {

// Lives as long as the context, and a little longer where a wait is still to end. The loop's thread only.
class pump : public std::enable_shared_from_this<pump> {
public:
    // Takes over the waiting for this context until hiredis frees it.
    static void attach(redisAsyncContext& context, const boost::asio::any_io_executor& loop);

private:
    enum class direction { read, write };
    struct way {
        bool is_wanted = false;
        bool is_waiting = false;
    };

    pump(redisAsyncContext& context, const boost::asio::any_io_executor& loop);

    static pump& of(void* data);
    void want(direction d);
    void wait(direction d);
    void arrived(direction d, bool is_ready);
    void let_go();
    way& at(direction d) { return d == direction::read ? read_ : write_; }

    redisAsyncContext* context_;
    boost::asio::posix::stream_descriptor socket_;
    way read_, write_;
    std::shared_ptr<pump> self_;  // held by hiredis
};

}  // namespace confab::redis
