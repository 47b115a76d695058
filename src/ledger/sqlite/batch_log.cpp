#include "ledger/sqlite/batch_log.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "ledger/sqlite/data_folder.hpp"

namespace confab::ledger {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t file_bytes = 4 * 1024 * 1024;
constexpr std::uint64_t room_to_spare = 256 * 1024 * 1024;
constexpr std::size_t checksum_bytes = 16;
constexpr std::size_t header_bytes = sizeof(std::uint64_t) + sizeof(std::uint32_t) + checksum_bytes;

fs::path file_in(const fs::path& folder, std::size_t which) {
    return folder / fmt::format("confab-batches.{}", which);
}

template <class Integer>
std::string_view bytes_of(const Integer& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

template <class Integer>
Integer integer_at(std::string_view bytes) {
    Integer value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

std::string checksum_of(std::string_view ledger, std::string_view number, std::string_view length,
                        std::string_view bytes) {
    const auto whole = digest_of({ledger, number, length, bytes});
    return {reinterpret_cast<const char*>(whole.data()), checksum_bytes};
}

// The record at the beginning of `bytes`.
std::optional<batch_record> record_in(std::string_view bytes, std::string_view ledger) {
    if (bytes.size() < header_bytes) return std::nullopt;
    const auto number = bytes.substr(0, sizeof(std::uint64_t));
    const auto length = bytes.substr(number.size(), sizeof(std::uint32_t));
    const auto checksum = bytes.substr(number.size() + length.size(), checksum_bytes);
    const auto rest = bytes.substr(header_bytes);
    const auto count = integer_at<std::uint32_t>(length);
    if (count > rest.size() || checksum_of(ledger, number, length, rest.substr(0, count)) != checksum) return std::nullopt;
    return batch_record{integer_at<std::uint64_t>(number), std::string(rest.substr(0, count))};
}

// Those of one file, as long as their numbers go up by one.
std::vector<batch_record> records_of(const fs::path& path, std::string_view ledger) {
    std::error_code missing;
    if (!fs::exists(path, missing)) return {};
    std::ifstream in(path, std::ios::binary);
    const std::string all{std::istreambuf_iterator<char>(in), {}};
    if (!in) throw startup_error(fmt::format("{} cannot be read", path.string()));
    std::vector<batch_record> found;
    for (std::string_view rest = all;;) {
        auto record = record_in(rest, ledger);
        if (!record || (!found.empty() && record->number != found.back().number + 1)) return found;
        rest.remove_prefix(header_bytes + record->bytes.size());
        found.push_back(std::move(*record));
    }
}

[[noreturn]] void fail(const fs::path& path, const char* what) {
    throw startup_error(fmt::format("{}: {}: {}", path.string(), what, std::strerror(errno)));
}

bool is_lack_of_room(int cause) {
    return cause == ENOSPC || cause == EDQUOT || cause == EFBIG;
}

// 0, or what went wrong.
int write_whole(int descriptor, std::string_view bytes, std::uint64_t at) {
    while (!bytes.empty()) {
        const auto written = pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return written < 0 ? errno : ENOSPC;
        bytes.remove_prefix(static_cast<std::size_t>(written));
        at += static_cast<std::uint64_t>(written);
    }
    return 0;
}

}  // namespace

std::vector<batch_record> batch_log::read(const fs::path& folder, std::string_view ledger, std::uint64_t after) {
    std::map<std::uint64_t, batch_record> by_number;
    for (const std::size_t which : {0, 1})
        for (auto& record : records_of(file_in(folder, which), ledger)) by_number.emplace(record.number, std::move(record));
    std::vector<batch_record> found;
    for (auto next = by_number.find(after + 1); next != by_number.end(); next = by_number.find(++after + 1))
        found.push_back(std::move(next->second));
    return found;
}

batch_log::batch_log(const fs::path& folder, std::string_view ledger) : folder_(folder), ledger_(ledger) {
    for (std::size_t which = 0; which < files_.size(); ++which) lay_out(files_[which], file_in(folder, which));
    sync_folder(folder);
}

batch_log::~batch_log() {
    for (const auto& f : files_) close(f.descriptor);
}

void batch_log::lay_out(file& f, const fs::path& path) {
    f.descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (f.descriptor < 0) fail(path, "cannot be written");
    if (ftruncate(f.descriptor, 0) != 0) fail(path, "cannot be emptied");
    if (const int cause = write_whole(f.descriptor, std::string(file_bytes, '\0'), 0); cause != 0) {
        errno = cause;
        if (!is_lack_of_room(cause)) fail(path, "cannot be laid out");
        is_laid_out_ = false;
        if (ftruncate(f.descriptor, 0) != 0) fail(path, "cannot be emptied");
    }
    if (fsync(f.descriptor) != 0) fail(path, "cannot be synced");
}

bool batch_log::has_room() const {
    if (!is_laid_out_) return false;
    rlimit longest_file{};
    if (getrlimit(RLIMIT_FSIZE, &longest_file) == 0 && longest_file.rlim_cur != RLIM_INFINITY) return false;
    struct statvfs disk {};
    if (statvfs(folder_.c_str(), &disk) != 0) return false;
    return std::uint64_t{disk.f_bavail} * disk.f_frsize >= room_to_spare;
}

bool batch_log::is_half_full() const {
    return files_[current_].end > file_bytes / 2;
}

batch_log::outcome batch_log::append(std::uint64_t number, std::string_view bytes, std::uint64_t kept_elsewhere) {
    const auto length = static_cast<std::uint32_t>(bytes.size());
    record_.clear();
    record_.append(bytes_of(number)).append(bytes_of(length));
    record_.append(checksum_of(ledger_, bytes_of(number), bytes_of(length), bytes)).append(bytes);

    const auto& other = files_[1 - current_];
    const bool is_full = files_[current_].end + record_.size() > file_bytes;
    const bool begins_other = is_full && files_[current_].end > 0 && other.last <= kept_elsewhere;
    auto& f = files_[begins_other ? 1 - current_ : current_];
    const auto at = begins_other ? 0 : f.end;
    if (const int cause = write_whole(f.descriptor, record_, at); cause != 0)
        return is_lack_of_room(cause) ? outcome::no_room : outcome::unknown;
    if (fdatasync(f.descriptor) != 0) return outcome::unknown;
    if (begins_other) current_ = 1 - current_;
    f.end = at + record_.size();
    f.last = number;
    return outcome::kept;
}

void batch_log::remove() {
    std::error_code left_to_the_next_opening;
    for (const std::size_t which : {0, 1}) fs::remove(file_in(folder_, which), left_to_the_next_opening);
}

}  // namespace confab::ledger
