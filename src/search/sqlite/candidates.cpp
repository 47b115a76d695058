#include <ranges>

#include "search/sqlite/block.hpp"
#include "search/sqlite/ngrams.hpp"
#include "search/sqlite/rows.hpp"

namespace confab::search {
namespace {

// The maximum bytes that one slice examines: some milliseconds of work. A signature counts as signature_cost.
constexpr std::size_t examined_bytes_max = 8 * 1024 * 1024;
constexpr std::size_t signature_cost = 256;

// Adds the block's hits to `found`, the last message first. False: there were more than candidates_max.
bool take_hits(read_session& s, std::uint64_t row, const core::folded_query& query, core::message_number below,
               candidates& found) {
    for (const auto number :
         numbers_in(number_in(row), view(s.block.bytes(0)), view(s.block.bytes(1)), query) | std::views::reverse) {
        if (number >= below) continue;
        if (found.numbers.size() == candidates_max) {
            found.next = number.next();
            return false;
        }
        found.numbers.push_back(number);
    }
    return true;
}

}  // namespace

candidates candidates_in(read_session& s, core::chat_id chat, const core::folded_query& query,
                         core::message_number below) {
    const sqlite::transaction snapshot(s.db, sqlite::transaction::kind::read);
    candidates found;
    found.position = read_position(s.find_position, chat);
    const query_ngrams wanted(query.folded());
    std::size_t examined = 0;
    s.signatures.bind(row_of(chat, 0), row_of(chat, below.value() - 1));
    const sqlite::reset_guard until_done(s.signatures);
    while (s.signatures.row()) {
        const auto row = s.signatures.number(0);
        const auto signature = s.signatures.bytes(1);
        if (signature.size() != ngrams::bytes) throw damaged_block();
        examined += signature_cost;
        if (wanted.may_be_in(signature)) {
            s.block.bind(row);
            const sqlite::reset_guard until_looked(s.block);
            if (!s.block.row()) throw damaged_block();
            examined += s.block.bytes(1).size();
            if (!take_hits(s, row, query, below, found)) return found;
        }
        if (examined < examined_bytes_max) continue;
        if (number_in(row).value() > 1) found.next = number_in(row);
        return found;
    }
    return found;
}

}  // namespace confab::search
