// A record is its number (8 bytes), its length (4), the first half of a SHA-256 of the ledger's identity, both and its
// bytes, and its bytes.
#include "ledger/sqlite/legacy_batches.hpp"

#include <fmt/core.h>

#include <cstring>

#include "base/digest.hpp"
#include "journal/segments.hpp"

namespace confab::ledger {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t checksum_bytes = 16;
constexpr std::size_t header_bytes = sizeof(std::uint64_t) + sizeof(std::uint32_t) + checksum_bytes;

fs::path file_in(const fs::path& folder, int which) {
    return folder / fmt::format("confab-batches.{}", which);
}

template <class Integer>
Integer integer_at(std::string_view bytes) {
    Integer value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

// The record at the beginning of `bytes`.
std::optional<journal::record> record_at(std::string_view bytes, std::string_view identity) {
    if (bytes.size() < header_bytes) return std::nullopt;
    const auto number = bytes.substr(0, sizeof(std::uint64_t));
    const auto length = bytes.substr(number.size(), sizeof(std::uint32_t));
    const auto count = integer_at<std::uint32_t>(length);
    if (count > bytes.size() - header_bytes) return std::nullopt;
    const auto payload = bytes.substr(header_bytes, count);
    const auto whole = digest_of({identity, number, length, payload});
    const std::string_view checksum(reinterpret_cast<const char*>(whole.data()), checksum_bytes);
    if (bytes.substr(number.size() + length.size(), checksum_bytes) != checksum) return std::nullopt;
    return journal::record{integer_at<std::uint64_t>(number), std::string(payload)};
}

}  // namespace

journal::contents read_legacy_batches(const fs::path& folder, std::string_view identity, std::uint64_t after) {
    journal::numbered_payloads found;
    for (const int which : {0, 1}) {
        const auto all = journal::read_file(file_in(folder, which));
        for (std::string_view rest = all; const auto r = record_at(rest, identity);) {
            rest.remove_prefix(header_bytes + r->payload.size());
            if (r->number > after) found.emplace(r->number, r->payload);
        }
    }
    return journal::in_order(std::move(found), after);
}

bool has_legacy_batches(const fs::path& folder) {
    const auto holds_anything = [&](int which) {
        return journal::read_file(file_in(folder, which)).find_first_not_of('\0') != std::string::npos;
    };
    return holds_anything(0) || holds_anything(1);
}

result<void> remove_legacy_batches(const fs::path& folder) {
    return journal::remove_files({file_in(folder, 0), file_in(folder, 1)});
}

}  // namespace confab::ledger
