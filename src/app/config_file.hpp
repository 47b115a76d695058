// The file of options that --config names: UTF-8, one `name = value` per line.
//
//     # A comment. It begins its line, with '#' or ';'.
//     listen = [::1]:3000
//     data = "/srv/a;b #1"
//
// A value is the rest of its line without the white space around it. Quotes around a value, " or ', are removed. An
// ambiguous line is refused: otherwise a comment could become part of a value, or part of a password a comment.
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

// The lines of the file, in order. Throws usage_error: the file cannot be read, or a line is invalid.
std::vector<config_line> read_config_file(const std::string& path);

// The error of a line. It has the file and the line number, but not the text, which may contain a password.
usage_error wrong_line(const std::string& path, std::size_t line, std::string_view why);

// The secret in the file that a variable like CONFAB_MYSQL_FILE names: the first line, without white space around it.
// Throws usage_error.
std::string read_secret_file(std::string_view variable, const std::string& path);

}  // namespace confab::app
