#include "base/random.hpp"

#include <sys/random.h>

#include <array>
#include <cstdlib>
#include <cstring>

namespace confab {
namespace {

// One system call serves many small requests, because every write draws a job id.
class pool {
public:
    void take(std::span<std::byte> out) {
        while (!out.empty()) {
            if (used_ == bytes_.size()) refill();
            const auto length = std::min(out.size(), bytes_.size() - used_);
            std::memcpy(out.data(), bytes_.data() + used_, length);
            std::memset(bytes_.data() + used_, 0, length);
            used_ += length;
            out = out.subspan(length);
        }
    }

private:
    void refill() {
        // Requests of up to 256 bytes are never interrupted or cut short (getrandom(2)).
        if (getrandom(bytes_.data(), bytes_.size(), 0) != static_cast<ssize_t>(bytes_.size())) std::abort();
        used_ = 0;
    }

    std::array<std::byte, 256> bytes_;
    std::size_t used_ = bytes_.size();
};

}  // namespace

void fill_random(std::span<std::byte> out) {
    thread_local pool mine;
    mine.take(out);
}

}  // namespace confab
