#include "queue/local/local_queue.hpp"
#include "contract/queue_contract.hpp"

namespace confab::testing {
namespace {

class local_fixture final : public queue_fixture {
public:
    explicit local_fixture(queue_limits limits)
        : queue_(queue::make_local_queue({limits.commands_max, limits.bytes_max})) {}

    queue::sender& sender() override { return *queue_; }
    queue::receiver& receiver() override { return *queue_; }
    void close() override { queue_->close(); }

private:
    std::unique_ptr<queue::local_queue> queue_;
};

INSTANTIATE_TEST_SUITE_P(local, queue_contract,
                         ::testing::Values(named_queue{
                             "local", [](queue_limits limits) { return std::make_unique<local_fixture>(limits); }}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace confab::testing
