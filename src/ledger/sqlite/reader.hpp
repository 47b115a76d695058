// The reading side of the SQLite ledger.
#pragma once

#include <memory>

#include "ledger/ledger.hpp"
#include "ledger/sqlite/hot_rows.hpp"
#include "ledger/sqlite/snapshots.hpp"

namespace confab::ledger {

class closable_reader : public reader {
public:
    // Refuses reads from now on, also those that wait for a thread (shutting_down): however many there are, none keeps
    // the program from its end. Any thread.
    virtual void close() = 0;
};

// `hot` and `kept` outlive it.
std::unique_ptr<closable_reader> make_sqlite_reader(const std::string& database, asio::any_io_executor read_pool,
                                                    hot_rows& hot, snapshots& kept);

}  // namespace confab::ledger
