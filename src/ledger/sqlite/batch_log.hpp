// What was acknowledged and may not stand in the database yet: numbered records, each on disk before append() returns.
//
// Two files take turns: `confab-batches.0` and `.1`, laid out in full when the log is opened, so that a record is a write into a
// file of known length and its sync has nothing of the file system to write. One is begun anew when the other is full and
// the database is known to keep, on disk, all that it says; until then the full one grows on.
//
// A record is its number, its length, the first half of a SHA-256 of the ledger's identity, both and its bytes, and its bytes;
// numbers go up by one. Where the next record is torn, missing, out of turn or another ledger's, a file ends.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace confab::ledger {

struct batch_record {
    std::uint64_t number = 0;
    std::string bytes;
};

// For one caller.
class batch_log {
public:
    // The records of the ledger with this identity after this number, in order and without a gap; none where there is no log. Throws startup_error when
    // a file cannot be read.
    static std::vector<batch_record> read(const std::filesystem::path& folder, std::string_view ledger,
                                          std::uint64_t after);

    // Forgets what the log said before, on disk, and lays out its files. Throws startup_error.
    batch_log(const std::filesystem::path& folder, std::string_view ledger);
    ~batch_log();
    batch_log(const batch_log&) = delete;
    batch_log& operator=(const batch_log&) = delete;

    // Whether the disk had room for the files, and has some to spare for the database that follows behind.
    bool has_room() const;

    // Whether the turn of the other file is near, and the database should get what this one says onto the disk.
    bool is_half_full() const;

    enum class outcome {
        kept,    // on disk
        no_room, // nothing is kept
        unknown  // the disk failed: only the next opening tells
    };
    // `kept_elsewhere`: up to this number the database has all on disk. REQUIRES: a number one above the last.
    outcome append(std::uint64_t number, std::string_view bytes, std::uint64_t kept_elsewhere);

    // Removes the files. REQUIRES: the database has all on disk.
    void remove();

private:
    struct file {
        int descriptor = -1;
        std::uint64_t end = 0;   // where the next record goes
        std::uint64_t last = 0;  // the number of its last record
    };

    void lay_out(file& f, const std::filesystem::path& path);

    const std::filesystem::path folder_;
    const std::string ledger_;
    std::array<file, 2> files_;
    std::size_t current_ = 0;
    bool is_laid_out_ = true;
    std::string record_;
};

}  // namespace confab::ledger
