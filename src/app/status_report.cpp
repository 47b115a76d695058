#include <fmt/core.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <iterator>
#include <numeric>

#include "app/format_duration.hpp"
#include "app/status.hpp"
#include "app/version.hpp"
#include "base/counted.hpp"

namespace confab::app {
namespace {

namespace json = boost::json;

using std::chrono::microseconds;
using std::chrono::milliseconds;

// An entry is normally executed within some milliseconds, or within some leases after a worker was killed.
constexpr milliseconds oldest_age_normal{30'000};
constexpr std::chrono::minutes index_delay_normal{10};

std::int64_t ms_of(microseconds duration) {
    return std::chrono::duration_cast<milliseconds>(duration).count();
}

double mib_of(std::uint64_t bytes) {
    return static_cast<double>(bytes) / (1024 * 1024);
}

// Empty: Redis or MySQL did not answer.
std::optional<std::uint64_t> queue_length(const cluster_report& r) {
    std::uint64_t sum = 0;
    for (const auto& p : r.partitions) {
        if (!p.waiting) return std::nullopt;
        sum += p.waiting->entries;
    }
    return r.partitions.empty() ? std::nullopt : std::optional(sum);
}

std::size_t partitions_without_owner(const cluster_report& r) {
    return static_cast<std::size_t>(
        std::ranges::count_if(r.partitions, [](const auto& p) { return p.state.owner.empty(); }));
}

// A partition whose oldest entry is older than this is delayed.
milliseconds oldest_age_max(const cluster_report& r) {
    auto most = oldest_age_normal;
    for (const auto& w : r.workers) most = std::max(most, 2 * w.lease);
    return most;
}

// Ranges of numbers in order: 0-3, 7
std::string to_text(const std::vector<std::uint64_t>& numbers) {
    std::string out;
    for (std::size_t first = 0, end = 0; first < numbers.size(); first = end) {
        for (end = first + 1; end < numbers.size() && numbers[end] == numbers[end - 1] + 1; ++end) {
        }
        fmt::format_to(std::back_inserter(out), "{}{}", first == 0 ? "" : ", ", numbers[first]);
        if (end - first > 1) fmt::format_to(std::back_inserter(out), "-{}", numbers[end - 1]);
    }
    return out;
}

void add_engines(std::string& out, const cluster_report& r) {
    auto to = std::back_inserter(out);
    fmt::format_to(to, "{:<14} {:<26} {:<10} {:>10}  {}\n", "engine", "version", "role", "latency", "where");
    for (const auto& e : r.engines) {
        const auto latency =
            e.version.empty() ? "-" : fmt::format("{:.1f} ms", static_cast<double>(e.latency.count()) / 1000);
        fmt::format_to(to, "{:<14} {:<26} {:<10} {:>10}  {}\n", e.name, e.version.empty() ? "-" : e.version,
                       e.role.empty() ? "-" : e.role, latency, e.where);
    }
}

void add_memory(std::string& out, const cluster_report& r) {
    if (!r.memory || !r.memory->used || !r.memory->most) return;
    const auto& [used, most, policy] = *r.memory;
    const auto limit = *most == 0 ? "no limit" : fmt::format("{:.1f} MiB at the most", mib_of(*most));
    fmt::format_to(std::back_inserter(out), "Redis uses {:.1f} MiB, {}\n", mib_of(*used), limit);
}

void add_workers(std::string& out, const cluster_report& r) {
    auto to = std::back_inserter(out);
    fmt::format_to(to, "\n{:<32}  {:>10}  {:>10}\n", "worker", "partitions", "lease");
    for (const auto& w : r.workers)
        fmt::format_to(to, "{:<32}  {:>10}  {:>10}\n", w.id, w.partitions,
                       w.lease.count() ? format_duration(w.lease) : "-");
}

// Partitions with equal rows in the table.
struct partition_group {
    std::vector<std::uint64_t> partitions;
    partition_report common;  // with the lease that expires first
};

bool is_alike(const partition_report& a, const partition_report& b) {
    const bool has_equal_waits =
        a.waiting.has_value() == b.waiting.has_value() && (!a.waiting || a.waiting->entries == b.waiting->entries);
    return has_equal_waits && a.state.owner == b.state.owner && a.oldest_age == b.oldest_age;
}

// Partitions without an owner are first, then those with the longest wait.
std::vector<partition_group> groups_of(const std::vector<partition_report>& partitions) {
    std::vector<partition_group> groups;
    for (const auto& p : partitions) {
        const auto found = std::ranges::find_if(groups, [&](const auto& g) { return is_alike(g.common, p); });
        if (found == groups.end()) {
            groups.push_back({{p.state.partition}, p});
            continue;
        }
        found->partitions.push_back(p.state.partition);
        auto& lease_left = found->common.state.lease_left;
        lease_left = std::min(lease_left, p.state.lease_left);
    }
    std::ranges::stable_sort(groups, [](const auto& a, const auto& b) {
        const auto rank = [](const partition_report& p) {
            return std::pair(!p.state.owner.empty(), -p.oldest_age.value_or(milliseconds(-1)));
        };
        return rank(a.common) < rank(b.common);
    });
    return groups;
}

void add_partitions(std::string& out, const cluster_report& r) {
    auto to = std::back_inserter(out);
    fmt::format_to(to, "\n{:>8}  {:>9}  {:>10}  {:<32}  {}\n", "waiting", "oldest", "lease left", "owner",
                   "partitions");
    for (const auto& [partitions, p] : groups_of(r.partitions)) {
        const bool is_owned = !p.state.owner.empty();
        fmt::format_to(to, "{:>8}  {:>9}  {:>10}  {:<32}  {}\n", p.waiting ? std::to_string(p.waiting->entries) : "?",
                       p.oldest_age ? format_duration(*p.oldest_age) : "-",
                       is_owned ? format_duration(p.state.lease_left) : "-", is_owned ? p.state.owner : "none",
                       to_text(partitions));
    }
}

void add_index(std::string& out, const cluster_report& r) {
    auto to = std::back_inserter(out);
    if (!r.index) {
        fmt::format_to(to, "\nno search index is configured: name it with --elasticsearch\n");
        return;
    }
    if (r.index->name.empty()) {
        fmt::format_to(to, "\nsearch index: not available, progress unknown\n");
        return;
    }
    fmt::format_to(to, "\nsearch index {}\n", r.index->name);
    if (const auto& w = r.index->waiting) {
        fmt::format_to(to, "  {} to be indexed", counted(w->chats, "chat"));
        if (w->chats > 0) fmt::format_to(to, ", the oldest for {}", format_duration(w->oldest));
        out += '\n';
    }
    if (const auto& c = r.index->coverage)
        fmt::format_to(to, "  it holds {} of {} of {}\n", c->messages_indexed, counted(c->messages, "message"),
                       counted(c->chats, "chat"));
}

json::value or_null(const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

template <class T>
json::value or_null(const std::optional<T>& value) {
    return value ? json::value(*value) : json::value(nullptr);
}

json::object engines_in_json(const cluster_report& r) {
    json::object all;
    for (const auto& e : r.engines) {
        const bool has_answered = !e.version.empty();
        all[e.name] = {{"where", e.where},
                       {"version", or_null(e.version)},
                       {"role", or_null(e.role)},
                       {"latency_us", has_answered ? json::value(e.latency.count()) : json::value(nullptr)},
                       {"fault", or_null(e.fault)}};
    }
    if (r.memory) {
        auto& redis = all["redis"].as_object();
        redis["memory_bytes"] = or_null(r.memory->used);
        redis["memory_bytes_max"] = or_null(r.memory->most);
        redis["maxmemory_policy"] = or_null(r.memory->policy);
    }
    return all;
}

json::array workers_in_json(const cluster_report& r) {
    json::array all;
    for (const auto& w : r.workers)
        all.push_back({{"id", w.id}, {"partitions", w.partitions}, {"lease_ms", w.lease.count()}});
    return all;
}

json::array partitions_in_json(const cluster_report& r) {
    json::array all;
    for (const auto& p : r.partitions) {
        const bool is_owned = !p.state.owner.empty();
        json::object one;
        one["partition"] = p.state.partition;
        one["owner"] = or_null(p.state.owner);
        one["lease_left_ms"] = is_owned ? json::value(ms_of(p.state.lease_left)) : json::value(nullptr);
        one["queue_length"] = p.waiting ? json::value(p.waiting->entries) : json::value(nullptr);
        one["oldest_age_ms"] = p.oldest_age ? json::value(p.oldest_age->count()) : json::value(nullptr);
        all.push_back(std::move(one));
    }
    return all;
}

json::value index_in_json(const cluster_report& r) {
    if (!r.index) return nullptr;
    json::object one;
    one["name"] = or_null(r.index->name);
    const auto& w = r.index->waiting;
    one["chats_waiting"] = w ? json::value(w->chats) : json::value(nullptr);
    one["oldest_waiting_age_ms"] = w && w->chats > 0 ? json::value(ms_of(w->oldest)) : json::value(nullptr);
    const auto& c = r.index->coverage;
    one["chats"] = c ? json::value(c->chats) : json::value(nullptr);
    one["messages_indexed"] = c ? json::value(c->messages_indexed) : json::value(nullptr);
    one["messages"] = c ? json::value(c->messages) : json::value(nullptr);
    return one;
}

void add_memory_problems(std::vector<std::string>& to, const redis_memory& memory) {
    if (!memory.policy.empty() && memory.policy != "noeviction")
        to.push_back(
            fmt::format("redis: its maxmemory-policy is '{}': set it to noeviction; other policies evict "
                        "queued commands",
                        memory.policy));
    const auto used = memory.used.value_or(0), most = memory.most.value_or(0);
    const bool is_nearly_full = most > 0 && used >= most / 10 * 9;
    if (is_nearly_full)
        to.push_back(fmt::format("redis: it uses {:.1f} of {:.1f} MiB: at its maxmemory it refuses writes",
                                 mib_of(used), mib_of(most)));
}

void add_delayed_partitions(std::vector<std::string>& to, const cluster_report& r) {
    const auto most = oldest_age_max(r);
    std::vector<std::uint64_t> delayed;
    milliseconds oldest{0};
    for (const auto& p : r.partitions) {
        if (p.state.owner.empty() || p.oldest_age.value_or(milliseconds(0)) < most) continue;
        delayed.push_back(p.state.partition);
        oldest = std::max(oldest, *p.oldest_age);
    }
    if (!delayed.empty())
        to.push_back(fmt::format(
            "partitions are behind, though workers own them: {}; their oldest command has waited for {}: workers are "
            "overloaded or cannot commit, see their logs",
            to_text(delayed), format_duration(oldest)));
}

void add_index_delay(std::vector<std::string>& to, const cluster_report& r) {
    const auto* const waiting = r.index && r.index->waiting ? &*r.index->waiting : nullptr;
    if (waiting && waiting->chats > 0 && waiting->oldest >= index_delay_normal)
        to.push_back(
            fmt::format("the search index has unindexed changes for {}; searches scan more: see the workers' logs",
                        format_duration(waiting->oldest)));
}

}  // namespace

std::vector<std::string> problems_of(const cluster_report& r) {
    std::vector<std::string> found;
    for (const auto& e : r.engines)
        if (!e.fault.empty()) found.push_back(fmt::format("{}: {}", e.name, e.fault));
    if (r.memory) add_memory_problems(found, *r.memory);
    if (const auto count = partitions_without_owner(r); count > 0)
        found.push_back(fmt::format("{} no owner: {} writes wait for a worker",
                                    counted(count, "partition has", "partitions have"), count == 1 ? "its" : "their"));
    add_delayed_partitions(found, r);
    if (r.dead_letters.value_or(0) > 0)
        found.push_back(counted(*r.dead_letters, "dead letter") + ": see `confab jobs`");
    add_index_delay(found, r);
    return found;
}

std::string to_tables(const cluster_report& r) {
    std::string out;
    if (!r.cluster.empty()) out += fmt::format("cluster {}\n\n", r.cluster);
    add_engines(out, r);
    add_memory(out, r);
    if (!r.partitions.empty()) {
        add_workers(out, r);
        add_partitions(out, r);
    }
    add_index(out, r);
    const auto length = queue_length(r);
    fmt::format_to(std::back_inserter(out), "\n{}, {}\n",
                   length ? counted(*length, "command waits", "commands wait") : "? commands wait",
                   r.dead_letters ? counted(*r.dead_letters, "dead letter") : "? dead letters");
    for (const auto& problem : problems_of(r)) out += "problem: " + problem + "\n";
    return out;
}

std::string to_json(const cluster_report& r) {
    json::object all;
    all["confab"] = version_line();
    all["cluster"] = or_null(r.cluster);
    all["engines"] = engines_in_json(r);
    all["workers"] = workers_in_json(r);
    all["partitions"] = partitions_in_json(r);
    all["queue_length"] = or_null(queue_length(r));
    all["dead_letters"] = or_null(r.dead_letters);
    all["index"] = index_in_json(r);
    json::array problems;
    for (const auto& problem : problems_of(r)) problems.emplace_back(problem);
    all["problems"] = std::move(problems);
    return json::serialize(all) + "\n";
}

}  // namespace confab::app
