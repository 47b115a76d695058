// The segments' names, and what reading any files of numbered records needs.
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

// Those that follow on `after` without a gap, and what is missing before the others. REQUIRES: all numbers are above
// `after`.
contents contiguous_contents(numbered_payloads found, std::uint64_t after);

// All of a file; nothing where there is none. Throws startup_error: it cannot be read.
std::string read_file(const std::filesystem::path& path);

// Also where some are missing. Errors: of the system.
result<void> remove_files(std::initializer_list<std::filesystem::path> paths);

}  // namespace confab::journal
