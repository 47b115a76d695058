#include "drivers/mysql/url.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace confab::mysql {
namespace {

TEST(a_mysql_url, has_the_address_and_the_login) {
    const auto full = address::parse("mysql://ada%40x:l%2Fv%3Fe@db.example:3307/chat?ssl=require");
    EXPECT_EQ(full.host, "db.example");
    EXPECT_EQ(full.port, 3307);
    EXPECT_EQ(full.user, "ada@x");
    EXPECT_EQ(full.password, "l/v?e");
    EXPECT_EQ(full.database, "chat");
    EXPECT_EQ(full.tls, tls::require);
    const auto shortest = address::parse("mysql://ada@db/chat");
    EXPECT_EQ(shortest.port, 3306);
    EXPECT_EQ(shortest.password, "");
    EXPECT_EQ(shortest.tls, tls::enable);
    EXPECT_EQ(address::parse("mysql://ada@db/chat?ssl=disable").tls, tls::disable);
    EXPECT_EQ(address::parse("mysql://ada@db/chat?ssl=enable").tls, tls::enable);
}

TEST(a_mysql_url, is_named_without_its_login) {
    EXPECT_EQ(address::parse("mysql://ada:secret@db/chat").name(), "db:3306/chat");
    EXPECT_EQ(address::parse("mysql://ada:secret@[::1]:99/chat").name(), "[::1]:99/chat");
}

TEST(a_mysql_url, that_is_refused_does_not_show_its_password) {
    for (const auto* text :
         {"mysql://db/chat", "mysql://:secret@db/chat", "mysql://ada:secret@db", "mysql://ada:secret@db/",
          "mysql://ada:secret@db/a/b", "mysql://ada:secret@db/chat?ssl=maybe", "mysql://ada:secret@db/chat?ssl=",
          "mysql://ada:secret@db/chat?ssl=enable&secret=1", "mysql://ada:secret@db/chat?SSL=enable",
          "redis://ada:secret@db/chat", "mysql://ada:secret@/chat", "mysql://ada:secret@db:0/chat",
          "mysql://ada:secret@db:65536/chat", "mysql://ada:secret#@db/chat", "ada:secret@db/chat", "secret", ""}) {
        try {
            address::parse(text);
            ADD_FAILURE() << text;
        } catch (const startup_error& e) {
            EXPECT_EQ(std::string(e.what()).find("secret"), std::string::npos) << e.what();
        }
    }
}

}  // namespace
}  // namespace confab::mysql
