// SPDX-License-Identifier: Apache-2.0
#include "io/aws/endpoint.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string url_problem_text(std::string_view url) {
    const Parsed<Endpoint> endpoint = Endpoint::parse(url);
    return endpoint ? "no problem" : endpoint.error().text;
}

TEST(EndpointParse, has_default_port_and_path) {
    EXPECT_EQ(*Endpoint::parse("https://kms.eu-west-1.amazonaws.com"),
              Endpoint(true, "kms.eu-west-1.amazonaws.com", 443, "/"));
    EXPECT_EQ(*Endpoint::parse("http://localhost"), Endpoint(false, "localhost", 80, "/"));
}

TEST(EndpointParse, keeps_port_and_path_prefix) {
    EXPECT_EQ(*Endpoint::parse("HTTPS://Proxy.Example:8443/kms"),
              Endpoint(true, "proxy.example", 8443, "/kms"));
}

TEST(EndpointParse, accepts_ipv6_addresses_in_brackets) {
    const Endpoint endpoint = Endpoint::parse("http://[::1]:4566/").value();
    EXPECT_EQ(endpoint, Endpoint(false, "::1", 4566, "/"));
    EXPECT_EQ(endpoint.host_header(), "[::1]:4566");
    EXPECT_EQ(endpoint.url(), "http://[::1]:4566/");
}

TEST(EndpointParse, rejects_plain_http_except_for_loopback) {
    for (const char* url : {"http://127.0.0.1:1",
                            "http://127.8.9.1",
                            "http://[::1]",
                            "http://localhost:4566",
                            "http://LOCALHOST"}) {
        EXPECT_TRUE(Endpoint::parse(url)) << url;
    }
    for (const char* url : {"http://kms.us-east-1.amazonaws.com",
                            "http://128.0.0.1",
                            "http://127.0.0.1.example",
                            "http://[fd00::1]",
                            "http://localhost.example",
                            "http://10.0.0.1:4566"}) {
        EXPECT_THAT(url_problem_text(url), HasSubstr("plain http is allowed for loopback only"))
            << url;
    }
}

TEST(EndpointParse, names_invalid_part) {
    const std::pair<const char*, const char*> cases[] = {
        {"", "must begin with https://"},
        {"kms.us-east-1.amazonaws.com", "must begin with https://"},
        {"ftp://kms", "must begin with https://"},
        {"https://", "the host is not a valid host name"},
        {"https://a b/", "the host is not a valid host name"},
        {"https://[::g]/", "not an IPv6 address"},
        {"https://[::1", "not an IPv6 address"},
        {"https://[::1]x", "not an IPv6 address"},
        {"https://host:0", "the port"},
        {"https://host:65536", "the port"},
        {"https://host:", "the port"},
        {"https://host:8x", "the port"},
        {"https://host/a?b=c", "cannot have a query"},
        {"https://host/#top", "cannot have a query"},
        {"https://host/a%20b", "its path"},
        {"https://host/a\r\nX: y", "its path"},
    };
    for (const auto& [url, expected] : cases) {
        EXPECT_THAT(url_problem_text(url), HasSubstr(expected)) << url;
    }
}

TEST(EndpointParse, rejects_user_name_without_quoting_password) {
    EXPECT_THAT(url_problem_text("https://user:hunter2@host/"), HasSubstr("user name"));
    EXPECT_THAT(url_problem_text("https://user:hunter2@host/"), Not(HasSubstr("hunter2")));
}

TEST(EndpointParse, limits_length) {
    EXPECT_THAT(url_problem_text("https://host/" + std::string(kUrlBytesMax, 'a')),
                HasSubstr("more than 2048"));
}

TEST(HostHeader, omits_default_port) {
    EXPECT_EQ(Endpoint(true, "host", 443, "/").host_header(), "host");
    EXPECT_EQ(Endpoint(true, "host", 80, "/").host_header(), "host:80");
    EXPECT_EQ(Endpoint(false, "localhost", 80, "/").host_header(), "localhost");
}

}  // namespace
}  // namespace keyferry::io
