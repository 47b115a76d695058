#include "base/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace confab {
namespace {

boost::system::error_code last_error() {
    return {errno, boost::system::system_category()};
}

result<void> checked(int status) {
    if (status != 0) return last_error();
    return {};
}

}  // namespace

result<file> file::open(const std::filesystem::path& path, access how) {
    const int flags = how == access::read ? O_RDONLY : how == access::write ? O_RDWR : O_RDWR | O_CREAT;
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (descriptor < 0) return last_error();
    if (how == access::create)
        (void)fchmod(descriptor, 0600);  // open() applies the umask; the file is usable even if this fails
    return file(descriptor);
}

result<void> file::remove(const std::filesystem::path& path) {
    if (unlink(path.c_str()) != 0 && errno != ENOENT) return last_error();
    return {};
}

file::file(file&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

file& file::operator=(file&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

file::~file() {
    if (descriptor_ >= 0) close(descriptor_);
}

result<std::string> file::read_all() const {
    std::string all;
    std::array<char, 64 * 1024> chunk;
    for (;;) {
        const auto count = pread(descriptor_, chunk.data(), chunk.size(), static_cast<off_t>(all.size()));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return last_error();
        if (count == 0) return all;
        all.append(chunk.data(), static_cast<std::size_t>(count));
    }
}

result<void> file::write_at(std::uint64_t offset, std::string_view bytes) const {
    while (!bytes.empty()) {
        const auto written = pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return last_error();
        if (written == 0) return boost::system::error_code(ENOSPC, boost::system::system_category());
        bytes.remove_prefix(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
    return {};
}

result<void> file::truncate(std::uint64_t bytes) const {
    return checked(ftruncate(descriptor_, static_cast<off_t>(bytes)));
}

result<void> file::sync() const {
    return checked(fsync(descriptor_));
}

result<void> file::sync_data() const {
    return checked(fdatasync(descriptor_));
}

result<void> file::try_lock() const {
    return checked(flock(descriptor_, LOCK_EX | LOCK_NB));
}

void file::start_write_back() const {
    sync_file_range(descriptor_, 0, 0, SYNC_FILE_RANGE_WRITE);
}

bool is_lack_of_space(const boost::system::error_code& cause) {
    return cause.category() == boost::system::system_category() &&
           (cause.value() == ENOSPC || cause.value() == EDQUOT || cause.value() == EFBIG);
}

}  // namespace confab
