#include "queue/redis/rename_keys.hpp"

#include <fmt/core.h>

#include "queue/redis/script.hpp"
#include "queue/redis/streams.hpp"

namespace confab::queue {
namespace {

// The send script of version 0.1.0 refuses a command when the bytes key exceeds its limit. So the bytes key alone,
// without a stream, stops nodes of that version from sending commands that nobody would take.
// KEYS: old stream, epoch, bytes; new stream, epoch, bytes. ARGV: a size above every limit.
// Returns the number of renamed entries, or -1 if there are keys under both names.
constexpr std::string_view rename_script = R"lua(
local found = redis.call('EXISTS', KEYS[1], KEYS[2])
if found > 0 and redis.call('EXISTS', KEYS[4], KEYS[5], KEYS[6]) > 0 then return -1 end
if found > 0 then
    for i = 1, 3 do
        if redis.call('EXISTS', KEYS[i]) == 1 then redis.call('RENAMENX', KEYS[i], KEYS[i + 3]) end
    end
end
redis.call('SET', KEYS[3], ARGV[1])
return found > 0 and redis.call('XLEN', KEYS[4]) or 0
)lua";
constexpr std::string_view full = "9000000000000000";

[[noreturn]] void refuse(const stream_keys& before, const stream_keys& after) {
    throw startup_error(fmt::format(
        "Redis has both {0} and {1}, and their entries cannot be merged: a node of version 0.1.0 sent to the first "
        "after the queue was renamed. Stop it, inspect both (XLEN, XRANGE), delete the keys of the one that is not "
        "needed ({0}, {2}; or {1}, {3}), and run `confab migrate` again",
        before.stream, after.stream, before.epoch, after.epoch));
}

}  // namespace

awaitable<std::uint64_t> rename_old_keys(redis::client& on, std::string cluster, std::uint64_t partitions) {
    static const script rename(rename_script);
    const auto before = old_keys_of_all(partitions), after = keys_of_all(cluster, partitions);
    std::uint64_t entries = 0;
    for (std::size_t p = 0; p < partitions; ++p) {
        const redis::arguments keys{before[p].stream, before[p].epoch, before[p].bytes,
                                    after[p].stream,  after[p].epoch,  after[p].bytes};
        const redis::arguments with{full};
        const auto reply = co_await rename.run(on, keys, with);
        if (!reply)
            throw startup_error("Redis stopped answering while the queue was renamed: run `confab migrate` again");
        if (reply->is_error()) throw startup_error("Redis refuses to rename the queue: " + reply->text);
        if (reply->integer < 0) refuse(before[p], after[p]);
        entries += static_cast<std::uint64_t>(reply->integer);
    }
    co_return entries;
}

}  // namespace confab::queue
