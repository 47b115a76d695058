// The search index of a cluster, in Elasticsearch. The ledger stores its positions (ledger/index_progress.hpp).
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "drivers/elastic/client.hpp"
#include "ledger/index_progress.hpp"
#include "search/indexed/inactive_indexes.hpp"
#include "search/indexed/index.hpp"

namespace confab::search {

struct elastic_index_options {
    elastic::client_options engine;
    std::string cluster;                              // the identity of the ledger whose texts are indexed
    std::string alias;                                // names the searched index; the name of each index begins with it
    std::chrono::milliseconds store_timeout{10'000};  // per storing request
    std::uint64_t shards = 1;                         // of a new index; a chat is in one shard
};

// All three ports contact the engine only in calls, so this object needs no engine to exist. REQUIRES of all calls:
// they are awaited on an event loop that one thread runs. Several programs may have a writer at the same time. If two
// store texts of the same chat, one gets version_mismatch: the position has moved.
class elastic_index {
public:
    virtual ~elastic_index() = default;
    virtual index& reader() = 0;
    virtual index_writer& writer() = 0;
    virtual index_auditor& auditor() = 0;
    // Why the engine failed at the last call: "Elasticsearch at http://…: timed out after 2000 ms". Empty: it did not.
    virtual std::string last_failure() const = 0;
};

// The searched index. Each call resolves which one that is.
std::unique_ptr<elastic_index> open_elastic_index(const elastic_index_options& options,
                                                  ledger::index_progress& progress);

// An index beside the searched one. A reindex fills it, and nobody searches it until it takes over. The same options
// and name open the same index, so a later process can resume it.
class replacement_index : public elastic_index {
public:
    virtual const std::string& name() const = 0;
    // Creates it. Does nothing if it exists. Errors: unavailable.
    virtual awaitable<result<void>> make() = 0;
    // Whether it exists, belongs to this ledger, and has the definition that this program creates. Errors: unavailable.
    virtual awaitable<result<bool>> is_usable() = 0;
    // Makes it the searched index, in one step. Removes the previous one some seconds later, and waits for that. May be
    // repeated. Errors: unavailable.
    virtual awaitable<result<void>> swap_alias() = 0;
};

std::string new_replacement_name(const elastic_index_options& options);
std::unique_ptr<replacement_index> open_replacement_index(const elastic_index_options& options,
                                                          ledger::index_progress& progress, const std::string& name);

// The indexes of this ledger beside the searched one.
std::unique_ptr<inactive_indexes> open_inactive_indexes(const elastic_index_options& options,
                                                        ledger::index_progress& progress);

// Creates an empty index if there is none. Waits for the engine on the caller's thread. Throws startup_error with the
// reason: the engine does not answer, is too old, or has an index of another cluster or with another definition
// (`confab reindex` makes a new one).
void migrate_elastic(const elastic_index_options& options);

enum class claim_result {
    not_needed,  // the cluster has an index, or there is none of version 0.1.0
    done,
    not_ours,  // nothing shows that the index is this ledger's
};

// If this cluster has no index yet, takes over the one of version 0.1.0, whose name is the same in every cluster. This
// happens only if `progress` shows that it is an index of this ledger. Waits, and throws startup_error, as
// migrate_elastic does.
claim_result claim_old_index(const elastic_index_options& options, ledger::index_progress& progress);

}  // namespace confab::search
