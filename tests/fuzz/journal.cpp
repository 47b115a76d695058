// The journal's two segments, and the files of version 0.1.0. Records are written, bytes are damaged, and the rest is
// read: every record that is whole is there, and no other. Any bytes instead of a segment hold no record.
#include "journal/journal.hpp"

#include <array>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/hex.hpp"
#include "fuzz/fuzz.hpp"
#include "journal/format.hpp"
#include "journal/legacy_batches.hpp"
#include "journal/segments.hpp"
#include "support/folder.hpp"

namespace confab::fuzz {
namespace {

using payloads = std::map<std::uint64_t, std::string>;

// The owner of a journal and the salts of its segments. They change with every byte of the input. So no input can
// contain a record with a right checksum, although libFuzzer sees what checksums are compared with.
struct secrets {
    explicit secrets(std::string_view whole_input) {
        const auto drawn = digest_of({whole_input});
        owner = to_hex(std::span(drawn).first(journal::owner_bytes / 2));
        std::memcpy(salts.data(), drawn.data(), sizeof salts);
        for (auto& salt : salts) salt |= 1;
    }

    std::string owner;
    std::array<std::uint64_t, journal::segment_count> salts{};
};

const std::filesystem::path& folder() {
    static const testing::temporary_folder made;
    return made.path();
}

void write(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// Checks what was read against the records that are whole. `strict`: all of them have to be found.
void check(const journal::contents& read, const payloads& whole, std::uint64_t after, bool strict) {
    auto expected = after + 1;
    for (const auto& r : read.records) {
        expect(r.number == expected, "records follow each other");
        const auto written = whole.find(r.number);
        expect(written != whole.end() && written->second == r.payload, "a record is as it was written");
        ++expected;
    }
    expect(read.missing.has_value() == read.unreachable.has_value(), "a gap makes records unreachable");
    if (read.missing) {
        expect(read.missing->first == expected && read.missing->last >= expected, "a gap begins behind the records");
        expect(read.unreachable->first == expected && read.unreachable->last > read.missing->last, "a gap has an end");
        expect(whole.contains(read.missing->last + 1) && whole.contains(read.unreachable->last),
               "no record is invented");
    }
    if (!strict) return;
    expect(!whole.contains(expected), "no whole record is missing");
    const auto next = whole.upper_bound(expected);
    expect(read.missing.has_value() == (next != whole.end()), "a gap is noticed");
    if (!read.missing) return;
    expect(read.missing->last == next->first - 1 && read.unreachable->last == whole.rbegin()->first, "a gap is exact");
}

struct placed {
    std::uint64_t number;
    std::size_t begin, end;  // in its file
    std::string payload;
};

// Flips bits, or cuts the file. Returns the numbers of the records whose bytes changed.
std::set<std::uint64_t> damage(std::string& bytes, const std::vector<placed>& records, input& from) {
    const auto before = bytes;
    for (auto count = from.number() % 4; count > 0 && !bytes.empty(); --count) {
        const auto at = from.number(2) % bytes.size();
        bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ from.number());
    }
    if (from.number() % 4 == 0 && !bytes.empty()) bytes.resize(bytes.size() - from.number(2) % bytes.size());
    std::set<std::uint64_t> damaged;
    for (const auto& r : records)
        if (std::string_view(bytes).substr(std::min(r.begin, bytes.size()), r.end - r.begin) !=
            std::string_view(before).substr(r.begin, r.end - r.begin))
            damaged.insert(r.number);
    return damaged;
}

void check_segments(input from, const secrets& known) {
    const auto after = from.number();
    auto number = after - std::min<std::uint64_t>(after, from.number() % 4);
    payloads whole;
    for (std::size_t which = 0; which < journal::segment_count; ++which) {
        std::string bytes;
        std::vector<placed> records;
        const auto salt = known.salts[which];
        journal::append_header(bytes, known.owner, salt);
        for (auto count = from.number() % 6; count > 0; --count) {
            number += from.number() % 8 == 0 ? 2U : 1U;
            std::string payload(from.text());
            if (from.flag()) payload.resize(payload.size() + 300);  // ends in zeros
            const auto begin = bytes.size();
            journal::append_record(bytes, {salt, number, payload});
            records.push_back({number, begin, bytes.size(), std::move(payload)});
        }
        bytes.append(from.number() % 64, '\0');
        bytes += from.text();  // of an earlier use
        const auto damaged = damage(bytes, records, from);
        for (auto& r : records)
            if (r.number > after && !damaged.contains(r.number)) whole.emplace(r.number, std::move(r.payload));
        write(journal::segment_path(folder(), which), bytes);
    }
    const auto read = journal::read_after(folder(), known.owner, after);
    expect(!read.other_owner, "the owner is not another one");
    check(read, whole, after, true);
}

// Whether the bytes have this record with any salt.
bool is_in(std::string_view bytes, const journal::record& r) {
    for (auto at = bytes.find(r.payload); at != std::string_view::npos; at = bytes.find(r.payload, at + 1)) {
        if (at < journal::record_header_bytes) continue;
        const auto begin = at - journal::record_header_bytes;
        std::string written;
        journal::append_record(written, {journal::fields_at(bytes.substr(begin)).salt, r.number, r.payload});
        if (bytes.substr(begin, written.size()) == written) return true;
    }
    return false;
}

// Without a valid header, records of any salt are read.
void check_random_segment(input from, const secrets& known) {
    const auto after = from.number(8);
    const auto bytes = from.rest();
    write(journal::segment_path(folder(), 0), bytes);
    write(journal::segment_path(folder(), 1), {});
    auto expected = after;
    for (const auto& r : journal::read_after(folder(), known.owner, after).records) {
        expect(r.number == ++expected, "records follow each other");
        expect(is_in(bytes, r), "a record is in the bytes");
    }
}

template <class Integer>
std::string bytes_of(Integer value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string legacy_record(std::string_view owner, std::uint64_t number, std::string_view payload) {
    const auto number_bytes = bytes_of(number), length = bytes_of(static_cast<std::uint32_t>(payload.size()));
    const auto checksum = digest_of({owner, number_bytes, length, payload});
    return number_bytes + length + std::string(reinterpret_cast<const char*>(checksum.data()), 16) +
           std::string(payload);
}

// Behind damage that reader does not look for every number, so a record may be missing.
void check_legacy_batches(input from, const secrets& known) {
    const auto after = from.number();
    auto number = after;
    payloads whole;
    for (const auto* const name : {"confab-batches.0", "confab-batches.1"}) {
        std::string bytes;
        std::vector<placed> records;
        for (auto count = from.number() % 6; count > 0; --count) {
            const std::string payload(from.text());
            const auto begin = bytes.size();
            bytes += legacy_record(known.owner, ++number, payload);
            records.push_back({number, begin, bytes.size(), payload});
        }
        bytes += from.text();
        const auto damaged = damage(bytes, records, from);
        for (auto& r : records)
            if (!damaged.contains(r.number)) whole.emplace(r.number, std::move(r.payload));
        write(folder() / name, bytes);
    }
    check(journal::read_legacy_batches(folder(), known.owner, after), whole, after, false);
}

}  // namespace
}  // namespace confab::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace confab::fuzz;
    input from(data, size);
    const secrets known(input(data, size).rest());
    switch (from.number() % 4) {
        case 0:
            check_random_segment(from, known);
            break;
        case 1:
            check_legacy_batches(from, known);
            break;
        default:
            check_segments(from, known);
    }
    return 0;
}
