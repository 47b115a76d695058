// The names of the segments, and functions for all files of numbered records.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <map>
#include <string>

#include "journal/journal.hpp"

namespace confab::journal {

inline constexpr std::size_t segment_count = 2;

std::filesystem::path segment_path(const std::filesystem::path& folder, std::size_t which);

using numbered_payloads = std::map<std::uint64_t, std::string>;

// `records` are the payloads that follow `after` without a gap. `missing` is the gap before the others. REQUIRES: all
// numbers are above `after`.
contents contiguous_contents(numbered_payloads found, std::uint64_t after);

// The content of a file; empty if it does not exist. Throws startup_error: it cannot be read.
std::string read_file(const std::filesystem::path& path);

// A missing file is not an error. Errors: of the system.
result<void> remove_files(std::initializer_list<std::filesystem::path> paths);

}  // namespace confab::journal
