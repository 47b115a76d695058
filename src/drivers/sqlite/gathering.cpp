// 1. Only logs are wrapped; every other file is the operating system's own.
// 2. A write that goes on where the last one ended is kept; any other first writes out what is kept.
// 3. Whatever looks at the file writes out what is kept before it looks: a sync above all, but also a read of pages that
// were spilled in the middle of a transaction, or a checkpoint.
// 4. A write-out that fails is reported by the call that caused it. Bytes go out in order, so of a commit that did not
// fit on the disk the last page is missing, and recovery takes none of it.
#include "drivers/sqlite/gathering.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <new>
#include <vector>

#include "drivers/sqlite/sqlite.hpp"

namespace confab::sqlite {
namespace {

constexpr std::size_t gathered_bytes_max = 1024 * 1024;
constexpr std::size_t write_bytes_max = 64 * 1024;  // SQLite's own files take less than 128 KiB at once

sqlite3_vfs* system_vfs() {
    return sqlite3_vfs_find(nullptr);
}

// SQLite gives the space for it, with that for the file behind it, and knows it as its base only.
struct gathering_file : sqlite3_file {
    std::vector<char> gathered;
    sqlite3_int64 begin = 0;  // where the first of them goes

    sqlite3_file* behind() { return reinterpret_cast<sqlite3_file*>(this + 1); }

    int write_out() {
        int code = SQLITE_OK;
        for (std::size_t done = 0; done < gathered.size() && code == SQLITE_OK; done += write_bytes_max) {
            const auto count = static_cast<int>(std::min(write_bytes_max, gathered.size() - done));
            code = behind()->pMethods->xWrite(behind(), &gathered[done], count, begin + static_cast<sqlite3_int64>(done));
        }
        gathered.clear();
        return code;
    }

    int write(const char* bytes, int count, sqlite3_int64 at) {
        const auto end = begin + static_cast<sqlite3_int64>(gathered.size());
        if (at != end || gathered.size() >= gathered_bytes_max) {
            if (const int code = write_out(); code != SQLITE_OK) return code;
            begin = at;
        }
        try {
            gathered.insert(gathered.end(), bytes, bytes + count);
        } catch (const std::bad_alloc&) {
            return SQLITE_IOERR_NOMEM;
        }
        return SQLITE_OK;
    }
};

gathering_file& ours(sqlite3_file* file) {
    return *static_cast<gathering_file*>(file);
}

// Calls the method of the file behind, once what is kept is written out.
template <class... Parameters, class... Values>
int pass(sqlite3_file* file, int (*sqlite3_io_methods::*method)(sqlite3_file*, Parameters...), Values... values) {
    auto& f = ours(file);
    if (const int code = f.write_out(); code != SQLITE_OK) return code;
    return (f.behind()->pMethods->*method)(f.behind(), values...);
}

int close_file(sqlite3_file* file) {
    auto& f = ours(file);
    const int written = f.write_out();
    const int closed = f.behind()->pMethods->xClose(f.behind());
    f.~gathering_file();
    return written != SQLITE_OK ? written : closed;
}

// What a log is asked for. It has no locks and no shared memory: those are the database's.
constexpr sqlite3_io_methods log_methods = {
    .iVersion = 1,
    .xClose = close_file,
    .xRead = [](sqlite3_file* f, void* to, int count,
                sqlite3_int64 at) { return pass(f, &sqlite3_io_methods::xRead, to, count, at); },
    .xWrite = [](sqlite3_file* f, const void* from, int count,
                 sqlite3_int64 at) { return ours(f).write(static_cast<const char*>(from), count, at); },
    .xTruncate = [](sqlite3_file* f, sqlite3_int64 size) { return pass(f, &sqlite3_io_methods::xTruncate, size); },
    .xSync = [](sqlite3_file* f, int flags) { return pass(f, &sqlite3_io_methods::xSync, flags); },
    .xFileSize = [](sqlite3_file* f, sqlite3_int64* size) { return pass(f, &sqlite3_io_methods::xFileSize, size); },
    .xLock = [](sqlite3_file* f, int level) { return pass(f, &sqlite3_io_methods::xLock, level); },
    .xUnlock = [](sqlite3_file* f, int level) { return pass(f, &sqlite3_io_methods::xUnlock, level); },
    .xCheckReservedLock = [](sqlite3_file* f,
                             int* is_held) { return pass(f, &sqlite3_io_methods::xCheckReservedLock, is_held); },
    .xFileControl = [](sqlite3_file* f, int what,
                       void* value) { return pass(f, &sqlite3_io_methods::xFileControl, what, value); },
    .xSectorSize = [](sqlite3_file* f) { return ours(f).behind()->pMethods->xSectorSize(ours(f).behind()); },
    .xDeviceCharacteristics =
        [](sqlite3_file* f) { return ours(f).behind()->pMethods->xDeviceCharacteristics(ours(f).behind()); },
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* opened_flags) {
    auto* const system = system_vfs();
    if (!(flags & SQLITE_OPEN_WAL)) return system->xOpen(system, name, file, flags, opened_flags);
    auto* const f = new (file) gathering_file;
    f->pMethods = nullptr;
    const int code = system->xOpen(system, name, f->behind(), flags, opened_flags);
    if (code == SQLITE_OK) {
        f->pMethods = &log_methods;
        return code;
    }
    // Without methods of ours SQLite does not close it.
    if (f->behind()->pMethods) f->behind()->pMethods->xClose(f->behind());
    f->~gathering_file();
    return code;
}

}  // namespace

const char* gathering_vfs() {
    prepare_library();
    static sqlite3_vfs vfs = [] {
        auto made = *system_vfs();
        made.szOsFile += static_cast<int>(sizeof(gathering_file));
        made.pNext = nullptr;
        made.zName = "confab-gathering";
        made.xOpen = open_file;
        return made;
    }();
    static const int registered = sqlite3_vfs_register(&vfs, 0);
    return registered == SQLITE_OK ? vfs.zName : nullptr;
}

}  // namespace confab::sqlite
