// SPDX-License-Identifier: Apache-2.0
#include "engine/report/advice.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>

namespace keyferry::engine {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string for_deferred(std::string_view code) {
    return std::string(advice_on(JobPhase::deferred, code));
}

TEST(RunAdvice, names_the_quota_of_a_region_without_key_quota) {
    EXPECT_THAT(for_deferred("LimitExceededException"),
                AllOf(HasSubstr("KMS keys per Region"),
                      HasSubstr("the default is 100,000"),
                      HasSubstr("run again")));
}

TEST(RunAdvice, names_the_missing_permissions) {
    EXPECT_THAT(std::string(advice_on(JobPhase::failed, "AccessDeniedException")),
                AllOf(HasSubstr("kms:ReplicateKey on the primary"),
                      HasSubstr("kms:CreateKey, kms:DescribeKey and (for tags) kms:TagResource"),
                      HasSubstr("organization policies"),
                      HasSubstr("key policy"),
                      HasSubstr("run again")));
}

TEST(RunAdvice, distinguishes_credentials_and_server_errors_from_the_network) {
    EXPECT_THAT(for_deferred("ExpiredTokenException"), HasSubstr("credentials"));
    EXPECT_THAT(for_deferred("UnrecognizedClientException"), HasSubstr("Enable the Region"));
    EXPECT_THAT(for_deferred("KMSInternalException"), HasSubstr("server errors"));
}

TEST(RunAdvice, says_what_to_check_when_kms_was_unreachable) {
    EXPECT_THAT(for_deferred("ServiceUnavailable"), HasSubstr("Check the network"));
    EXPECT_THAT(for_deferred("RequestTimeout"), HasSubstr("Check the network"));
}

TEST(RunAdvice, suggests_a_smaller_share_after_persistent_throttling) {
    EXPECT_THAT(for_deferred("ThrottlingException"), HasSubstr("smaller share"));
}

TEST(RunAdvice, suggests_retry_failed_only_for_failed_jobs) {
    for (const char* code : {"LimitExceededException",
                             "AccessDeniedException",
                             "ServiceUnavailable",
                             "ThrottlingException",
                             ""}) {
        EXPECT_EQ(for_deferred(code).find("--retry-failed"), std::string::npos) << code;
    }
    EXPECT_THAT(std::string(advice_on(JobPhase::failed, "AccessDeniedException")),
                HasSubstr("--retry-failed"));
}

TEST(RunAdvice, asks_for_a_new_plan_if_the_saved_plan_is_the_reason) {
    EXPECT_EQ(advice_on(JobPhase::blocked, "not in saved plan"), "Create a new plan and run it.");
    EXPECT_THAT(std::string(advice_on(JobPhase::blocked, "primary disabled")),
                HasSubstr("Fix the cause"));
}

TEST(RunAdvice, is_never_empty) {
    for (const JobPhase phase :
         {JobPhase::failed, JobPhase::conflict, JobPhase::unknown, JobPhase::deferred}) {
        for (const char* code : {"", "TagException", "LimitExceededException", "NewException"}) {
            EXPECT_FALSE(advice_on(phase, code).empty());
        }
    }
}

}  // namespace
}  // namespace keyferry::engine
