// SPDX-License-Identifier: Apache-2.0
#include "io/aws/credentials.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string credentials_problem(std::string_view id,
                                std::string_view secret,
                                std::string_view token) {
    const Parsed<Credentials> made = make_credentials(id, secret, token, "a test");
    return made ? "no problem" : made.error().text;
}

TEST(MakeCredentials, accepts_aws_credentials) {
    EXPECT_EQ(credentials_problem("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""),
              "no problem");
    EXPECT_EQ(credentials_problem("ASIA1234567890123456", "s", "FwoGZXIvYXdzE//w=="), "no problem");
}

TEST(MakeCredentials, rejects_characters_unsafe_in_headers) {
    EXPECT_THAT(credentials_problem("AKID", "secret", "token\r\nX-Evil: 1"),
                HasSubstr("session token"));
    EXPECT_THAT(credentials_problem("AKID # mine", "secret", ""), HasSubstr("access key id"));
    EXPECT_THAT(credentials_problem("AKID/x", "secret", ""),
                HasSubstr("is it the secret access key?"));
    EXPECT_THAT(credentials_problem("AKID", "sec ret", ""), HasSubstr("secret access key"));
    EXPECT_THAT(credentials_problem("AKID", "", ""), HasSubstr("secret access key is empty"));
    EXPECT_THAT(credentials_problem(std::string(129, 'A'), "s", ""), HasSubstr("more than 128"));
}

TEST(MakeCredentials, never_quotes_a_secret) {
    EXPECT_THAT(credentials_problem("AKID", "hunter2 hunter2", ""), Not(HasSubstr("hunter2")));
    EXPECT_THAT(credentials_problem("AKID", "s", "hunter2 x"), Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace keyferry::io
