// Passwords in files, without the percent-encoding that a URL needs for some characters.
#pragma once

#include <string>
#include <string_view>

#include "app/options.hpp"
#include "base/engine_url.hpp"

namespace confab::app {

inline constexpr std::size_t password_bytes_max = 4096;

// The text of the file, without the newline at its end. Throws usage_error if the file cannot be read, is not a regular
// file, is empty, has several lines, is longer than password_bytes_max, or has a byte order mark, a NUL or a CR LF. The
// error has the option, but not the path.
std::string read_password_file(std::string_view option, const std::string& path);

// The path to print. `***`: it is not a file, so it may be the password.
std::string shown_password_file(const std::string& path);

// Adds the password of --ENGINE-password-file, if that is given, to the URL of the engine. Throws usage_error as above,
// and if the URL has a password, too, or lacks the user that the engine needs.
void add_password(const settings& s, std::string_view engine, engine_url& to);

}  // namespace confab::app
