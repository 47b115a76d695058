#include "base/error.hpp"

#include <string>

namespace confab {
namespace {

constexpr const char* messages[] = {
    "not found",
    "deleted",
    "version mismatch",
    "idempotency key used with another payload",
    "no number left",
    "the queue is full",
    "the ledger is unavailable",
    "time limit exceeded",
    "the outcome of the commit is unknown",
    "writes are closed until a restart",
    "the server is shutting down",
    "the ledger cannot store this",
};
static_assert(std::size(messages) == error_count);

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "confab"; }
    std::string message(int value) const override {
        return value >= 1 && value <= error_count ? messages[value - 1] : "unknown error";
    }
};

}  // namespace

const boost::system::error_category& error_category() {
    static const category instance;
    return instance;
}

boost::system::error_code make_error_code(error e) {
    return {static_cast<int>(e), error_category()};
}

}  // namespace confab
