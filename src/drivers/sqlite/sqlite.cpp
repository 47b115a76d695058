#include "drivers/sqlite/sqlite.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include "base/require.hpp"

namespace confab::sqlite {
namespace {

[[noreturn]] void fail(sqlite3* db, int code) {
    const char* const text = db ? sqlite3_errmsg(db) : sqlite3_errstr(code);
    throw failure(db ? sqlite3_extended_errcode(db) : code, text);
}

int primary(int code) {
    return code & 0xff;
}

// A column that cannot be read for lack of memory comes back as null (https://sqlite.org/c3ref/column_blob.html).
void require_memory(sqlite3_stmt* s) {
    sqlite3* const db = sqlite3_db_handle(s);
    if (primary(sqlite3_errcode(db)) == SQLITE_NOMEM) fail(db, SQLITE_NOMEM);
}

int note_wal_pages(void* pages_out, sqlite3*, const char*, int pages) {
    *static_cast<int*>(pages_out) = pages;
    return SQLITE_OK;
}

// SQLite creates a database with mode 0644, less the umask. It gives -wal and -shm the database's mode, so the mode is
// set before SQLite opens the file. An existing file is not opened here: closing it would release all POSIX locks that
// SQLite has on it in this process. Failures are left to SQLite, which meets them again and reports them.
void create_private(const std::string& path) {
    constexpr mode_t private_mode = 0600;
    const int created = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, private_mode);
    if (created < 0) return;
    // The umask may have removed the owner's bits. If this fails and they are needed, SQLite reports it.
    (void)fchmod(created, private_mode);
    ::close(created);
}

std::string immutable_uri(const std::string& path) {
    return "file:" + boost::urls::encode(path, boost::urls::unreserved_chars + '/') + "?immutable=1";
}

}  // namespace

void prepare_library() {
    static const int done = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    (void)done;
}

bool failure::is_corruption() const {
    return primary(code_) == SQLITE_NOTADB || primary(code_) == SQLITE_CORRUPT;
}
bool failure::is_disk_full() const {
    return primary(code_) == SQLITE_FULL;
}
bool failure::is_out_of_memory() const {
    return primary(code_) == SQLITE_NOMEM || code_ == SQLITE_IOERR_NOMEM;
}
bool failure::is_busy() const {
    return primary(code_) == SQLITE_BUSY || primary(code_) == SQLITE_LOCKED;
}

void statement::finalize::operator()(sqlite3_stmt* s) const {
    sqlite3_finalize(s);
}

statement::statement(sqlite3* db, std::string_view sql) {
    sqlite3_stmt* made = nullptr;
    const int code =
        sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    handle_.reset(made);
    if (code != SQLITE_OK) fail(db, code);
}

bool statement::row() {
    const int code = sqlite3_step(handle_.get());
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) check(code);
    reset();
    return false;
}

void statement::run() {
    while (row()) {
    }
}

void statement::reset() {
    sqlite3_reset(handle_.get());
}

std::int64_t statement::integer(int column) const {
    return sqlite3_column_int64(handle_.get(), column);
}

bool statement::in_transaction() const {
    return sqlite3_get_autocommit(sqlite3_db_handle(handle_.get())) == 0;
}

