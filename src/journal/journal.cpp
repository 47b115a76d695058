#include "journal/journal.hpp"

#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <random>

#include "base/require.hpp"
#include "journal/format.hpp"
#include "journal/segments.hpp"

namespace confab::journal {
namespace {

namespace fs = std::filesystem;

std::uint64_t new_salt() {
    std::random_device system;                            // the operating system's generator
    return std::uint64_t{system()} << 32 | system() | 1;  // never zero, unlike the bytes of a new segment
}

[[noreturn]] void fail(const fs::path& path, const char* what, const boost::system::error_code& cause) {
    throw startup_error(fmt::format("{}: {}: {}", path.string(), what, cause.message()));
}

constexpr std::uint64_t mib = 1024 * 1024;

}  // namespace

journal::journal(options o) : options_(std::move(o)) {
    require(options_.owner.size() == owner_bytes, "the owner of a journal has owner_bytes bytes");
    for (std::size_t which = 0; which < segments_.size(); ++which)
        preallocate(segments_[which], segment_path(options_.folder, which));
    const auto folder = file::open(options_.folder, file::access::read);
    if (!folder) fail(options_.folder, "cannot be opened", folder.error());
    if (const auto done = folder->sync(); !done) fail(options_.folder, "cannot be synced", done.error());
}

void journal::preallocate(segment& s, const fs::path& path) {
    auto opened = file::open(path, file::access::create);
    if (!opened) fail(path, "cannot be opened for writing", opened.error());
    s.data = std::move(*opened);
    if (const auto done = s.data.truncate(0); !done) fail(path, "cannot be truncated", done.error());
    const auto written = s.data.write_at(0, std::string(options_.segment_bytes, '\0'));
    if (!written) {
        if (!is_lack_of_space(written.error())) fail(path, "cannot be written", written.error());
        is_preallocated_ = false;
        if (const auto done = s.data.truncate(0); !done) fail(path, "cannot be truncated", done.error());
    }
    if (const auto done = s.data.sync(); !done) fail(path, "cannot be synced", done.error());
}

std::optional<std::string> journal::off_reason() const {
    if (!is_preallocated_) return "there is no space for its files";
    rlimit longest{};
    if (getrlimit(RLIMIT_FSIZE, &longest) == 0 && longest.rlim_cur != RLIM_INFINITY) {
        std::error_code unknown;
        const auto size = fs::file_size(options_.store_file, unknown);
        if ((unknown ? 0 : size) + options_.free_bytes_min > longest.rlim_cur)
            return fmt::format("the file size limit is {} bytes (ulimit -f)", longest.rlim_cur);
    }
    struct statvfs disk{};
    if (statvfs(options_.folder.c_str(), &disk) != 0) return "the free space of the disk cannot be read";
    if (std::uint64_t{disk.f_bavail} * disk.f_frsize < options_.free_bytes_min)
        return fmt::format("less than {} MiB of the disk are free", options_.free_bytes_min / mib);
    return std::nullopt;
}

bool journal::is_half_full() const {
    return segments_[current_].end > options_.segment_bytes / 2;
}

journal::outcome journal::failed() {
    has_failed_ = true;
    return outcome::unknown;
}

journal::outcome journal::append(std::uint64_t number, std::string_view payload) {
    const auto& other = segments_[1 - current_];
    require(!has_failed_, "no append follows one with an unknown outcome");
    require(number > std::max(segments_[current_].last, other.last), "numbers of records ascend");
    const bool is_full = segments_[current_].end + record_header_bytes + payload.size() > options_.segment_bytes;
    const bool switches_segment = is_full && segments_[current_].end > 0 && other.last <= recyclable_;
    auto& s = segments_[switches_segment ? 1 - current_ : current_];
    buffer_.clear();
    if (switches_segment || s.end == 0) {
        const auto salt = new_salt();  // may throw before anything changes
        s = {std::move(s.data), salt, 0, 0};
        append_header(buffer_, options_.owner, s.salt);
    }
    append_record(buffer_, {s.salt, number, payload});
    if (const auto written = s.data.write_at(s.end, buffer_); !written)
        return is_lack_of_space(written.error()) ? outcome::no_space : failed();
    if (!s.data.sync_data()) return failed();
    if (switches_segment) current_ = 1 - current_;
    s.end += buffer_.size();
    s.last = number;
    return outcome::durable;
}

}  // namespace confab::journal
