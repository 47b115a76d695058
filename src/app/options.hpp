// The program's options: one table, read by the command line, the environment, the config file, --help, `confab config`
// and the tests.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace confab::app {

enum class option_type { text, number };

struct option {
    std::string_view name;  // --name, CONFAB_NAME, and `name = value` in a file
    option_type type;
    std::string_view default_value;
    std::string_view unit;
    std::uint64_t least;  // of a number
    std::uint64_t most;
    std::string_view help;
    bool for_tools;  // `confab check` and `reindex` take it too; `confab serve` and `confab config` take all
};

std::span<const option> options();

struct effective {
    std::string value;
    std::string_view source;  // flag, environment, file or default
};

// Every option's value and where it came from.
class settings {
public:
    const std::string& text(std::string_view name) const { return values_.at(name).value; }
    std::uint64_t number(std::string_view name) const { return std::stoull(text(name)); }
    const effective& operator[](std::string_view name) const { return values_.at(name); }
    void set(std::string_view name, effective value) { values_[name] = std::move(value); }

private:
    std::map<std::string_view, effective> values_;
};

// What the person at the terminal got wrong, in one line.
class usage_error : public std::runtime_error {
    using runtime_error::runtime_error;
};

struct parsed {
    std::string command;  // serve, check, reindex, config; empty: `text` is the whole answer
    settings values;
    std::string text;  // help or version
};

// Throws usage_error.
parsed parse(int argc, const char* const* argv);

}  // namespace confab::app
