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

TEST(RunAdvice, names_the_quota_of_a_region_that_has_no_room_for_keys) {
    EXPECT_THAT(for_deferred("LimitExceededException"),
                AllOf(HasSubstr("KMS keys per Region"),
                      HasSubstr("Service Quotas, AWS Key Management Service, default 100,000"),
                      HasSubstr("run again")));
}

TEST(RunAdvice, names_the_permissions_that_a_region_wants) {
    EXPECT_THAT(for_deferred("AccessDeniedException"),
                AllOf(HasSubstr("kms:ReplicateKey on the primaries"),
                      HasSubstr("kms:CreateKey (with tags: kms:TagResource)"),
                      HasSubstr("service control policies"),
                      HasSubstr("key policies"),
                      HasSubstr("run again")));
}

TEST(RunAdvice, says_where_to_look_when_kms_was_out_of_reach) {
    EXPECT_THAT(for_deferred("ServiceUnavailable"), HasSubstr("check the network"));
    EXPECT_THAT(for_deferred("RequestTimeout"), HasSubstr("check the network"));
}

TEST(RunAdvice, asks_for_less_where_kms_throttled_to_the_end) {
    EXPECT_THAT(for_deferred("ThrottlingException"), HasSubstr("smaller share"));
}

TEST(RunAdvice, asks_for_retry_failed_only_where_jobs_have_failed) {
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
