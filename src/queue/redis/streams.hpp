// The queue's keys and channels in Redis. All names contain the cluster's identity, so several clusters can use one
// Redis. All keys of a partition share a hash tag, so Redis Cluster keeps them together. Each script touches one
// partition only.
//   confab:CLUSTER:{pN}:stream      the entries: e, the epoch in which they were sent, and c, the command
//   confab:CLUSTER:{pN}:epoch       random, set if missing: a queue that lost its memory gets another epoch
//   confab:CLUSTER:{pN}:bytes       the total size of the entries' commands
//   confab:CLUSTER:{pN}:committed   the epoch and the id of the last committed entry. If the ledger is restored to an
//                                   earlier state, workers that start later detect it by this key
//   confab:CLUSTER:live             the channel of the live feed's hints (live/redis/)
//   confab:CLUSTER:answers:RANDOM   a channel for each event loop of a node; channels ignore Redis' database number
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/delivery.hpp"

namespace confab::queue {

struct stream_keys {
    std::string stream, epoch, bytes, committed;
};
std::vector<stream_keys> keys_of_all(std::string_view cluster, std::uint64_t partitions);
// The names of version 0.1.0: without the identity. It had no `committed`.
std::vector<stream_keys> old_keys_of_all(std::uint64_t partitions);
// A new random name each time.
std::string answer_channel(std::string_view cluster);

// Appends an entry unless there are too many entries or bytes.
// KEYS: stream, epoch, bytes. ARGV: command, maximum commands, maximum bytes, an epoch to set if there is none.
// Returns {epoch, id}, or 0 if the queue is full.
inline constexpr std::string_view send_script = R"lua(
local size = #ARGV[1]
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
if tonumber(redis.call('GET', KEYS[3]) or '0') + size > tonumber(ARGV[3]) then return 0 end
local epoch = redis.call('GET', KEYS[2])
if not epoch then
    epoch = ARGV[4]
    redis.call('SET', KEYS[2], epoch)
end
local id = redis.call('XADD', KEYS[1], '*', 'e', epoch, 'c', ARGV[1])
redis.call('INCRBY', KEYS[3], size)
return {epoch, id}
)lua";

// Deletes executed entries. Ids may repeat in another epoch, so an entry is deleted only if its epoch matches.
// KEYS as above, and committed. ARGV: the epoch of the entries, their total size, their ids in order. XDEL comes first:
// Redis accepts it when its memory is full, and then also the rest of the script. The committed position comes last,
// since a script whose command is refused is not rolled back. It never goes back: a worker that was paused, and an
// entry that is delivered again, come with older ids.
inline constexpr std::string_view delete_script = R"lua(
local function is_after(a, b)
    local a_ms, a_seq = string.match(a, '^(%d+)-(%d+)$')
    local b_ms, b_seq = string.match(b, '^(%d+)-(%d+)$')
    if not b_ms then return true end
    a_ms, a_seq, b_ms, b_seq = tonumber(a_ms), tonumber(a_seq), tonumber(b_ms), tonumber(b_seq)
    return a_ms > b_ms or (a_ms == b_ms and a_seq > b_seq)
end
local ids = {}
local same_epoch = redis.call('GET', KEYS[2]) == ARGV[1]
for i = 3, #ARGV do
    if same_epoch then
        ids[#ids + 1] = ARGV[i]
    else
        local entry = redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i])[1]
        if entry and entry[2][2] == ARGV[1] then ids[#ids + 1] = ARGV[i] end
    end
end
if #ids > 0 then
    redis.call('XDEL', KEYS[1], unpack(ids))
end
if redis.call('XLEN', KEYS[1]) == 0 then
    redis.call('DEL', KEYS[3])
elseif #ids > 0 then
    redis.call('DECRBY', KEYS[3], ARGV[2])
end
if same_epoch and #ids > 0 then
    local known = redis.call('GET', KEYS[4]) or ''
    if string.sub(known, 1, #ARGV[1]) ~= ARGV[1] or is_after(ids[#ids], string.sub(known, #ARGV[1] + 1)) then
        redis.call('SET', KEYS[4], ARGV[1] .. ids[#ids])
    end
end
return #ids
)lua";
inline constexpr std::size_t delete_ids_max = 1000;  // per call: Lua's unpack accepts some thousands at most

std::string text_of(const core::epoch_id& epoch);
std::optional<core::epoch_id> parse_epoch(std::string_view text);
std::string text_of(const core::entry_id& id);
std::optional<core::entry_id> parse_entry_id(std::string_view text);

// The SHA-1 by which EVALSHA names a script, in lower-case hexadecimal.
std::string sha1_of(std::string_view script);

}  // namespace confab::queue
