#include "core/folding.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace confab::core {
namespace {

constexpr auto nfkc = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
constexpr auto casefold = static_cast<utf8proc_option_t>(UTF8PROC_CASEFOLD);

std::string map(std::string_view text, utf8proc_option_t options) {
    utf8proc_uint8_t* mapped = nullptr;
    const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                     static_cast<utf8proc_ssize_t>(text.size()), &mapped, options);
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(mapped, &std::free);
    if (length < 0) throw std::bad_alloc();  // text is valid, so memory is all that can be missing
    return {reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(length)};
}

bool is_ascii(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

std::string fold(std::string_view text) {
    if (is_ascii(text)) {  // normalisation leaves ASCII as it is, and folding is lower case
        std::string folded(text);
        std::ranges::transform(folded, folded.begin(), to_lower);
        return folded;
    }
    return map(map(map(text, nfkc), casefold), nfkc);
}

bool folded_query::is_in(std::string_view text) const {
    const auto folded = fold(text);
    return memmem(folded.data(), folded.size(), needle_.data(), needle_.size()) != nullptr;
}

}  // namespace confab::core
