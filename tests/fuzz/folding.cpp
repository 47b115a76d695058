// Folding, and what is valid UTF-8, white space and invisible, compared with ICU. The segments of a text fold alone as
// they do in the text.
#include "core/folding.hpp"

#include <unicode/utf8.h>

#include <string>

#include "core/ignorable.hpp"
#include "core/segments.hpp"
#include "core/text.hpp"
#include "fuzz/fuzz.hpp"
#include "fuzz/unicode.hpp"

namespace confab::fuzz {
namespace {

// The number of characters; below 0: it is not UTF-8.
std::int64_t characters_by_icu(std::string_view bytes) {
    std::int64_t count = 0;
    const auto* const at = reinterpret_cast<const std::uint8_t*>(bytes.data());
    const auto size = static_cast<int32_t>(bytes.size());
    for (int32_t i = 0; i < size; ++count) {
        UChar32 c = 0;
        U8_NEXT(at, i, size, c);  // NOLINT(bugprone-inc-dec-in-conditions): a macro of ICU
        if (c < 0) return -1;
    }
    return count;
}

bool is_blank_by_icu(const icu::UnicodeString& text) {
    for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1))
        if (!u_isUWhiteSpace(text.char32At(i))) return false;
    return true;
}

void check_bytes(std::string_view bytes) {
    const auto characters = characters_by_icu(bytes);
    expect(core::is_utf8(bytes) == (characters >= 0), "the same bytes are UTF-8");
    if (characters < 0) return;
    expect(core::code_points(bytes) == static_cast<std::size_t>(characters), "a text has as many characters");
    const auto text = icu::UnicodeString::fromUTF8(icu::StringPiece(bytes.data(), static_cast<int32_t>(bytes.size())));
    expect(core::is_blank(bytes) == is_blank_by_icu(text), "the same texts are blank");
    for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
        const auto c = text.char32At(i);
        expect(core::is_ignorable(c) == static_cast<bool>(u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)),
               "the same characters are invisible");
    }
}

void check_segments(std::string_view text, std::string_view folded) {
    const auto cut = core::segmented(text);
    expect(cut.folded == folded, "highlighting folds as search does");
    std::size_t begin = 0, folded_begin = 0;
    for (const auto& s : cut.segments) {
        expect(s.original.data() == text.data() + begin && !s.original.empty(), "the segments are the text");
        expect(s.folded_end >= folded_begin, "the segments are in order");
        expect(core::fold(s.original) == folded.substr(folded_begin, s.folded_end - folded_begin),
               "a segment folds alone as it does in the text");
        begin += s.original.size();
        folded_begin = s.folded_end;
    }
    expect(begin == text.size() && folded_begin == folded.size(), "the segments are all of the text");
}

}  // namespace
}  // namespace confab::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace confab::fuzz;
    namespace core = confab::core;
    const auto bytes = input(data, size).rest();
    check_bytes(bytes);
    const auto text = text_of(bytes);
    const auto folded = core::fold(text);
    expect(folded == folded_by_icu(text), "a text folds as by ICU");
    expect(core::fold(folded) == folded, "a folded text stays as it is");
    check_segments(text, folded);
    return 0;
}
