// A VFS (https://sqlite.org/vfs.html), an allocator and a page cache for SQLite, each over the default one.
//
// 1. The VFS forwards every call unless the plan makes it fail. A failed call does nothing, except that a short write
//    writes half. It has no memory-mapped I/O, so that every read and write is a call.
// 2. An allocation that fails returns null, as SQLite's own test allocator does.
// 3. The page cache has a few pages and ignores cache_size, so that a short history spills.
#include <sqlite3.h>

#include <new>
#include <stdexcept>

#include "drivers/sqlite/sqlite.hpp"
#include "support/fault_plan.hpp"

namespace confab::testing {
namespace {

constexpr int pages_max = 12;

struct shim_file {
    sqlite3_file base;
    io_file file;

    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

shim_file& shim(sqlite3_file* f) {
    return *reinterpret_cast<shim_file*>(f);
}
sqlite3_file* real(sqlite3_file* f) {
    return shim(f).real();
}
const sqlite3_io_methods& methods(sqlite3_file* f) {
    return *real(f)->pMethods;
}
std::optional<io_error> failure_of(io_call call, sqlite3_file* f) {
    return fault_plan::instance().before({call, shim(f).file});
}
io_file shm_of(sqlite3_file* f) {
    return shim(f).file == io_file::index ? io_file::index_shm : io_file::database_shm;
}

int close_file(sqlite3_file* f) {
    return methods(f).xClose(real(f));
}
int read_file(sqlite3_file* f, void* into, int bytes, sqlite3_int64 at) {
    if (failure_of(io_call::read, f)) return SQLITE_IOERR_READ;
    return methods(f).xRead(real(f), into, bytes, at);
}
int write_file(sqlite3_file* f, const void* from, int bytes, sqlite3_int64 at) {
    const auto failure = failure_of(io_call::write, f);
    if (!failure) return methods(f).xWrite(real(f), from, bytes, at);
    if (failure == io_error::eio) return SQLITE_IOERR_WRITE;
    if (failure == io_error::short_write) methods(f).xWrite(real(f), from, bytes / 2, at);
    return SQLITE_FULL;
}
int truncate_file(sqlite3_file* f, sqlite3_int64 size) {
    if (failure_of(io_call::truncate, f)) return SQLITE_IOERR_TRUNCATE;
    return methods(f).xTruncate(real(f), size);
}
int sync_file(sqlite3_file* f, int flags) {
    if (failure_of(io_call::sync, f)) return SQLITE_IOERR_FSYNC;
    return methods(f).xSync(real(f), flags);
}
int file_size(sqlite3_file* f, sqlite3_int64* size) {
    return methods(f).xFileSize(real(f), size);
}
int lock_file(sqlite3_file* f, int level) {
    if (failure_of(io_call::lock, f)) return SQLITE_IOERR_LOCK;
    return methods(f).xLock(real(f), level);
}
int unlock_file(sqlite3_file* f, int level) {
    return methods(f).xUnlock(real(f), level);
}
int check_reserved_lock(sqlite3_file* f, int* result) {
    return methods(f).xCheckReservedLock(real(f), result);
}
int control_file(sqlite3_file* f, int operation, void* argument) {
    return methods(f).xFileControl(real(f), operation, argument);
}
int sector_size(sqlite3_file* f) {
    return methods(f).xSectorSize(real(f));
}
int characteristics(sqlite3_file* f) {
    return methods(f).xDeviceCharacteristics(real(f));
}
int map_shm(sqlite3_file* f, int page, int bytes, int extend, void volatile** mapped) {
    if (fault_plan::instance().before({io_call::map, shm_of(f)})) return SQLITE_IOERR_SHMMAP;
    return methods(f).xShmMap(real(f), page, bytes, extend, mapped);
}
int lock_shm(sqlite3_file* f, int offset, int n, int flags) {
    const bool is_unlock = (flags & SQLITE_SHM_UNLOCK) != 0;
    if (!is_unlock && fault_plan::instance().before({io_call::lock, shm_of(f)})) return SQLITE_IOERR_SHMLOCK;
    return methods(f).xShmLock(real(f), offset, n, flags);
}
void shm_barrier(sqlite3_file* f) {
    methods(f).xShmBarrier(real(f));
}
int unmap_shm(sqlite3_file* f, int is_to_be_removed) {
    return methods(f).xShmUnmap(real(f), is_to_be_removed);
}

const sqlite3_io_methods shim_methods{
    2,         close_file,  read_file,           write_file,   truncate_file, sync_file,       file_size,
    lock_file, unlock_file, check_reserved_lock, control_file, sector_size,   characteristics, map_shm,
    lock_shm,  shm_barrier, unmap_shm,           nullptr,      nullptr};

sqlite3_vfs* real_vfs = nullptr;

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* f, int flags, int* flags_out) {
    f->pMethods = nullptr;
    auto& made = *new (f) shim_file{{nullptr}, file_of(name ? name : "")};
    if (fault_plan::instance().before({io_call::open, made.file})) return SQLITE_CANTOPEN;
    const int code = real_vfs->xOpen(real_vfs, name, made.real(), flags, flags_out);
    if (made.real()->pMethods) made.base.pMethods = &shim_methods;
    return code;
}

int remove_file(sqlite3_vfs*, const char* name, int is_folder_synced) {
    if (fault_plan::instance().before({io_call::remove, file_of(name)})) return SQLITE_IOERR_DELETE;
    return real_vfs->xDelete(real_vfs, name, is_folder_synced);
}

sqlite3_vfs shim_vfs;

void install_vfs() {
    real_vfs = sqlite3_vfs_find(nullptr);
    shim_vfs = *real_vfs;
    shim_vfs.pNext = nullptr;
    shim_vfs.zName = "faults";
    shim_vfs.szOsFile = static_cast<int>(sizeof(shim_file)) + real_vfs->szOsFile;
    shim_vfs.xOpen = open_file;
    shim_vfs.xDelete = remove_file;
    if (sqlite3_vfs_register(&shim_vfs, 1) != SQLITE_OK) throw std::runtime_error("the VFS shim cannot be registered");
}

sqlite3_mem_methods real_memory;

void* allocate(int bytes) {
    if (fault_plan::instance().before({io_call::allocate, io_file::memory})) return nullptr;
    return real_memory.xMalloc(bytes);
}
void* reallocate(void* old, int bytes) {
    if (fault_plan::instance().before({io_call::allocate, io_file::memory})) return nullptr;
    return real_memory.xRealloc(old, bytes);
}

sqlite3_pcache_methods2 real_cache;

void limit_cache(sqlite3_pcache* cache, int pages) {
    real_cache.xCachesize(cache, pages > pages_max ? pages_max : pages);
}

void configure(int code) {
    if (code != SQLITE_OK) throw std::runtime_error("SQLite was used before its shims were installed");
}

}  // namespace

void install_sqlite_shims() {
    sqlite::prepare_library();
    configure(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory));
    auto memory = real_memory;
    memory.xMalloc = allocate;
    memory.xRealloc = reallocate;
    configure(sqlite3_config(SQLITE_CONFIG_MALLOC, &memory));
    configure(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0));
    configure(sqlite3_config(SQLITE_CONFIG_GETPCACHE2, &real_cache));
    auto cache = real_cache;
    cache.xCachesize = limit_cache;
    configure(sqlite3_config(SQLITE_CONFIG_PCACHE2, &cache));
    install_vfs();
}

}  // namespace confab::testing
