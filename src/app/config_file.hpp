// The file of options that --config names: UTF-8, one `name = value` a line.
//
//     # A comment. It begins its line, with '#' or ';'.
//     listen = [::1]:3000
//     data = "/srv/a;b #1"
//
// A value is the rest of its line without the white space around it. Quotes around a value, " or ', are removed. A line
// that could be read in two ways is refused: a comment behind a value would otherwise become a part of it, or a part of
// a password a comment.
#pragma once

#include <string>
#include <vector>

#include "app/options.hpp"

namespace confab::app {

struct config_line {
    std::string name;
    std::string value;
    std::size_t line;  // from 1
};

// What the file sets, in its order. Throws usage_error: a file that cannot be read, a line that is wrong.
std::vector<config_line> read_config_file(const std::string& path);

// A line's error. It names file and line, and shows nothing of the line, which may hold a password.
usage_error wrong_line(const std::string& path, std::size_t line, std::string_view why);

// The secret in the file that a variable like CONFAB_MYSQL_FILE names: its first line, without the white space around
// it. Throws usage_error.
std::string read_secret_file(std::string_view variable, const std::string& path);

}  // namespace confab::app
