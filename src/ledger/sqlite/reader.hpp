// The reading side of the SQLite ledger.
#pragma once

#include <memory>

#include "ledger/ledger.hpp"
#include "ledger/sqlite/in_common.hpp"

namespace confab::ledger {

class closable_reader : public reader {
public:
    // Refuses reads from now on, also those that wait for a thread (shutting_down): however many there are, none keeps
    // the program from its end. Any thread.
    virtual void close() = 0;
};

struct reading_places {
    asio::any_io_executor long_reads;
    // Where the database is brought up to the batch log for a read; never on a thread of low priority, since the writer waits
    // meanwhile.
    asio::any_io_executor catching_up;
};

// `common` outlives it.
std::unique_ptr<closable_reader> make_sqlite_reader(const std::string& database, reading_places where,
                                                    in_common& common);

}  // namespace confab::ledger
