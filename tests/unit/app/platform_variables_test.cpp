#include "app/platform_variables.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace confab::app {
namespace {

// As Kubernetes 1.30 sets them for services, and Docker 27 for `--link`.
TEST(platform_variables, are_recognized_by_their_ending_and_value) {
    for (const std::string prefix : {"CONFAB", "CONFAB_MYSQL", "CONFAB_REDIS", "CONFAB_READ_ONLY_2", "CONFAB_1"}) {
        const std::pair<const char*, const char*> set[] = {{"_SERVICE_HOST", "10.0.0.1"},
                                                           {"_SERVICE_HOST", "fd00::1"},
                                                           {"_SERVICE_PORT", "3306"},
                                                           {"_SERVICE_PORT_MYSQL_TLS", "3306"},
                                                           {"_PORT", "tcp://10.0.0.1:3306"},
                                                           {"_PORT", "udp://[fd00::1]:53"},
                                                           {"_PORT_3306_TCP", "tcp://10.0.0.1:3306"},
                                                           {"_PORT_3306_TCP_PROTO", "tcp"},
                                                           {"_PORT_3306_TCP_PORT", "3306"},
                                                           {"_PORT_3306_TCP_ADDR", "10.0.0.1"},
                                                           {"_PORT_53_UDP", "udp://10.0.0.1:53"},
                                                           {"_PORT_53_UDP_PROTO", "udp"},
                                                           {"_PORT_9_SCTP_PORT", "9"},
                                                           {"_PORT_9_SCTP", "sctp://10.0.0.1:9"},
                                                           {"_PORT_3306_TCP_START", "tcp://10.0.0.1:3306"},
                                                           {"_PORT_3306_TCP_END", "tcp://10.0.0.1:3310"},
                                                           {"_PORT_3306_TCP_PORT_START", "3306"},
                                                           {"_PORT_3306_TCP_PORT_END", "3310"},
                                                           {"_NAME", "/web/confab"},
                                                           {"_ENV_MYSQL_ROOT_PASSWORD", "any #thing"},
                                                           {"_ENV_X", ""},
                                                           {"_ENV_my.var", "1"}};
        for (const auto& [ending, value] : set) {
            const auto name = prefix + ending;
            EXPECT_TRUE(is_set_by_platform(name, value)) << name << "=" << value;
        }
    }
}

TEST(platform_variables, have_no_other_value_or_ending) {
    const std::pair<const char*, const char*> set[] = {{"", ""},
                                                       {"CONFAB", "/web/confab"},
                                                       {"CONFAB_", "/web/confab"},
                                                       {"CONFAB_PORT", "3000"},
                                                       {"CONFAB_PORT", ""},
                                                       {"CONFAB_PORT", "http://10.0.0.1:3000"},
                                                       {"CONFAB_PORT", "tcp://10.0.0.1"},
                                                       {"CONFAB_PORT", "tcp://10.0.0.1:x"},
                                                       {"CONFAB_PORT", "tcp://10.0.0.1:"},
                                                       {"CONFAB_PORT", "tcp:3000"},
                                                       {"CONFAB_MYSQL_PORT", "3306"},
                                                       {"CONFAB_REDIS_HOST", "10.0.0.1"},
                                                       {"CONFAB_NAME", "confab"},
                                                       {"CONFAB_NAME", "/confab"},
                                                       {"CONFAB_ENV", "production"},
                                                       {"CONFAB_ENV_", "production"},
                                                       {"CONFAB_SERVICE_HOST", "confab.test"},
                                                       {"CONFAB_SERVICE_HOST", ""},
                                                       {"CONFAB_service_host", "10.0.0.1"},
                                                       {"CONFABSERVICE_HOST", "10.0.0.1"},
                                                       {"CONFAB_SERVICE_PORT", "http"},
                                                       {"CONFAB_SERVICE_PORT_", "80"},
                                                       {"CONFAB_SERVICE", "10.0.0.1"},
                                                       {"CONFAB_PORT_TCP", "tcp://10.0.0.1:3000"},
                                                       {"CONFAB_PORT__TCP", "tcp://10.0.0.1:3000"},
                                                       {"CONFAB_PORT_3000", "tcp://10.0.0.1:3000"},
                                                       {"CONFAB_PORT_3000_HTTP", "tcp://10.0.0.1:3000"},
                                                       {"CONFAB_PORT_3000_TCP", "3000"},
                                                       {"CONFAB_PORT_3000_tcp", "tcp://10.0.0.1:3000"},
                                                       {"CONFAB_PORT_3000_TCPX", "tcp://10.0.0.1:3000"},
                                                       {"CONFAB_PORT_3000_TCP_PROTO_X", "tcp"},
                                                       {"CONFAB_PORT_3000_TCP_PROTO", "http"},
                                                       {"CONFAB_PORT_3000_TCP_PORT", "x"},
                                                       {"CONFAB_PORT_3000_TCP_ADDR", "host"},
                                                       {"CONFAB_PORT_3000_TCP_HOST", "10.0.0.1"},
                                                       {"CONFAB_MYSQL_FIL", "/run/secrets/mysql"},
                                                       {"CONFAB_LISTEN_FILE", "/run/secrets/listen"}};
    for (const auto& [name, value] : set) {
        EXPECT_FALSE(is_set_by_platform(name, value)) << name << "=" << value;
    }
}

}  // namespace
}  // namespace confab::app