std::string_view statement::text(int column) const {
    const auto* const data = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
    if (!data) require_memory(handle_.get());
    if (!data) return {};
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

std::optional<std::string> statement::optional_text(int column) const {
    return is_null(column) ? std::nullopt : std::optional<std::string>(text(column));
}

blob statement::bytes(int column) const {
    const auto* const data = static_cast<const std::byte*>(sqlite3_column_blob(handle_.get(), column));
    if (!data) require_memory(handle_.get());
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

bool statement::is_null(int column) const {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

void statement::bind_at(int index, std::int64_t value) {
    check(sqlite3_bind_int64(handle_.get(), index, value));
}

// SQLITE_STATIC: the value outlives the step, and is bound again before the next one.
void statement::bind_at(int index, std::string_view value) {
    check(sqlite3_bind_text(handle_.get(), index, value.data(), static_cast<int>(value.size()), SQLITE_STATIC));
}

void statement::bind_at(int index, blob value) {
    check(sqlite3_bind_blob(handle_.get(), index, value.data(), static_cast<int>(value.size()), SQLITE_STATIC));
}

void statement::bind_at(int index, std::nullptr_t) {
    check(sqlite3_bind_null(handle_.get(), index));
}

void statement::check(int code) const {
    if (code == SQLITE_OK) return;
    sqlite3* const db = sqlite3_db_handle(handle_.get());
    const failure failed(sqlite3_extended_errcode(db), sqlite3_errmsg(db));
    sqlite3_reset(handle_.get());
    throw failed;
}

void connection::close::operator()(sqlite3* db) const {
    sqlite3_close_v2(db);
}

connection::connection(const std::string& path, access how) : wal_pages_(std::make_unique<int>(0)) {
    prepare_library();
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const bool reads = how == access::read_only || how == access::immutable;
    flags |= reads ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (how == access::create) {
        create_private(path);
        flags |= SQLITE_OPEN_CREATE;
    }
    if (how == access::immutable) flags |= SQLITE_OPEN_URI;
    const auto name = how == access::immutable ? immutable_uri(path) : path;
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(name.c_str(), &opened, flags, nullptr);
    handle_.reset(opened);
    if (code != SQLITE_OK) fail(opened, code);
    sqlite3_wal_hook(opened, note_wal_pages, wal_pages_.get());  // replaces SQLite's automatic checkpoint
}

void connection::execute(const char* sql) {
    const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(handle_.get(), code);
}

void connection::wait_for_locks(int ms) {
    sqlite3_busy_timeout(handle_.get(), ms);
}

bool connection::checkpoint(checkpoint_kind kind) {
    const int mode = kind == checkpoint_kind::passive   ? SQLITE_CHECKPOINT_PASSIVE
                     : kind == checkpoint_kind::restart ? SQLITE_CHECKPOINT_RESTART
                                                        : SQLITE_CHECKPOINT_TRUNCATE;
    int wal_frames = 0, checkpointed_frames = 0;
    const int code = sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, mode, &wal_frames, &checkpointed_frames);
    if (primary(code) == SQLITE_BUSY) return false;
    if (code != SQLITE_OK) fail(handle_.get(), code);
    return checkpointed_frames == wal_frames;
}

void connection::checkpoint_on_close(bool is_on) {
    sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, is_on ? 0 : 1, nullptr);
}

bool connection::in_transaction() const {
    return sqlite3_get_autocommit(handle_.get()) == 0;
}

void connection::set_sync_level(sync_level level) {
    require(!in_transaction(), "the sync level changes between transactions");
    if (level == sync_level_) return;
    sync_level_.reset();  // a failing pragma may have set it
    execute(level == sync_level::full ? "pragma synchronous = full" : "pragma synchronous = normal");
    sync_level_ = level;
}

statement& connection::prepare_once(std::unique_ptr<statement>& s, connection& c, std::string_view sql) {
    if (!s) s = std::make_unique<statement>(c.prepare(sql));
    return *s;
}

transaction::transaction(connection& c, kind k) : connection_(c) {
    connection::prepare_once(c.rollback_, c, "rollback");  // now: a rollback must not fail for lack of memory
    if (k == kind::read)
        connection::prepare_once(c.begin_read_, c, "begin").run();
    else
        connection::prepare_once(c.begin_write_, c, "begin immediate").run();
}

transaction::~transaction() {
    if (!open_ || !connection_.in_transaction()) return;  // some errors have already rolled it back
    try {
        connection::prepare_once(connection_.rollback_, connection_, "rollback").run();
    } catch (const failure&) {
        // Ignored: SQLite's recovery finishes the rollback when the database is opened again.
    }
}

void transaction::commit() {
    connection::prepare_once(connection_.commit_, connection_, "commit").run();
    open_ = false;
}

}  // namespace confab::sqlite
