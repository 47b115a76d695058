// The definition of an index: its settings and its mapping, and the names of indexes and aliases. Pure.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace confab::search {

// The request body that creates an index with these aliases. Empty `ledger`: the ledger has no identity.
boost::json::value definition_body(std::uint64_t shards, std::span<const std::string> aliases, std::string_view ledger);
// The identity of the ledger that an index was created for. Empty: not recorded.
std::string ledger_of(const boost::json::value& index_json);

// Compares an index, as the engine describes it (settings and mappings), with ours. The number of shards is ignored.
enum class definition_match {
    same,
    other_folding,  // otherwise ours: created by a program that folds texts differently
    different,
};
definition_match compare_definition(const boost::json::value& index_json);

// A name that no index ever had. So positions of one index are never taken for those of a later one.
std::string new_index_name(std::string_view alias);
// The alias through which the index of a cluster is searched.
std::string search_alias_of(std::string_view cluster);
// The alias through which an index is written. It is removed with the index. So a write to a removed index is refused.
// Under the index's own name, the write would create it again, without its mapping.
std::string write_alias_of(std::string_view index);

}  // namespace confab::search
