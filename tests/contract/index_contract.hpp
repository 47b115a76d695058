// The contract of every search index. A test adds an index with a factory: see sqlite_index_test.cpp.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "search/indexed/index.hpp"

namespace confab::testing {

// An index under test, in storage that outlives it.
class index_fixture {
public:
    virtual ~index_fixture() = default;
    virtual search::index& reader() = 0;
    virtual search::index_writer& writer() = 0;
    virtual search::index_auditor& auditor() = 0;
    // Closes it and opens it again, as a restart does.
    virtual void reopen() = 0;
};

struct named_index {
    const char* name;
    std::function<std::unique_ptr<index_fixture>()> make;
};

class index_contract : public ::testing::TestWithParam<named_index> {};

}  // namespace confab::testing
