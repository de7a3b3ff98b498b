// SPDX-License-Identifier: Apache-2.0
#include "io/http/proxy_settings.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>
#include <string_view>

namespace keyferry::io {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const HttpOrigin kKms(true, "kms.eu-west-1.amazonaws.com", 443);

/// Returns "host:port", "direct" or the error.
std::string route_to(const HttpOrigin& origin,
                     std::string_view https_proxy,
                     std::string_view http_proxy = "",
                     std::string_view no_proxy = "") {
    const auto settings = ProxySettings::parse(https_proxy, http_proxy, no_proxy);
    if (!settings) {
        return settings.error().text;
    }
    const ProxyServer* const proxy = settings->for_origin(origin);
    return proxy == nullptr ? "direct" : proxy->text();
}

std::string authorization_of(std::string_view https_proxy) {
    return ProxySettings::parse(https_proxy, "", "").value().for_origin(kKms)->authorization;
}

TEST(ProxySettingsTest, are_empty_if_nothing_is_set) {
    EXPECT_EQ(route_to(kKms, ""), "direct");
    EXPECT_EQ(ProxySettings().for_origin(kKms), nullptr);
}

TEST(ProxySettingsTest, accept_proxy_with_optional_scheme_and_port) {
    EXPECT_EQ(route_to(kKms, "http://proxy.example:3128"), "proxy.example:3128");
    EXPECT_EQ(route_to(kKms, "HTTP://Proxy.Example:3128/"), "proxy.example:3128");
    EXPECT_EQ(route_to(kKms, "proxy.example:3128"), "proxy.example:3128");
    EXPECT_EQ(route_to(kKms, " proxy.example "), "proxy.example:80");
    EXPECT_EQ(route_to(kKms, "http://[fd00::1]:3128"), "[fd00::1]:3128");
    EXPECT_EQ(route_to(kKms, "[fd00::1]"), "[fd00::1]:80");
}

TEST(ProxySettingsTest, depend_on_origin_scheme) {
    EXPECT_EQ(route_to(kKms, "", "http://127.0.0.1:3128"), "direct");
    EXPECT_EQ(route_to(HttpOrigin(false, "localhost", 80), "proxy:1", "http://127.0.0.1:3128"),
              "127.0.0.1:3128");
}

TEST(ProxySettingsTest, do_not_use_remote_proxy_for_plain_http) {
    const HttpOrigin here(false, "127.0.0.1", 8000);
    EXPECT_EQ(route_to(here, "", "http://proxy.example:3128"), "direct");
    EXPECT_EQ(route_to(here, "", "http://10.0.0.1:3128"), "direct");
    EXPECT_EQ(route_to(here, "", "http://[::1]:3128"), "[::1]:3128");
    EXPECT_EQ(route_to(here, "", "localhost:3128"), "localhost:3128");
}

TEST(ProxySettingsTest, create_basic_authorization) {
    EXPECT_EQ(authorization_of("http://Aladdin:open%20sesame@proxy"),
              "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");  // RFC 7617's example
    EXPECT_EQ(authorization_of("http://u:p%40%3A@proxy"), "Basic dTpwQDo=");
    EXPECT_EQ(authorization_of("http://u:p@b@proxy"), "Basic dTpwQGI=");
    EXPECT_EQ(authorization_of("u@proxy"), "Basic dTo=");
    EXPECT_EQ(authorization_of("proxy"), "");
}

TEST(ProxySettingsTest, errors_do_not_contain_password) {
    for (const char* wrong : {"http://u:hunter2@pro xy:1",
                              "http://u:hunter2@proxy:0",
                              "http://u:hunter2@proxy:x",
                              "http://u:hunter2@[::g]:1",
                              "http://u:hunter2@[::1]1",
                              "http://u:hunter2@[::1",
                              "http://u:hunter2@",
                              "http://u:/hunter2@proxy:x",
                              "https://u:hunter2@proxy:1",
                              "socks5://u:hunter2@proxy:1"}) {
        EXPECT_THAT(route_to(kKms, wrong),
                    AllOf(HasSubstr("HTTPS_PROXY: "), Not(HasSubstr("hunter2"))))
            << wrong;
    }
    EXPECT_THAT(route_to(kKms, "", "proxy:x"), HasSubstr("HTTP_PROXY: 'proxy:x'"));
    EXPECT_THAT(route_to(kKms, "socks5://proxy"), HasSubstr("'socks5://' is not supported"));
}

TEST(NoProxy, matches_hosts_and_domains_like_the_aws_cli) {
    for (const char* direct : {"*",
                               "amazonaws.com",
                               ".amazonaws.com",
                               "AMAZONAWS.COM",
                               "kms.eu-west-1.amazonaws.com",
                               "kms.eu-west-1.amazonaws.com:443",
                               "amazonaws.com:443",
                               "example.org, amazonaws.com ,"}) {
        EXPECT_EQ(route_to(kKms, "proxy:1", "", direct), "direct") << direct;
    }
    for (const char* other : {"",
                              ",",
                              "aws.com",
                              "zonaws.com",
                              "amazonaws.com:80",
                              "*.amazonaws.com",
                              "s3.eu-west-1.amazonaws.com",
                              "x.kms.eu-west-1.amazonaws.com"}) {
        EXPECT_EQ(route_to(kKms, "proxy:1", "", other), "proxy:1") << other;
    }
}

TEST(NoProxy, matches_addresses) {
    EXPECT_EQ(route_to(HttpOrigin(true, "10.1.2.3", 443), "proxy:1", "", "10.1.2.3"), "direct");
    EXPECT_EQ(route_to(HttpOrigin(true, "10.1.2.3", 443), "proxy:1", "", "10.0.0.0/8"), "proxy:1");
    EXPECT_EQ(route_to(HttpOrigin(true, "fd00::1", 443), "proxy:1", "", "fd00::1"), "direct");
    EXPECT_EQ(route_to(HttpOrigin(true, "fd00::1", 443), "proxy:1", "", "[fd00::1]"), "direct");
    EXPECT_EQ(route_to(HttpOrigin(true, "fd00::1", 443), "proxy:1", "", "[fd00::1]:443"), "direct");
}

}  // namespace
}  // namespace keyferry::io
