// A write-ahead journal of numbered records. Each record is on disk before append() returns. The journal holds records
// that a following store may not have on disk yet.
//
// Two segments take turns: `confab-journal.0` and `.1`. They are written in full when the journal is created. So an
// append does not change the file's length, and its sync writes no file system metadata. When a segment is full, the
// journal switches to the other one if all records in that can be recycled. Until then the full segment grows.
//
// A segment begins with a header: magic, owner, a random salt, a checksum. The owner is the identity of the following
// store, so the journal of another store is not taken for its own. Each reuse of a segment draws a new salt.
// Every record repeats it, so stale bytes after the last record never pass for a record. The header is written and
// synced together with the first record.
//
// A record is salt, number, payload length and checksum, then the payload. The checksum is the XXH3-128 of the payload.
// Its seed is the XXH3-64 of the other three fields (https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md). Numbers
// ascend.
//
// Integers are little-endian. The magic contains format version 1.
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
    std::vector<record> records;  // after the requested number, in order and without a gap
    // The first gap: missing or damaged records, with valid ones after them. Damage without a valid record after it
    // counts as the end of the journal.
    std::optional<number_range> missing;
    std::optional<number_range> unreachable;  // from the gap's first number to the last valid record
    std::optional<std::string> other_owner;   // of a segment with another owner; its records are not read
};

// Reads the records after `number` from the segments in this folder. A missing segment has no records. Changes nothing.
// Throws startup_error: a segment cannot be read.
contents read_after(const std::filesystem::path& folder, std::string_view owner, std::uint64_t number);

// Removes the segments. The caller syncs the folder if that matters. Errors: of the system.
result<void> remove_segments(const std::filesystem::path& folder);

struct options {
    std::filesystem::path folder;
    std::string owner;                                 // owner_bytes long
    std::uint64_t segment_bytes = 4 * 1024 * 1024;     // a segment of this size is full
    std::uint64_t free_bytes_min = 256 * 1024 * 1024;  // left on the disk; see off_reason()
    std::filesystem::path store_file;                  // of the following store; it grows with the records
};

// Not thread-safe.
class journal {
public:
    // Discards the content of the segments durably, and preallocates them. The caller must not need their records any
    // more. Throws startup_error.
    explicit journal(options o);
    journal(const journal&) = delete;
    journal& operator=(const journal&) = delete;

    // Why the journal should not be used now. The disk has no space for the segments, or the following store has too
    // little space left: on the disk, or below the process's file size limit. Nothing: the journal can be used.
    std::optional<std::string> off_reason() const;

    // Whether the current segment is more than half full. The following store should be synced then, so that the other
    // segment can be reused in time.
    bool is_half_full() const;

    enum class outcome {
        durable,   // on disk
        no_space,  // nothing is stored; the same number can be appended again
        unknown    // the disk failed: only the next read_after() shows it
    };
    // REQUIRES: `number` is above the last one. The following store has all skipped numbers on disk, so they are never
    // replayed. No append follows `unknown`.
    outcome append(std::uint64_t number, std::string_view payload);

    // Records up to `number` are no longer needed, because the following store has them on disk.
    void recycle_up_to(std::uint64_t number) { recyclable_ = number; }

private:
    struct segment {
        file data;
        std::uint64_t salt = 0;
        std::uint64_t end = 0;   // where the next record goes; 0: no header yet
        std::uint64_t last = 0;  // the number of its last record
    };

    outcome failed();
    void preallocate(segment& s, const std::filesystem::path& path);

    const options options_;
    std::array<segment, 2> segments_;
    std::size_t current_ = 0;
    std::uint64_t recyclable_ = 0;
    bool is_preallocated_ = true;
    bool has_failed_ = false;  // an outcome was unknown
    std::string buffer_;
};

}  // namespace confab::journal
