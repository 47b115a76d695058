#include "app/password_file.hpp"

#include <fmt/core.h>

#include <filesystem>

#include "base/byte_order_mark.hpp"
#include "base/file.hpp"

namespace confab::app {
namespace {

// Redis has a default user.
bool needs_user(std::string_view engine) {
    return engine != "redis";
}

}  // namespace

std::string read_password_file(std::string_view option, const std::string& path) {
    // The path is not shown: it may be the password.
    const auto fail = [&](std::string_view why) { return usage_error(fmt::format("--{} names {}", option, why)); };
    std::error_code ignored;  // open() reports it
    if (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored))
        throw fail("a path that is not a regular file");
    const auto opened = file::open(path, file::access::read);
    if (!opened) throw fail("a file that cannot be read: " + opened.error().message());
    auto text = opened->read_all();
    if (!text) throw fail("a file that cannot be read: " + text.error().message());
    if (text->ends_with('\n')) text->pop_back();
    if (text->empty()) throw fail("an empty file");
    if (text->size() > password_bytes_max)
        throw fail(fmt::format("a file of more than {} bytes, which is no password", password_bytes_max));
    if (without_byte_order_mark(*text).size() != text->size())
        throw fail("a file that begins with a byte order mark: save it as UTF-8 without one");
    if (text->find('\0') != text->npos) throw fail("a file with a NUL character: save it as UTF-8");
    if (text->ends_with('\r')) throw fail("a file whose line ends with CR LF: save it with LF only");
    if (text->find('\n') != text->npos) throw fail("a file of several lines: a password is one line");
    return std::move(*text);
}

std::string shown_password_file(const std::string& path) {
    std::error_code ignored;
    return path.empty() || std::filesystem::is_regular_file(path, ignored) ? path : "***";
}

void add_password(const settings& s, std::string_view engine, engine_url& to) {
    const auto option = fmt::format("{}-password-file", engine);
    const auto& path = s.text(option);
    if (path.empty()) return;
    if (!to.password.empty())
        throw usage_error(fmt::format("--{} and a password in the URL of --{} are both given: leave one of them out",
                                      option, engine));
    if (to.user.empty() && needs_user(engine))
        throw usage_error(fmt::format("--{} needs the name of the user in the URL of --{}: {}://user@host:{}", option,
                                      engine, to.scheme, to.port));
    to.password = read_password_file(option, path);
}

}  // namespace confab::app
