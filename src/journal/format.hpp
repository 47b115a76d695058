// How a segment's header and a record are written: see journal.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace confab::journal {

// Integers of the format are little-endian, as on every machine this is built for.
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

void append_header(std::string& to, std::string_view owner, std::uint64_t salt);
void append_record(std::string& to, const record_view& r);

// The fields of what may be a record, without a look at its checksum or payload. REQUIRES: record_header_bytes of it.
record_view fields_at(std::string_view bytes);

// What stands at the beginning of `bytes`; nothing: no whole header or record.
std::optional<segment_header> header_at(std::string_view bytes);
std::optional<record_view> record_at(std::string_view bytes);

}  // namespace confab::journal
