// The search index alone, in a SQLite file of its own: blocks of folded texts with signatures of what occurs in them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "search/indexed/index.hpp"

namespace confab::search {

struct sqlite_index_options {
    std::filesystem::path folder;
    std::string ledger;               // the identity of the ledger it follows; an index of another is replaced
    asio::any_io_executor read_pool;  // where candidates are looked for, off the event loops
};

// A file that is damaged is replaced by an empty one, at the opening or by the writer's next maintain(). A new file
// that could not be made is made by a later maintain(). Until then everything is `unavailable`.
class sqlite_index {
public:
    virtual ~sqlite_index() = default;
    virtual index& reader() = 0;
    virtual index_writer& writer() = 0;
};

std::unique_ptr<sqlite_index> open_sqlite_index(const sqlite_index_options& options);

// Reads beside a running server and never writes. Nothing: there is no index of this ledger.
std::unique_ptr<index_auditor> open_sqlite_index_auditor(const std::filesystem::path& folder,
                                                         const std::string& ledger);

}  // namespace confab::search
