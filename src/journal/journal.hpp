// A journal: numbered records, each on disk before append() returns. It is what another store, which follows later, may
// not hold yet.
//
// Two segments take turns: `confab-journal.0` and `.1`. They are written in full when the journal is created. So an
// append writes into a file of known length, and its sync has no file system metadata to write. When a segment is full
// the other one begins again, if all its records can be recycled; until then the full one grows.
//
// A segment begins with a header: magic, owner, a random salt, a checksum. The salt is new each time the segment begins
// again, and every record repeats it, so that stale bytes behind the last record never pass for one. The header is
// written and synced together with the first record.
//
// A record is salt, number, payload length and checksum, then the payload. The checksum is XXH3-128 of the payload,
// with the XXH3-64 of the other three as its seed (https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md). Numbers
// ascend.
//
// Integers are little-endian. Format version 1 is in the magic.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"

namespace confab::journal {

inline constexpr std::size_t owner_bytes = 32;

struct record {
    std::uint64_t number = 0;
    std::string payload;
};

struct number_range {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
};

struct contents {
    std::vector<record> records;  // from the number after the asked one on, in order and without a gap
    // Numbers that are missing or damaged, between those records (or the asked number) and whole records behind them;
    // and all numbers from the first missing one up to the last whole record.
    std::optional<number_range> missing;
    std::optional<number_range> unreachable;
    std::optional<std::string> other_owner;  // of a segment that belongs to somebody else
};

// Reads what the segments in this folder hold after this number; nothing where there are none. Changes nothing.
// Throws startup_error: a segment cannot be read.
contents read_after(const std::filesystem::path& folder, std::string_view owner, std::uint64_t number);

// Removes the segments. The caller syncs the folder where that matters. Errors: of the system.
result<void> remove_segments(const std::filesystem::path& folder);

struct options {
    std::filesystem::path folder;
    std::string owner;                                 // owner_bytes long
    std::uint64_t segment_bytes = 4 * 1024 * 1024;     // from here on the other segment takes its turn
    std::uint64_t free_bytes_min = 256 * 1024 * 1024;  // left on the disk; see off_reason()
    std::filesystem::path store_file;                  // of the store that follows; it grows with the records
};

// Not thread-safe.
class journal {
public:
    // Discards what the segments held, on disk too, and lays them out. Throws startup_error.
    explicit journal(options o);
    journal(const journal&) = delete;
    journal& operator=(const journal&) = delete;

    // Why no record should be appended now: the disk had no room for the segments, or too little is left for the store
    // that follows, on the disk or below the process's limit of file size. Nothing: the journal can be used.
    std::optional<std::string> off_reason() const;

    // Whether the current segment is more than half full: the store that follows should be synced, so that the other
    // segment can begin again in time.
    bool is_half_full() const;

    enum class outcome {
        durable,   // on disk
        no_space,  // nothing is kept
        unknown    // the disk failed: only the next read_after() tells
    };
    // REQUIRES: a number above the last; one that is passed over never has to be replayed, as the store that follows
    // has it on disk before this call. After `unknown` there is no further append.
    outcome append(std::uint64_t number, std::string_view payload);

    // Records up to this number are needed no more: the store that follows has them on disk.
    void recycle_up_to(std::uint64_t number) { recyclable_ = number; }

private:
    struct segment {
        file data;
        std::uint64_t salt = 0;
        std::uint64_t end = 0;   // where the next record goes; 0: no header yet
        std::uint64_t last = 0;  // the number of its last record
    };

    void preallocate(segment& s, const std::filesystem::path& path);

    const options options_;
    std::array<segment, 2> segments_;
    std::size_t current_ = 0;
    std::uint64_t recyclable_ = 0;
    bool is_preallocated_ = true;
    std::string buffer_;
};

}  // namespace confab::journal
