// The contract of every ledger. A test adds a ledger with a factory: see sqlite_ledger_test.cpp.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "ledger/auditor.hpp"
#include "ledger/readers.hpp"
#include "ledger/writer.hpp"

namespace confab::testing {

// A ledger under test, in storage that outlives it.
class ledger_fixture {
public:
    virtual ~ledger_fixture() = default;
    virtual ledger::readers& reader() = 0;
    virtual ledger::writer& writer() = 0;
    virtual ledger::auditor& auditor() = 0;
    // Closes it and opens it again, as a restart does.
    virtual void reopen() = 0;
};

using make_ledger = std::function<std::unique_ptr<ledger_fixture>()>;

struct named_ledger {
    const char* name;
    make_ledger make;
};

class ledger_contract : public ::testing::TestWithParam<named_ledger> {};

}  // namespace confab::testing
