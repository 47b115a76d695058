// What an index is made of: its settings and mapping, and the names around it. Pure.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace confab::search {

// What to put to make an index of this ledger with these aliases. The ledger's identity may be empty: it has none.
boost::json::value index_shape(std::uint64_t shards, std::span<const std::string> aliases, std::string_view ledger);
// The identity of the ledger that an index was made for; empty: it does not say.
std::string ledger_of(const boost::json::value& described);

// What an index is, as the engine describes it (settings and mappings); the number of shards aside.
enum class shape {
    ours,
    of_another_folding,  // ours otherwise: made by a program that folds texts in another way
    unknown,
};
shape shape_of(const boost::json::value& described);

// A name that no index ever had: what is remembered of an index is never taken for that of a later one.
std::string new_index_name(std::string_view alias);
// The alias through which the index of a cluster is searched.
std::string search_alias_of(std::string_view cluster);
// The alias through which an index is written. It goes with it; so what is written to an index that is gone is refused,
// where by its own name it would come to life again, without its mapping.
std::string write_alias_of(std::string_view index);

}  // namespace confab::search
