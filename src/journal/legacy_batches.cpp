// A record is number (8 bytes), payload length (4), checksum (16) and payload. The checksum is the first half of a
// SHA-256 of the ledger's identity, number, length and payload.
#include "journal/legacy_batches.hpp"

#include <fmt/core.h>

#include <array>
#include <cstring>

#include "base/digest.hpp"
#include "journal/segments.hpp"

namespace confab::journal {
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

// The record at the start of `bytes`.
std::optional<record> record_at(std::string_view bytes, std::string_view identity) {
    if (bytes.size() < header_bytes) return std::nullopt;
    const auto number = bytes.substr(0, sizeof(std::uint64_t));
    const auto length = bytes.substr(number.size(), sizeof(std::uint32_t));
    const auto count = integer_at<std::uint32_t>(length);
    if (count > bytes.size() - header_bytes) return std::nullopt;
    const auto payload = bytes.substr(header_bytes, count);
    const auto whole = digest_of({identity, number, length, payload});
    const std::string_view checksum(reinterpret_cast<const char*>(whole.data()), checksum_bytes);
    if (bytes.substr(number.size() + length.size(), checksum_bytes) != checksum) return std::nullopt;
    return record{integer_at<std::uint64_t>(number), std::string(payload)};
}

// Adds the valid records after `after`, also those behind damaged bytes. There a record may begin at any offset. This
// format has no salt to compare, and verifying a checksum costs a SHA-256 of up to the rest of the file. So behind
// damage only numbers up to `records_max` after `after` are verified: the files have no space for more records. Zeros
// and most other bytes are no such number. No message text contains the zeros of such a number. Directly behind a valid
// record every number is verified, because the database may be older by more batches than that.
void find_records(std::string_view bytes, std::string_view identity, std::uint64_t after, std::uint64_t records_max,
                  numbered_payloads& found) {
    const auto end = bytes.find_last_not_of('\0') + 1;
    bool in_sequence = true;
    for (std::size_t at = 0; at < end && bytes.size() - at >= header_bytes;) {
        const auto rest = bytes.substr(at);
        const bool may_be_record = in_sequence || integer_at<std::uint64_t>(rest) - after - 1 < records_max;
        auto r = may_be_record ? record_at(rest, identity) : std::nullopt;
        in_sequence = r.has_value();
        at += r ? header_bytes + r->payload.size() : 1;
        if (r && r->number > after) found.emplace(r->number, std::move(r->payload));
    }
}

}  // namespace

contents read_legacy_batches(const fs::path& folder, std::string_view identity, std::uint64_t after) {
    const std::array files{read_file(file_in(folder, 0)), read_file(file_in(folder, 1))};
    const auto records_max = (files[0].size() + files[1].size()) / header_bytes;
    numbered_payloads found;
    for (const auto& bytes : files) find_records(bytes, identity, after, records_max, found);
    return contiguous_contents(std::move(found), after);
}

bool has_legacy_batches(const fs::path& folder) {
    const auto holds_anything = [&](int which) {
        return read_file(file_in(folder, which)).find_first_not_of('\0') != std::string::npos;
    };
    return holds_anything(0) || holds_anything(1);
}

result<void> remove_legacy_batches(const fs::path& folder) {
    return remove_files({file_in(folder, 0), file_in(folder, 1)});
}

}  // namespace confab::journal
