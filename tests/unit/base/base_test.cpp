#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "base/clock.hpp"
#include "base/counted.hpp"
#include "base/digest.hpp"
#include "base/engine_url.hpp"
#include "base/error.hpp"
#include "base/http_date.hpp"
#include "drivers/mysql/url.hpp"

namespace confab {
namespace {

std::string rfc3339(std::int64_t us) {
    std::string out;
    append_rfc3339(out, {us});
    return out;
}

TEST(timestamp, is_written_as_rfc_3339_in_utc) {
    EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(rfc3339(951'827'696'789'999), "2000-02-29T12:34:56.789Z");
    EXPECT_EQ(rfc3339(1'767'225'599'999'999), "2025-12-31T23:59:59.999Z");
}

TEST(timestamp, is_a_date_for_http) {
    EXPECT_EQ(http_date({784'111'777'000'000}), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(http_date, is_read_in_each_of_its_three_forms) {
    const timestamp in_2026{1'767'225'600'000'000}, in_1994{784'111'777'000'000};
    for (const auto* text :
         {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"})
        EXPECT_EQ(parse_http_date(text, in_2026), in_1994) << text;
    EXPECT_EQ(parse_http_date("Tue Nov 16 08:49:37 1994", in_2026), timestamp{784'975'777'000'000});
    EXPECT_EQ(parse_http_date("Tue, 29 Feb 2000 23:59:60 GMT", in_2026), timestamp{951'868'800'000'000});
}

TEST(http_date, with_two_digits_of_its_year_is_at_most_50_years_ahead) {
    const timestamp in_2026{1'767'225'600'000'000};
    EXPECT_EQ(parse_http_date("Wednesday, 01-Jan-76 00:00:00 GMT", in_2026), timestamp{3'345'062'400'000'000});
    EXPECT_EQ(parse_http_date("Saturday, 01-Jan-77 00:00:00 GMT", in_2026), timestamp{220'924'800'000'000});
    EXPECT_EQ(parse_http_date("Thursday, 01-Jan-26 00:00:00 GMT", in_2026), in_2026);
}

TEST(http_date, that_is_none_is_refused) {
    for (const auto* text : {"",
                             "0",
                             "yesterday",
                             "1994-11-06T08:49:37Z",
                             "Sun, 06 Nov 1994 08:49:37",
                             "Sun, 06 Nov 1994 08:49:37 UTC",
                             "Sun, 06 Nov 1994 08:49:37 GMT ",
                             "sun, 06 nov 1994 08:49:37 gmt",
                             "Sun, 6 Nov 1994 08:49:37 GMT",
                             "Sun, 06 Nov 94 08:49:37 GMT",
                             "Sun, 06-Nov-94 08:49:37 GMT",
                             "Sunday, 06-Nov-1994 08:49:37 GMT",
                             "Sun Nov 06 08:49:37 94",
                             "Sun, 31 Nov 1994 08:49:37 GMT",
                             "Sun, 29 Feb 1900 08:49:37 GMT",
                             "Sun, 00 Nov 1994 08:49:37 GMT",
                             "Sun, 06 Nov 1994 24:49:37 GMT",
                             "Sun, 06 Nov 1994 08:60:37 GMT",
                             "Sun, 06 Nov 1994 08:49:61 GMT",
                             "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT"})
        EXPECT_EQ(parse_http_date(text, {}), std::nullopt) << text;
}

TEST(counted, has_one_thing_in_the_singular) {
    EXPECT_EQ(counted(0, "chat"), "0 chats");
    EXPECT_EQ(counted(1, "chat"), "1 chat");
    EXPECT_EQ(counted(2, "chat"), "2 chats");
    EXPECT_EQ(counted(1, "batch is", "batches are"), "1 batch is");
    EXPECT_EQ(counted(11, "batch is", "batches are"), "11 batches are");
}

TEST(digest, separates_adjacent_fields) {
    EXPECT_EQ(digest_of({"ab", "c"}), digest_of({"ab", "c"}));
    EXPECT_NE(digest_of({"ab", "c"}), digest_of({"a", "bc"}));
    EXPECT_NE(digest_of({"ab"}), digest_of({"ab", ""}));
}

TEST(errors, all_have_a_message_of_their_own) {
    std::set<std::string> seen;
    for (int e = 1; e <= error_count; ++e)
        EXPECT_TRUE(seen.insert(make_error_code(static_cast<error>(e)).message()).second);
    EXPECT_FALSE(seen.contains("unknown error"));
}

TEST(engine_url, is_taken_apart_and_decoded) {
    const auto whole = engine_url::parse("redis://ada:l%40ve%2f@[::1]:7000/3?a=1&b=%20", "redis", 6379);
    EXPECT_EQ(whole.user, "ada");
    EXPECT_EQ(whole.password, "l@ve/");
    EXPECT_EQ(whole.host, "::1");
    EXPECT_EQ(whole.port, 7000);
    EXPECT_EQ(whole.path, "3");
    EXPECT_EQ(whole.parameters, (std::map<std::string, std::string>{{"a", "1"}, {"b", " "}}));
    EXPECT_EQ(engine_url::parse("redis://host", "redis", 6379).port, 6379);
}

TEST(engine_url, that_is_wrong_is_refused_without_its_password) {
    for (const auto* const text : {"", "redis", "http://secret@host", "redis://:secret@", "redis://:secret%2@host",
                                   "redis://host:secret", "redis://host:99999?secret", "redis://host:0?secret"}) {
        try {
            engine_url::parse(text, "redis", 6379);
            ADD_FAILURE() << text;
        } catch (const startup_error& refused) {
            EXPECT_EQ(std::string(refused.what()).find("secret"), std::string::npos) << refused.what();
        }
    }
}

TEST(engine_url, whose_password_ends_too_early_is_refused_without_a_part_of_it) {
    for (const auto* const text :
         {"redis://:12/secret@host", "redis://ada:12/secret@host", "redis://ada:12?secret@host",
          "redis://ada:12#secret@host", "redis://ada:12#secret", "redis://ada:se/cret@host", "redis://ada:se#cret@host",
          "redis://ada:se?cret@host", "redis://ada:12@se/cret@host", "redis://ada:se@cret@host",
          "redis://ada:12@secret:4@host", "redis:ada:secret@host", "redis:/ada:secret@host", "redis:///secret@host",
          "ada:secret@host", "redis//ada:secret@h"}) {
        try {
            engine_url::parse(text, "redis", 6379);
            ADD_FAILURE() << text;
        } catch (const startup_error& refused) {
            for (const auto* const part : {"12", "cret", "ada"})
                EXPECT_EQ(std::string(refused.what()).find(part), std::string::npos) << refused.what();
        }
        EXPECT_EQ(redacted_url(text), "***") << text;
    }
}

TEST(engine_url, is_shown_without_what_is_secret) {
    struct {
        std::string_view written, redacted;
    } const cases[] = {
        {"", ""},
        {"mysql://ada:secret@host:3307/chats", "mysql://ada@host:3307/chats"},
        {"mysql://ada:s%40%2F%23@[::1]/chats?ssl=require", "mysql://ada@[::1]/chats?ssl=require"},
        {"mysql://host/chats?password=secret", "mysql://host/chats?***"},
        {"mysql://ada:secret@host/chats?ssl=require&password=secret", "mysql://ada@host/chats?***"},
        {"mysql://host/chats?ssl=require;password=secret", "mysql://host/chats?***"},
        {"mysql://host/chats?secret", "mysql://host/chats?***"},
        {"redis://:secret@host", "redis://host"},
        {"redis://secret@host", "redis://***@host"},
        {"redis://secret:@host", "redis://***@host"},
        {"http://host:9200/base", "http://host:9200/base"},
        {"http://host:9200/base/confab-1", "http://host:9200/base/confab-1"},
        {"mysql://host/chats;password=secret", "mysql://host/***"},
        {"mysql://host/password=secret", "mysql://host/***"},
        {"redis://ada:12/secret%40host", "***"},
        {"secret", "***"},
        {"secret@host", "***"},
        {"ada:secret@host/chats?ssl=require", "***"},
        {"//ada:secret@host/chats", "***"},
        {"mysql://ada:sec ret@host/chats", "***"},
        {" mysql://ada:secret@host/chats", "***"},
        {"mysql://ada:secret@/chats", "***"},
        {"mysql://ada:secret", "***"},
        {"mysql://ada:%secret@host", "***"},
        {"mysql://ada:secr\xc3\xa9t@host", "***"},
    };
    for (const auto& [written, redacted] : cases) EXPECT_EQ(redacted_url(written), redacted);
    EXPECT_EQ(engine_url::parse("redis://ada:secret@host/3", "redis", 6379).redacted(), "redis://ada@host:6379/3");
    EXPECT_EQ(engine_url::parse("redis://[::1]:43011", "redis", 6379).redacted(), "redis://[::1]:43011");
    EXPECT_EQ(mysql::address::parse("mysql://ada@[::1]/confab").name(), "[::1]:3306/confab");
    EXPECT_EQ(engine_url::parse("redis://:secret@host", "redis", 6379).redacted(), "redis://host:6379");
    EXPECT_EQ(engine_url::parse("redis://secret@host?password=secret", "redis", 6379).redacted(),
              "redis://***@host:6379");
}

TEST(mysql_address, is_an_engine_url_with_a_user_and_a_database) {
    const auto at = mysql::address::parse("mysql://ada:l%40ve@db.test:3307/chat%20s?ssl=require");
    EXPECT_EQ(at.user, "ada");
    EXPECT_EQ(at.password, "l@ve");
    EXPECT_EQ(at.database, "chat s");
    EXPECT_EQ(at.tls, mysql::tls::require);
    EXPECT_EQ(at.name(), "db.test:3307/chat s");
    const auto plain = mysql::address::parse("mysql://ada@[::1]/chats");
    EXPECT_EQ(plain.name(), "[::1]:3306/chats");
    EXPECT_EQ(plain.tls, mysql::tls::enable);
    for (const auto* const text :
         {"mysql://host/chats", "mysql://ada@host", "mysql://ada@host/", "mysql://ada@host/a/b",
          "mysql://ada@host/chats?ssl=maybe", "mysql://ada@host/chats?tls=enable", "postgres://ada@host/chats"})
        EXPECT_THROW(mysql::address::parse(text), startup_error) << text;
}

}  // namespace
}  // namespace confab
