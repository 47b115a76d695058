// The n-th-failure suite: the n-th call of each kind on each file fails, for every n, in a scripted history
// (history.hpp). The method is that of SQLite's tests of I/O errors and out-of-memory errors
// (https://sqlite.org/testing.html, sections 3.1 and 3.2).
//   io_failure_suite [--all] [--part I/K] [--runs N] [--site "write database WAL"]
// Without --all, TEST_SEED selects some n of each site. Prints how often each site failed. A site that never failed is
// a failure of the suite.
#include <fmt/core.h>

#include <unistd.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <random>

#include "base/log.hpp"
#include "io_failures/history.hpp"
#include "support/seed.hpp"

namespace confab::testing {
namespace {

namespace fs = std::filesystem;

// The sites that a history must reach. SQLite never truncates or removes a database. All other calls that are missing
// here do not occur on those files.
std::vector<io_site> sites() {
    std::vector<io_site> all;
    const auto add = [&all](io_file file, std::initializer_list<io_call> calls) {
        for (const auto call : calls) all.push_back({call, file});
    };
    using enum io_call;
    for (const auto file : {io_file::database, io_file::index}) add(file, {open, read, write, truncate, sync, lock});
    for (const auto file : {io_file::database_wal, io_file::index_wal})
        add(file, {open, read, write, truncate, sync, remove});
    for (const auto file : {io_file::database_shm, io_file::index_shm}) add(file, {map, lock});
    for (const auto file : {io_file::database_rollback_journal, io_file::index_rollback_journal})
        add(file, {open, write, sync, remove});
    add(io_file::journal, {open, read, write, truncate, sync, remove});
    add(io_file::synced_wal, {open, sync});
    add(io_file::folder, {open, sync});
    add(io_file::memory, {allocate});
    return all;
}

std::vector<io_error> errors_of(io_call call) {
    if (call == io_call::write) return {io_error::eio, io_error::enospc, io_error::short_write};
    return {io_error::eio};
}

class suite {
public:
    suite(bool is_all, std::uint64_t part, std::uint64_t parts, std::uint64_t runs_of_site)
        : is_all_(is_all), part_(part), parts_(parts), runs_of_site_(runs_of_site), random_(seed()) {}

    // Returns whether there was no finding.
    bool run(const std::string& only) {
        const auto brief = run_and_verify("without a fault", std::nullopt, history_length::brief).calls;
        const auto whole = run_and_verify("without a fault", std::nullopt, history_length::whole).calls;
        for (const auto& site : sites()) {
            if (!only.empty() && to_string(site) != only) continue;
            const auto& counts = length_for(site) == history_length::brief ? brief : whole;
            const auto found = counts.find(site);
            const auto calls = found == counts.end() ? 0 : found->second;
            const auto met = run_site(site, calls);
            fmt::print("{:<40} {:>6} calls, {:>6} failed\n", to_string(site), calls, met);
            std::fflush(stdout);
            const bool is_tried = calls >= parts_;  // a part may have none of the few n
            if (calls == 0 || (is_tried && met == 0)) fail(fmt::format("no call failed: {}", to_string(site)));
        }
        fmt::print("{} histories, {} failures\n", histories_, failures_);
        return failures_ == 0;
    }

private:
    static history_length length_for(io_site site) {
        return site.call == io_call::allocate ? history_length::brief : history_length::whole;
    }

    std::uint64_t run_site(io_site site, std::uint64_t calls) {
        std::uint64_t met = 0;
        for (const auto nth : chosen(calls))
            for (const auto error : errors_of(site.call))
                for (const bool is_lasting : {false, true}) {
                    const io_fault fault{site, error, nth, is_lasting};
                    const auto name = fmt::format("{} {} fails with {}{}", to_string(site), nth, to_string(error),
                                                  is_lasting ? ", and all later ones" : "");
                    met += run_and_verify(name, fault, length_for(site)).was_met ? 1U : 0U;
                }
        return met;
    }

    // Threads make the number of calls vary, so a few more than were counted are tried.
    std::vector<std::uint64_t> chosen(std::uint64_t calls) {
        std::vector<std::uint64_t> all;
        if (is_all_) {
            for (std::uint64_t nth = 1; nth <= calls + calls / 50 + 2; ++nth)
                if (nth % parts_ == part_) all.push_back(nth);
            return all;
        }
        std::uniform_int_distribution<std::uint64_t> any(1, std::max<std::uint64_t>(calls, 1));
        all.push_back(1);
        while (all.size() < runs_of_site_) all.push_back(any(random_));
        return all;
    }

    history_result run_and_verify(const std::string& name, const std::optional<io_fault>& fault,
                                  history_length length) {
        ++histories_;
        auto result = run_history(folder_, fault, length);
        for (const auto& finding : result.found) fail(fmt::format("{}: {}", name, finding));
        return result;
    }

    void fail(const std::string& what) {
        if (++failures_ <= 200) fmt::print("FAILED {}\n", what);
    }

    const bool is_all_;
    const std::uint64_t part_, parts_, runs_of_site_;
    std::mt19937_64 random_;
    // In memory if possible, because the disk is not under test.
    const fs::path folder_ = (fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path()) /
                             fmt::format("confab-io-failures-{}", getpid());
    std::uint64_t histories_ = 0;
    std::uint64_t failures_ = 0;
};

}  // namespace
}  // namespace confab::testing

int main(int argc, char** argv) {
    CLI::App app("makes the n-th I/O call or allocation fail");
    bool is_all = false;
    std::string part = "0/1", only;
    std::uint64_t runs_of_site = 3;
    app.add_flag("--all", is_all, "every n");
    app.add_option("--part", part, "I/K: only every K-th n, starting with the I-th");
    app.add_option("--runs", runs_of_site, "values of n for each site");
    app.add_option("--site", only, "only this site");
    CLI11_PARSE(app, argc, argv);
    const auto slash = part.find('/');
    confab::testing::install_sqlite_shims();
    confab::log::start(std::getenv("TEST_LOG") ? confab::log::level::info : confab::log::level::off);
    confab::testing::suite all(is_all, std::stoull(part.substr(0, slash)), std::stoull(part.substr(slash + 1)),
                               runs_of_site);
    return all.run(only) ? 0 : 1;
}
