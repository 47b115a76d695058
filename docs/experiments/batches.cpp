// The cost of a batch of messages in SQLite for several ways to write it: the CPU time of the writing thread, without
// syncs. The results are in docs/performance.md.
//   g++ -O2 -std=c++20 docs/experiments/batches.cpp -lsqlite3 -o /tmp/batches && /tmp/batches FOLDER
#include <sqlite3.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int chats = 50;
constexpr int rows_in_all = 200'000;
const std::string content(64, 'x');

double cpu_us() {
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

void require(int code, sqlite3* db) {
    if (code == SQLITE_OK || code == SQLITE_DONE) return;
    throw std::runtime_error(sqlite3_errmsg(db));
}

struct variant {
    const char* name;
    int page_bytes = 4096;
    int rows_in_statement = 1;
    bool sorted = false;
};

class ledger {
public:
    ledger(const std::filesystem::path& file, const variant& w) : variant_(w) {
        for (const char* part : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + part);
        require(sqlite3_open(file.c_str(), &db_), db_);
        run("pragma page_size = " + std::to_string(w.page_bytes));
        run("pragma journal_mode = wal; pragma synchronous = off; pragma cache_size = -32768; pragma secure_delete = "
            "on;"
            "create table chats(id integer primary key, messages_count integer);"
            "create table messages(id integer primary key, content text, sender text, metadata text, version integer "
            "not null default 1,"
            " created_at integer, updated_at integer, deleted_at integer)");
        for (int chat = 1; chat <= chats; ++chat) run("insert into chats values(" + std::to_string(chat) + ", 0)");
        std::string sql =
            "insert into messages(id, content, sender, metadata, created_at, updated_at) values(?,?,?,?,?,?)";
        for (int i = 1; i < w.rows_in_statement; ++i) sql += ",(?,?,?,?,?,?)";
        insert_ = prepare(sql);
        count_ = prepare("update chats set messages_count = ? where id = ?");
    }
    ~ledger() {
        sqlite3_finalize(insert_);
        sqlite3_finalize(count_);
        sqlite3_close(db_);
    }
    ledger(const ledger&) = delete;
    ledger& operator=(const ledger&) = delete;

    // Adds the cost of each step.
    void write(std::size_t size, double& inserts, double& counts, double& commits) {
        std::vector<std::int64_t> ids;
        std::set<int> touched;
        for (std::size_t i = 0; i < size; ++i) {
            const int chat = static_cast<int>(random_() % chats) + 1;
            touched.insert(chat);
            ids.push_back(std::int64_t{chat} << 32 | ++last_[chat]);
        }
        const auto begun = cpu_us();
        if (variant_.sorted) std::ranges::sort(ids);
        run("begin immediate");
        insert(ids);
        const auto inserted = cpu_us();
        for (const int chat : touched) {
            sqlite3_bind_int64(count_, 1, last_[chat]);
            sqlite3_bind_int64(count_, 2, chat);
            step(count_);
        }
        const auto counted = cpu_us();
        run("commit");
        inserts += inserted - begun;
        counts += counted - inserted;
        commits += cpu_us() - counted;
    }

private:
    void insert(const std::vector<std::int64_t>& ids) {
        int parameter = 0;
        for (const auto id : ids) {
            sqlite3_bind_int64(insert_, ++parameter, id);
            sqlite3_bind_text(insert_, ++parameter, content.data(), static_cast<int>(content.size()), SQLITE_STATIC);
            parameter += 2;  // no sender, no metadata
            sqlite3_bind_int64(insert_, ++parameter, 1);
            sqlite3_bind_int64(insert_, ++parameter, 1);
            if (parameter < 6 * variant_.rows_in_statement) continue;
            step(insert_);
            parameter = 0;
        }
    }

    void step(sqlite3_stmt* s) {
        require(sqlite3_step(s), db_);
        sqlite3_reset(s);
    }

    void run(const std::string& sql) { require(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr), db_); }

    sqlite3_stmt* prepare(const std::string& sql) {
        sqlite3_stmt* made = nullptr;
        require(sqlite3_prepare_v3(db_, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr), db_);
        return made;
    }

    const variant variant_;
    sqlite3* db_ = nullptr;
    sqlite3_stmt *insert_ = nullptr, *count_ = nullptr;
    std::int64_t last_[chats + 1] = {};
    std::mt19937 random_{64};
};

void measure(const std::filesystem::path& folder) {
    const variant variants[] = {{"a row a statement"},           {"sorted by chat", 4096, 1, true},
                                {"8 rows a statement", 4096, 8}, {"32 rows a statement", 4096, 32},
                                {"pages of 2 KiB", 2048},        {"pages of 1 KiB", 1024}};
    std::puts("| batch | way | insert µs | counters µs | commit µs | a message, all µs |\n|--:|---|--:|--:|--:|--:|");
    for (const int size : {32, 128}) {
        for (const auto& w : variants) {
            ledger into(folder / "batches.db", w);
            double inserts = 0, counts = 0, commits = 0;
            const int batches = rows_in_all / size;
            for (int i = 0; i < batches; ++i) into.write(static_cast<std::size_t>(size), inserts, counts, commits);
            const double rows = batches * size;
            std::printf("| %d | %s | %.2f | %.2f | %.2f | %.2f |\n", size, w.name, inserts / rows, counts / rows,
                        commits / rows, (inserts + counts + commits) / rows);
        }
    }
}

}  // namespace

int main(int, char** arguments) {
    try {
        measure(arguments[1]);
    } catch (const std::exception& cause) {
        static_cast<void>(std::fprintf(stderr, "batches: %s\n", cause.what()));
        return 1;
    }
}
