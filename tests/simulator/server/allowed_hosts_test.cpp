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
                             ""}) {
        EXPECT_TRUE(hosts.contains(host)) << host;
    }
}

TEST(AllowedHostsTest, contain_no_other_names) {
    AllowedHosts hosts;
    hosts.add("simulator");
    hosts.add("*.example.com");
    EXPECT_TRUE(hosts.contains("simulator:4566"));
    EXPECT_TRUE(hosts.contains("SIMULATOR"));
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

}  // namespace
}  // namespace keyferry::simulator
