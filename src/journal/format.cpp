#include "journal/format.hpp"

#include <xxhash.h>

#include <bit>
#include <cstring>
#include <limits>

#include "base/require.hpp"
#include "journal/journal.hpp"

namespace confab::journal {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view magic = "cfbjrnl1";
constexpr std::size_t checksum_bytes = 16;
constexpr std::size_t fields_bytes = record_header_bytes - checksum_bytes;  // salt, number, payload length
static_assert(magic.size() + owner_bytes + sizeof(std::uint64_t) + checksum_bytes == header_bytes);

template <class Integer>
void append_integer(std::string& to, Integer value) {
    to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class Integer>
Integer integer_at(std::string_view bytes, std::size_t offset) {
    Integer value = 0;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

std::string_view bytes_of(const XXH128_canonical_t& checksum) {
    return {reinterpret_cast<const char*>(checksum.digest), sizeof checksum.digest};
}

XXH128_canonical_t canonical(XXH128_hash_t hash) {
    XXH128_canonical_t bytes;
    XXH128_canonicalFromHash(&bytes, hash);
    return bytes;
}

// The hash of the fields is the seed of the payload's hash. So neither is copied.
XXH128_canonical_t checksum_of(std::string_view fields, std::string_view payload) {
    const auto seed = XXH3_64bits(fields.data(), fields.size());
    return canonical(XXH3_128bits_withSeed(payload.data(), payload.size(), seed));
}

}  // namespace

void append_header(std::string& to, std::string_view owner, std::uint64_t salt) {
    require(owner.size() == owner_bytes, "the owner of a journal has owner_bytes bytes");
    const auto begin = to.size();
    to.append(magic).append(owner);
    append_integer(to, salt);
    const auto fields = std::string_view(to).substr(begin);
    const auto checksum = canonical(XXH3_128bits(fields.data(), fields.size()));
    to.append(bytes_of(checksum));
}

void append_record(std::string& to, const record_view& r) {
    require(r.payload.size() <= std::numeric_limits<std::uint32_t>::max(), "a payload is shorter than 4 GiB");
    const auto begin = to.size();
    append_integer(to, r.salt);
    append_integer(to, r.number);
    append_integer(to, static_cast<std::uint32_t>(r.payload.size()));
    const auto checksum = checksum_of(std::string_view(to).substr(begin), r.payload);
    to.append(bytes_of(checksum)).append(r.payload);
}

std::optional<segment_header> header_at(std::string_view bytes) {
    if (bytes.size() < header_bytes || !bytes.starts_with(magic)) return std::nullopt;
    const auto fields = bytes.substr(0, header_bytes - checksum_bytes);
    const auto checksum = canonical(XXH3_128bits(fields.data(), fields.size()));
    if (bytes.substr(fields.size(), checksum_bytes) != bytes_of(checksum)) return std::nullopt;
    return segment_header{std::string(bytes.substr(magic.size(), owner_bytes)),
                          integer_at<std::uint64_t>(bytes, magic.size() + owner_bytes)};
}

record_view fields_at(std::string_view bytes) {
    require(bytes.size() >= record_header_bytes, "a record has its header");
    return {integer_at<std::uint64_t>(bytes, 0), integer_at<std::uint64_t>(bytes, 8), {}};
}

std::optional<record_view> record_at(std::string_view bytes) {
    if (bytes.size() < record_header_bytes) return std::nullopt;
    const auto length = integer_at<std::uint32_t>(bytes, 16);
    if (length > bytes.size() - record_header_bytes) return std::nullopt;
    const auto payload = bytes.substr(record_header_bytes, length);
    if (bytes.substr(fields_bytes, checksum_bytes) != bytes_of(checksum_of(bytes.substr(0, fields_bytes), payload)))
        return std::nullopt;
    auto r = fields_at(bytes);
    r.payload = payload;
    return r;
}

}  // namespace confab::journal
