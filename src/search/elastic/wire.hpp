// What goes over the wire: bodies of requests out of our types, and our types out of answers. Pure.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "search/indexed/index.hpp"

namespace confab::search {

// The candidates of a query below a number, the highest `most` of them in descending order.
std::string candidates_body(core::chat_id chat, const core::folded_query& query, core::message_number below,
                            std::size_t most, std::chrono::milliseconds limit);
// The numbers that were answered. Nothing: it is no answer to that, or not a whole one.
std::optional<std::vector<core::message_number>> numbers_in(const boost::json::value& answer);

// The texts above a number and up to another, the lowest `most` of them in ascending order.
std::string texts_body(core::chat_id chat, core::message_number after, std::uint64_t last, std::size_t most);
std::optional<std::vector<indexed_text>> texts_in(const boost::json::value& answer);

// Bulk requests for the texts, each about `bytes_max` long at most, or of one text.
std::vector<std::string> bulk_bodies(core::chat_id chat, std::span<const indexed_text> texts, std::size_t bytes_max);

struct bulk_outcome {
    bool is_gone = false;      // there is no index to write to
    std::string refused = {};  // why something was; empty: all is there, or something later is
};
bulk_outcome outcome_in(const boost::json::value& answer);

}  // namespace confab::search
