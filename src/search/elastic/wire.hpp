// Request bodies from our types, and our types from responses. Pure.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "search/indexed/index.hpp"

namespace confab::search {

// The highest `most` candidates of a query below a number, in descending order.
std::string candidates_body(core::chat_id chat, const core::folded_query& query, core::message_number below,
                            std::size_t most, std::chrono::milliseconds limit);
// The numbers in a response. Nothing: it is another response, or incomplete.
std::optional<std::vector<core::message_number>> numbers_in(const boost::json::value& answer);

// The lowest `most` texts above `after` and up to `last`, in ascending order.
std::string texts_body(core::chat_id chat, core::message_number after, std::uint64_t last, std::size_t most);
std::optional<std::vector<indexed_text>> texts_in(const boost::json::value& answer);

// Bulk requests for the texts. Each is about `bytes_max` long at most, or has one text.
std::vector<std::string> bulk_bodies(core::chat_id chat, std::span<const indexed_text> texts, std::size_t bytes_max);

struct bulk_outcome {
    bool is_gone = false;      // the index does not exist
    std::string refused = {};  // why an item was refused; empty: the index has all of them, or later versions
};
bulk_outcome outcome_in(const boost::json::value& answer);

}  // namespace confab::search
