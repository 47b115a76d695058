#include "app/listen_address.hpp"

#include <gtest/gtest.h>

#include "app/options.hpp"

namespace confab::app {
namespace {

// Each address with its known properties.
std::string addresses(const std::string& text) {
    std::string all;
    for (const auto& a : listen_address::parse(text)) {
        all += (all.empty() ? "" : ", ") + a.host + " " + std::to_string(a.port);
        all += a.is_loopback ? " loopback" : "";
        all += a.is_of_localhost ? " of localhost" : "";
    }
    return all;
}

TEST(listen_address, is_an_ip_address_and_a_port) {
    EXPECT_EQ(addresses("127.0.0.1:0"), "127.0.0.1 0 loopback");
    EXPECT_EQ(addresses("[::1]:3000"), "::1 3000 loopback");
    EXPECT_EQ(addresses("[0:0::1]:3000"), "::1 3000 loopback");
    EXPECT_EQ(addresses("0.0.0.0:65535"), "0.0.0.0 65535");
    for (const auto* text :
         {"", "3000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "host:1", ":3000"})
        EXPECT_THROW(listen_address::parse(text), usage_error) << text;
    for (const auto* port : {"000001", "-1", "+1", "1x", "1.0", "65536", "99999"})
        EXPECT_THROW(listen_address::parse("127.0.0.1:" + std::string(port)), usage_error) << port;
    for (const auto* host : {"[]", "[::1", "::1]", "[[::1]]", "[localhost]", "Localhost", "256.0.0.1", "[::g]", "::1",
                             "2001:db8::1", "[127.0.0.1]"})
        EXPECT_THROW(listen_address::parse(std::string(host) + ":1"), usage_error) << host;
}

TEST(listen_address, can_be_several) {
    EXPECT_EQ(addresses("localhost:3000"), "127.0.0.1 3000 loopback of localhost, ::1 3000 loopback of localhost");
    EXPECT_EQ(addresses("127.0.0.1:1,[::]:2"), "127.0.0.1 1 loopback, :: 2");
    EXPECT_EQ(addresses("127.0.0.1:1 , 127.0.0.1:2"), "127.0.0.1 1 loopback, 127.0.0.1 2 loopback");
    for (const auto* text : {",", "127.0.0.1:1,", ",127.0.0.1:1", "127.0.0.1:1,,[::1]:1", "127.0.0.1:1 [::1]:1"})
        EXPECT_THROW(listen_address::parse(text), usage_error) << text;
    for (const auto* twice : {"127.0.0.1:1,127.0.0.1:1", "localhost:1,[::1]:1", "[::1]:0,[0::1]:0"})
        EXPECT_THROW(listen_address::parse(twice), usage_error) << twice;
}

TEST(listen_address, outside_of_loopback_requires_auth_open) {
    const auto outside = listen_address::parse("0.0.0.0:3000"), inside = listen_address::parse("127.0.0.1:3000");
    EXPECT_THROW(require_protected(outside, ""), usage_error);
    EXPECT_THROW(require_protected(inside, "closed"), usage_error);
    EXPECT_NO_THROW(require_protected(outside, "open"));
    EXPECT_NO_THROW(require_protected(inside, ""));
    EXPECT_THROW(require_protected(listen_address::parse("127.0.0.1:1,[::]:1"), ""), usage_error);
    EXPECT_NO_THROW(require_protected(listen_address::parse("localhost:1,127.0.0.2:1"), ""));
}

std::string refusal(const std::vector<listen_address>& where, const std::string& auth = "") {
    try {
        require_protected(where, auth);
    } catch (const usage_error& cause) {
        return cause.what();
    }
    return "";
}

TEST(listen_address, that_is_refused_is_named) {
    EXPECT_NE(refusal(listen_address::parse("127.0.0.1:1,192.0.2.7:1,0.0.0.0:2")).find("listening on 192.0.2.7 "),
              std::string::npos);
    EXPECT_NE(refusal(listen_address::parse("127.0.0.1:1"), "Open").find("--auth is 'Open'"), std::string::npos);
    EXPECT_EQ(refusal({}), "");
    try {
        listen_address::parse("127.0.0.1:1, host:2 ");
        ADD_FAILURE();
    } catch (const usage_error& cause) {
        EXPECT_EQ(std::string(cause.what()).find("--listen is 'host:2'"), 0U) << cause.what();
    }
}

}  // namespace
}  // namespace confab::app
