// The search index of a server alone, in its own SQLite file: blocks of folded texts, with signatures of their n-grams.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "search/indexed/index.hpp"

namespace confab::search {

struct sqlite_index_options {
    std::filesystem::path folder;
    std::string ledger;               // the identity of the indexed ledger; an index of another is replaced
    asio::any_io_executor read_pool;  // runs searches for candidates, off the event loops
};

// A damaged file is replaced by an empty one, when it is opened or by the writer's next maintain(). A file that could
// not be created is created by a later maintain(). Until then all calls return `unavailable`.
class sqlite_index {
public:
    virtual ~sqlite_index() = default;
    virtual index& reader() = 0;
    virtual index_writer& writer() = 0;
};

std::unique_ptr<sqlite_index> open_sqlite_index(const sqlite_index_options& options);

// Reads beside a running server and never writes. Null: there is no index of this ledger.
std::unique_ptr<index_auditor> open_sqlite_index_auditor(const std::filesystem::path& folder,
                                                         const std::string& ledger);

}  // namespace confab::search
