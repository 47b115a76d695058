// Passwords that stand in files of their own, as they are: a URL would need some of their characters percent-encoded.
#pragma once

#include <string>
#include <string_view>

#include "app/options.hpp"
#include "base/engine_url.hpp"

namespace confab::app {

inline constexpr std::size_t password_bytes_max = 4096;

// The text of the file, without the newline at its end. Throws usage_error, which names the option and not the file: it
// cannot be read, is no regular file, is empty, holds several lines, or is longer than a password may be.
std::string read_password_file(std::string_view option, const std::string& path);

// Its path, for people to read. `***` stands for what is no file: it may be the password itself.
std::string shown_password_file(const std::string& path);

// Puts the password of --ENGINE-password-file, if that is given, into the URL of the engine. Throws usage_error: as
// above; the URL has a password too, or names no user for it where the engine needs one.
void add_password(const settings& s, std::string_view engine, engine_url& to);

}  // namespace confab::app
