// The address and login of a MySQL server: mysql://user:password@host:port/database?ssl=enable
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace confab::mysql {

enum class tls { disable, enable, require };  // enable: if the server offers it

struct address {
    std::string host;
    std::uint16_t port = 3306;
    std::string user;
    std::string password;
    std::string database;
    mysql::tls tls = tls::enable;

    // Decodes percent-encoded parts. Throws startup_error, which never repeats the password.
    static address parse(std::string_view url);

    // For messages: without user and password.
    std::string name() const;
};

}  // namespace confab::mysql
