// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/allowed_hosts.hpp"

#include <gtest/gtest.h>

namespace keyferry::simulator {
namespace {

TEST(AllowedHostsTest, contain_addresses_and_localhost) {
    const AllowedHosts hosts;
    for (const char* host : {"127.0.0.1:4566",
                             "127.0.0.1",
                             "[::1]:4566",
                             "[::1]",
                             "10.0.0.7:80",
                             "localhost:4566",
                             "LocalHost",
                             "kms.localhost:80",
                             "localhost.:80",
                             ""}) {
        EXPECT_TRUE(hosts.contains(host)) << host;
    }
}

TEST(AllowedHostsTest, contain_no_other_names) {
    AllowedHosts hosts;
    hosts.add(parse_allowed_host("Simulator").value());
    hosts.add(parse_allowed_host("*.example.com").value());
    hosts.add(parse_allowed_host("[2001:DB8::1]").value());
    EXPECT_TRUE(hosts.contains("simulator:4566"));
    EXPECT_TRUE(hosts.contains("SIMULATOR"));
    EXPECT_TRUE(hosts.contains("simulator.:4566"));
    EXPECT_TRUE(hosts.contains("kms.example.com:443"));
    for (const char* host : {"example.com",
                             "kms.us-east-1.amazonaws.com",
                             "simulator.evil.test",
                             "127.0.0.1.evil.test",
                             "localhost.evil.test",
                             "[evil.test]",
                             "[",
                             ":80"}) {
        EXPECT_FALSE(hosts.contains(host)) << host;
    }
}

TEST(AllowedHostsTest, names_that_no_host_can_have_are_rejected) {
    EXPECT_EQ(parse_allowed_host("[2001:DB8::1]").value(), "2001:db8::1");
    EXPECT_EQ(parse_allowed_host("192.0.2.7").value(), "192.0.2.7");
    for (const char* name : {"",
                             " ",
                             "a..b",
                             "a.",
                             "-a",
                             "a b",
                             "a:99",
                             "http://a",
                             "*",
                             "*.",
                             "a*",
                             "*.*.example.com",
                             "1.2.3",
                             "999.1.1.1",
                             "192.0.2.010",
                             "*.7",
                             "[simulator]",
                             "[::1]:80"}) {
        EXPECT_FALSE(parse_allowed_host(name)) << name;
    }
}

}  // namespace
}  // namespace keyferry::simulator
