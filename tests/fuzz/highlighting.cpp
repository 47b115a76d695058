// A query of up to 255 bytes after its length, then a text. The fragments are the text. There is a match if, and only
// if, the text contains the query when ICU folds both, and so it is in each match and in no other fragment.
#include "core/highlight.hpp"

#include <string>

#include "fuzz/fuzz.hpp"
#include "fuzz/unicode.hpp"

namespace confab::fuzz {
namespace {

bool contains_by_icu(std::string_view text, const std::string& folded_query) {
    return folded_by_icu(text).find(folded_query) != std::string::npos;
}

void check(std::string_view text, std::string_view query) {
    const auto folded = folded_by_icu(query);
    if (folded.empty()) return;
    const core::folded_query wanted(query);
    expect(wanted.folded() == folded, "a query folds as by ICU");
    const bool is_there = contains_by_icu(text, folded);
    expect(wanted.is_in(text) == is_there, "a text contains the query as by ICU");
    const auto* next = text.data();
    bool any = false;
    const core::fragment* before = nullptr;
    const auto fragments = core::fragments_of(text, wanted);
    for (const auto& f : fragments) {
        expect(f.text.data() == next && !f.text.empty(), "the fragments are the text");
        expect(!before || before->is_match != f.is_match, "matches and others take turns");
        expect(contains_by_icu(f.text, folded) == f.is_match, "a match contains the query, and no other fragment does");
        any |= f.is_match;
        next += f.text.size();
        before = &f;
    }
    expect(next == text.data() + text.size(), "the fragments are all of the text");
    expect(any == is_there, "there is a match if the text contains the query");
}

}  // namespace
}  // namespace confab::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace confab::fuzz;
    input from(data, size);
    const auto query = text_of(from.text());
    check(text_of(from.rest()), query);
    return 0;
}
