// Reads the segments of an earlier process.
#include "journal/segments.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/require.hpp"
#include "journal/format.hpp"
#include "journal/journal.hpp"

namespace confab::journal {
namespace {

namespace fs = std::filesystem;

// Without a salt to compare, a number further ahead than this is not a record. That saves verifying its checksum.
constexpr std::uint64_t numbers_ahead_max = std::uint64_t{1} << 32;

using records = numbered_payloads;

// Finds valid records anywhere in the bytes, also behind damaged ones. Without damage, the bytes after the last record
// are zeros, or stale with another salt.
void find_records(std::string_view bytes, std::optional<std::uint64_t> salt, std::uint64_t after, records& found) {
    const auto end = bytes.find_last_not_of('\0') + 1;  // no record begins after it: a salt is never zero
    for (std::size_t at = 0; at < end && bytes.size() - at >= record_header_bytes;) {
        const auto rest = bytes.substr(at);
        const auto fields = fields_at(rest);
        const bool may_be_record = salt ? fields.salt == *salt : fields.number - after - 1 < numbers_ahead_max;
        const auto r = may_be_record ? record_at(rest) : std::nullopt;
        if (r && r->number > after) found.emplace(r->number, r->payload);
        at += r ? record_header_bytes + r->payload.size() : 1;
    }
}

// Adds the segment's records. Returns the segment's owner if it is another one.
std::optional<std::string> read_records(std::string_view bytes, std::string_view owner, std::uint64_t after,
                                        records& found) {
    const auto header = header_at(bytes);
    if (!header) {
        find_records(bytes, std::nullopt, after, found);
        return std::nullopt;
    }
    if (header->owner != owner) return header->owner;
    find_records(bytes.substr(header_bytes), header->salt, after, found);
    return std::nullopt;
}

}  // namespace

fs::path segment_path(const fs::path& folder, std::size_t which) {
    return folder / fmt::format("confab-journal.{}", which);
}

contents read_after(const fs::path& folder, std::string_view owner, std::uint64_t number) {
    std::optional<std::string> other_owner;
    records found;
    for (std::size_t which = 0; which < segment_count; ++which) {
        auto other = read_records(read_file(segment_path(folder, which)), owner, number, found);
        if (other) other_owner = std::move(other);
    }
    auto read = contiguous_contents(std::move(found), number);
    read.other_owner = std::move(other_owner);
    return read;
}

contents contiguous_contents(numbered_payloads found, std::uint64_t after) {
    require(found.empty() || found.begin()->first > after, "records that are not needed were left out");
    contents read;
    auto next = found.begin();
    for (auto expected = after + 1; next != found.end() && next->first == expected; ++next, ++expected)
        read.records.push_back({next->first, std::move(next->second)});
    if (next == found.end()) return read;
    const auto first_missing = after + read.records.size() + 1;
    read.missing = number_range{first_missing, next->first - 1};
    read.unreachable = number_range{first_missing, found.rbegin()->first};
    return read;
}

std::string read_file(const fs::path& path) {
    auto opened = file::open(path, file::access::read);
    if (!opened && opened.error() == boost::system::errc::no_such_file_or_directory) return {};
    if (!opened) throw startup_error(fmt::format("{} cannot be read: {}", path.string(), opened.error().message()));
    auto all = opened->read_all();
    if (!all) throw startup_error(fmt::format("{} cannot be read: {}", path.string(), all.error().message()));
    return std::move(*all);
}

result<void> remove_segments(const fs::path& folder) {
    return remove_files({segment_path(folder, 0), segment_path(folder, 1)});
}

result<void> remove_files(std::initializer_list<fs::path> paths) {
    for (const auto& path : paths)
        if (const auto done = file::remove(path); !done) return done;
    return {};
}

}  // namespace confab::journal
