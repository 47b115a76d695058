// The members of a JSON object, read in one pass: each value is parsed once, and its text stays known. Boost.JSON
// parses the names and values; only the braces, colons and commas of the object itself are read here (RFC 8259, 4).
#pragma once

#include <boost/json/parser.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <cstddef>
#include <functional>
#include <string_view>

namespace confab::http {

// A member: its name without escapes, its value, and the value's text as sent. The views are valid during the call.
using json_member_visitor =
    std::function<void(std::string_view name, const boost::json::value& value, std::string_view text)>;

// Calls `visit` for each member in its order, also for repeated names. All of the text is checked: an error may follow
// after some calls. Errors: those of Boost.JSON, for a text that is not JSON or nested deeper than `depth_max`.
// REQUIRES: begins_object(text); depth_max >= 1.
boost::system::result<void> for_each_member(std::string_view text, std::size_t depth_max,
                                            const json_member_visitor& visit);

// For Boost.JSON's parsers: JSON nested at most this deep, without extensions.
boost::json::parse_options parse_options_for(std::size_t depth_max);

// Whether the first character after white space opens an object.
bool begins_object(std::string_view text);

}  // namespace confab::http
