// What search compares: toNFKC_Casefold(NFD(x)), the identifier caseless match of Unicode (chapter 3.13, D147). Two
// texts that differ only in case, in the form of their characters or in invisible characters (ignorable.hpp) fold to
// the same bytes. Diacritics are kept.
#pragma once

#include <string>
#include <string_view>

#include "core/substring.hpp"

namespace confab::core {

bool is_ascii(std::string_view text);

// REQUIRES: valid UTF-8. The result is valid UTF-8.
std::string fold(std::string_view text);

// A query, folded once, to be looked for in many texts. Containment by code point equals containment by byte: no UTF-8
// sequence begins inside another.
class folded_query {
public:
    explicit folded_query(std::string_view query) : needle_(fold(query)) {}

    bool is_in(std::string_view text) const;

    // Where a text that is folded already contains it, from `from` on; npos: nowhere.
    std::size_t find_in(std::string_view folded, std::size_t from) const {
        return find_substring(folded, needle_, from);
    }
    // Of the folded query, in bytes.
    std::size_t size() const { return needle_.size(); }
    std::string_view folded() const { return needle_; }

private:
    std::string needle_;
};

}  // namespace confab::core
