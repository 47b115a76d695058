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

// What a reader does when the database does not have yet what it is to read: let it catch up at once, or wait until it has,
// which costs nobody else anything. The latter blocks a thread of `long_reads`.
enum class haste { at_once, when_it_comes };

// `common` outlives it.
std::unique_ptr<closable_reader> make_sqlite_reader(const std::string& database, asio::any_io_executor long_reads,
                                                    in_common& common, haste needs);

}  // namespace confab::ledger
