// The search index of a cluster, in Elasticsearch. How far it has come is kept with the ledger
// (ledger/index_progress.hpp).
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "drivers/elastic/client.hpp"
#include "ledger/index_progress.hpp"
#include "search/indexed/index.hpp"
#include "search/indexed/siblings.hpp"

namespace confab::search {

struct elastic_index_options {
    elastic::client_options engine;
    std::string cluster;                              // the identity of the ledger whose texts are indexed
    std::string alias;                                // names what is searched; each index is named after it
    std::chrono::milliseconds store_timeout{10'000};  // of one request that stores
    std::uint64_t shards = 1;                         // of an index that is made; all of a chat lies in one
};

// All three sides ask the engine only when they are asked, so this is there without it. REQUIRES of all calls: they are
// awaited on an event loop run by one thread. Several programs may have a writer at once: of two that store of the same
// chat, one finds that its reach has moved (version_mismatch).
class elastic_index {
public:
    virtual ~elastic_index() = default;
    virtual index& reader() = 0;
    virtual index_writer& writer() = 0;
    virtual index_auditor& auditor() = 0;
    // Why the engine failed at the last call, if it did: "Elasticsearch at http://…: timed out after 2000 ms".
    virtual std::string last_failure() const = 0;
};

// The index that is searched, whichever that is at the time of each call.
std::unique_ptr<elastic_index> open_elastic_index(const elastic_index_options& options,
                                                  ledger::index_progress& progress);

// One beside it, which a reindex fills, and which nobody searches until it takes over. The same options and the same
// name make the same index, so that a later process can resume it.
class elastic_successor : public elastic_index {
public:
    virtual const std::string& name() const = 0;
    // Makes it; does nothing if it is there. Errors: unavailable.
    virtual awaitable<result<void>> make() = 0;
    // Whether it is there, of this ledger, and as this program makes one. Errors: unavailable.
    virtual awaitable<result<bool>> is_usable() = 0;
    // From now on it is the one that is searched, in one step; the one before is removed some seconds later, which this
    // waits for. May be repeated. Errors: unavailable.
    virtual awaitable<result<void>> take_over() = 0;
};

std::string new_successor_name(const elastic_index_options& options);
std::unique_ptr<elastic_successor> open_elastic_successor(const elastic_index_options& options,
                                                          ledger::index_progress& progress, const std::string& name);

// The indexes of this ledger beside the one that is searched.
std::unique_ptr<sibling_indexes> open_elastic_siblings(const elastic_index_options& options,
                                                       ledger::index_progress& progress);

// Makes an empty index if there is none; waits for the engine on the caller's thread. Throws startup_error, with the
// reason: it does not answer, is too old, or holds an index that is not as this program makes it (`confab reindex`
// makes a new one).
void migrate_elastic(const elastic_index_options& options);

enum class adoption {
    not_needed,  // the cluster has an index, or there is none of version 0.1.0
    done,
    left_alone,  // nothing shows that it is this ledger's
};

// Where this cluster has no index yet, takes over the one that version 0.1.0 kept under a name which any cluster uses:
// if `progress` tells that this ledger was followed into it. Waits, and throws startup_error, as migrate_elastic does.
adoption adopt_elastic(const elastic_index_options& options, ledger::index_progress& progress);

}  // namespace confab::search
