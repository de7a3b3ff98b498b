// SPDX-License-Identifier: Apache-2.0
#include "io/names/host_name.hpp"

#include <gtest/gtest.h>

#include <string>

namespace keyferry::io {
namespace {

TEST(HostNameTest, has_labels_of_letters_digits_hyphens_and_underscores) {
    const std::string label(63, 'a');
    for (const std::string& host : {std::string("simulator"),
                                    std::string("kms.us-east-1.amazonaws.com"),
                                    std::string("KMS_1.Example.COM"),
                                    std::string("127.0.0.1"),
                                    std::string("example.com."),
                                    std::string("1.example"),
                                    std::string("0x.example"),
                                    label + ".com"}) {
        EXPECT_TRUE(is_host_name(host)) << host;
    }
}

TEST(HostNameTest, rejects_names_that_cannot_exist) {
    const std::string label(64, 'a');
    std::string too_long = "com";
    while (too_long.size() <= kHostBytesMax) {
        too_long.insert(0, "example.");
    }
    for (const std::string& host : {std::string(),
                                    std::string("."),
                                    std::string("a..b"),
                                    std::string(".a"),
                                    std::string("a.."),
                                    std::string("-a.com"),
                                    std::string("a-.com"),
                                    std::string("a b"),
                                    std::string("a:99"),
                                    std::string("a/b"),
                                    std::string("*.example.com"),
                                    std::string("gr\xc3\xbc\xc3\x9f.example"),
                                    label + ".com",
                                    too_long}) {
        EXPECT_FALSE(is_host_name(host)) << host;
    }
}

TEST(HostNameTest, rejects_other_notations_of_addresses) {
    for (const char* host : {"1",
                             "127.1",
                             "1.2.3",
                             "999.1.1.1",
                             "127.0.0.010",
                             "127.0.0.1.",
                             "0x7f.0.0.0x1",
                             "a.1",
                             "0X7F000001"}) {
        EXPECT_FALSE(is_host_name(host)) << host;
    }
}

}  // namespace
}  // namespace keyferry::io
