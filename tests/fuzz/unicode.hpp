// Texts for the targets that compare with ICU, and ICU's folding. ICU and the program may know different versions of
// Unicode, so a text has only characters that both know.
#pragma once

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <utf8proc.h>

#include <string>
#include <string_view>

#include "fuzz/fuzz.hpp"

namespace confab::fuzz {

inline bool is_known(UChar32 c) {
    return u_charType(c) != U_UNASSIGNED && utf8proc_category(c) != UTF8PROC_CATEGORY_CN;
}

// The input as UTF-8. Drops what is malformed or not known to both.
inline std::string text_of(std::string_view bytes) {
    std::string text;
    while (!bytes.empty()) {
        utf8proc_int32_t c = 0;
        const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(bytes.data()),
                                           static_cast<utf8proc_ssize_t>(bytes.size()), &c);
        const auto taken = size > 0 ? static_cast<std::size_t>(size) : 1;
        if (size > 0 && c != 0 && is_known(c)) text += bytes.substr(0, taken);
        bytes.remove_prefix(taken);
    }
    return text;
}

// toNFKC_Casefold(NFD(x)) by ICU.
inline std::string folded_by_icu(std::string_view text) {
    UErrorCode cause = U_ZERO_ERROR;
    const auto* const nfd = icu::Normalizer2::getNFDInstance(cause);
    const auto* const casefold = icu::Normalizer2::getNFKCCasefoldInstance(cause);
    expect(U_SUCCESS(cause), "ICU has its tables");
    const auto decomposed = nfd->normalize(
        icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size()))), cause);
    std::string folded;
    casefold->normalize(decomposed, cause).toUTF8String(folded);
    expect(U_SUCCESS(cause), "ICU folds the text");
    return folded;
}

}  // namespace confab::fuzz
