#include "core/folding.hpp"

#include <utf8proc.h>

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

// Written so that the compiler makes vector code of it.
bool is_ascii(std::string_view text) {
    unsigned char bits = 0;
    for (const char c : text) bits |= static_cast<unsigned char>(c);
    return bits < 0x80;
}

void append_lower(std::string& out, std::string_view ascii) {
    const auto begin = out.size();
    out.resize(begin + ascii.size());
    for (std::size_t i = 0; i < ascii.size(); ++i) {
        const auto c = static_cast<unsigned char>(ascii[i]);
        out[begin + i] = static_cast<char>(c + ((c >= 'A') & (c <= 'Z')) * ('a' - 'A'));
    }
}

}  // namespace

std::string fold(std::string_view text) {
    if (is_ascii(text)) {  // normalisation leaves ASCII as it is, and folding is lower case
        std::string folded;
        append_lower(folded, text);
        return folded;
    }
    return map(map(map(text, nfkc), casefold), nfkc);
}

bool folded_query::is_in(std::string_view text) const {
    const auto contains = [this](std::string_view folded) {
        return memmem(folded.data(), folded.size(), needle_.data(), needle_.size()) != nullptr;
    };
    if (!is_ascii(text)) return contains(fold(text));
    thread_local std::string lower;  // kept, so that looking through many texts allocates nothing
    lower.clear();
    append_lower(lower, text);
    return contains(lower);
}

}  // namespace confab::core
