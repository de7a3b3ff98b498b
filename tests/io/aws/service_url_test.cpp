// SPDX-License-Identifier: Apache-2.0
#include "io/aws/service_url.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;

std::string read(std::string_view url) {
    const Parsed<ServiceUrl> parsed = ServiceUrl::parse(url);
    return parsed ? parsed->url() : parsed.error().text;
}

TEST(ServiceUrl, accepts_https_for_any_host) {
    EXPECT_EQ(read("https://agent.example/creds?id=1"), "https://agent.example/creds?id=1");
    EXPECT_EQ(read("https://agent.example:8443"), "https://agent.example:8443/");
}

TEST(ServiceUrl, accepts_http_only_for_local_aws_services) {
    for (const char* url : {"http://127.0.0.1:80/a",
                            "http://localhost/a",
                            "http://[::1]:9/a",
                            "http://169.254.170.2/a",
                            "http://169.254.170.23/v1/credentials",
                            "http://[fd00:ec2::23]/v1/credentials",
                            "http://169.254.169.254/"}) {
        EXPECT_THAT(read(url), HasSubstr("http://")) << url;
        EXPECT_TRUE(ServiceUrl::parse(url)) << url;
    }
    for (const char* url : {"http://192.0.2.1/a",
                            "http://169.254.170.2.example/a",
                            "http://169.254.170.3/a",
                            "http://agent.example/a"}) {
        EXPECT_THAT(read(url), HasSubstr("plain http is allowed only for loopback")) << url;
    }
}

TEST(ServiceUrl, keeps_explicit_port) {
    EXPECT_EQ(ServiceUrl::parse("http://169.254.170.23/a")->endpoint.port, 80);
    EXPECT_EQ(ServiceUrl::parse("http://169.254.170.23:443/a")->endpoint.port, 443);
    EXPECT_EQ(ServiceUrl::parse("http://[fd00:ec2::23]/a")->endpoint.port, 80);
    EXPECT_EQ(ServiceUrl::parse("http://[fd00:ec2::23]:8080/a")->endpoint.port, 8080);
}

TEST(ServiceUrl, rejects_characters_that_end_a_request_line) {
    EXPECT_THAT(read("http://127.0.0.1/a b"), HasSubstr("without spaces"));
    EXPECT_THAT(read("http://127.0.0.1/a\r\nX: y"), HasSubstr("without spaces"));
    EXPECT_THAT(read("http://127.0.0.1/#a"), HasSubstr("without spaces"));
    EXPECT_THAT(read("ftp://127.0.0.1/"), HasSubstr("https://"));
    EXPECT_THAT(read("http://u:p@169.254.170.2/"), HasSubstr("user name"));
}

}  // namespace
}  // namespace keyferry::io
