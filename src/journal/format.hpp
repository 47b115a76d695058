// Encodes and decodes segment headers and records. journal.hpp describes the format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace confab::journal {

// Integers are little-endian, as on every supported machine.
struct segment_header {
    std::string owner;
    std::uint64_t salt = 0;
};

struct record_view {
    std::uint64_t salt = 0;
    std::uint64_t number = 0;
    std::string_view payload;
};

inline constexpr std::size_t header_bytes = 64;
inline constexpr std::size_t record_header_bytes = 36;

// REQUIRES: `owner` is owner_bytes long.
void append_header(std::string& to, std::string_view owner, std::uint64_t salt);
// The payload must be shorter than 4 GiB.
void append_record(std::string& to, const record_view& r);

// The salt and number of a possible record, unchecked. The payload is empty. REQUIRES: at least record_header_bytes.
record_view fields_at(std::string_view bytes);

// The header or record at the start of `bytes`. The payload is a view of them. Verifies the checksum, not that the
// record has the salt of its segment. Nothing: it is incomplete or invalid.
std::optional<segment_header> header_at(std::string_view bytes);
std::optional<record_view> record_at(std::string_view bytes);

}  // namespace confab::journal
