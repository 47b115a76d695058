// The command line of one command, read with CLI11. It reads only flags: its own file reader overrides the environment
// (2.1, App::_process), and takes part of a value for a comment.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/options.hpp"

namespace confab::app {

struct command {
    std::string_view name;
    std::string_view summary;
    unsigned bit;  // of used_by
};

// By the options' names. Only options that are set.
using option_values = std::map<std::string_view, std::string>;

struct command_line {
    option_values flags;
    std::string config_file;             // --config; empty: none
    std::vector<std::string> arguments;  // further arguments of the command
    std::string help;                    // empty: --help is not set. Otherwise the rest is unspecified
};

// Reads the options() that `c` takes. `argv[0]` is the command. Throws usage_error.
command_line read_command_line(const command& c, int argc, const char* const* argv);

// The word, for an error, if it may be a misspelt name. Any other word may be part of a password, and is not shown.
std::string name_for_error(std::string_view word);

}  // namespace confab::app
