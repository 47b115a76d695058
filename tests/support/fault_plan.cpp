#include "support/fault_plan.hpp"

namespace confab::testing {
namespace {

constexpr std::array call_names{"open", "read", "write", "truncate", "sync", "remove", "map", "lock", "allocate"};
constexpr std::array file_names{"database",        "database WAL", "database shm",     "database rollback journal",
                                "index",           "index WAL",    "index shm",        "index rollback journal",
                                "temporary file",  "journal",      "WAL being synced", "folder",
                                "memory of SQLite"};

}  // namespace

std::string to_string(io_site site) {
    return std::string(call_names.at(static_cast<std::size_t>(site.call))) + ' ' +
           file_names.at(static_cast<std::size_t>(site.file));
}

std::string_view to_string(io_error error) {
    constexpr std::array names{"EIO", "ENOSPC", "short write"};
    return names.at(static_cast<std::size_t>(error));
}

io_file file_of(std::string_view path) {
    const bool is_index = path.find("confab-search.db") != path.npos;
    if (path.ends_with("-wal")) return is_index ? io_file::index_wal : io_file::database_wal;
    if (path.ends_with("-shm")) return is_index ? io_file::index_shm : io_file::database_shm;
    if (path.ends_with("-journal"))
        return is_index ? io_file::index_rollback_journal : io_file::database_rollback_journal;
    if (path.ends_with(".db")) return is_index ? io_file::index : io_file::database;
    if (path.find("/confab-") != path.npos) return io_file::journal;
    return path.empty() ? io_file::temporary : io_file::folder;
}

fault_plan& fault_plan::instance() {
    static fault_plan plan;
    return plan;
}

void fault_plan::arm(const io_fault& fault) {
    const std::lock_guard lock(mutex_);
    armed_ = fault;
    met_ = 0;
    has_failed_ = false;
}

bool fault_plan::disarm() {
    const std::lock_guard lock(mutex_);
    armed_.reset();
    return has_failed_;
}

std::optional<io_error> fault_plan::before(io_site site) {
    const std::lock_guard lock(mutex_);
    ++counts_[site];
    if (!armed_ || armed_->site != site) return std::nullopt;
    ++met_;
    if (met_ != armed_->nth && !(armed_->is_lasting && met_ > armed_->nth)) return std::nullopt;
    has_failed_ = true;
    return armed_->error;
}

std::map<io_site, std::uint64_t> fault_plan::counts() {
    const std::lock_guard lock(mutex_);
    return counts_;
}

void fault_plan::reset_counts() {
    const std::lock_guard lock(mutex_);
    counts_.clear();
}

}  // namespace confab::testing
