// SPDX-License-Identifier: Apache-2.0
// Tests eventual consistency: reads that return outdated state.
#include "tests/simulator/model/kms_model_fixture.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <string>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;

class StaleReadsTest : public testing::Test {
  protected:
    StaleReadsTest() { model_.add_primary_key(primary()); }

    static KmsModelSettings settings() {
        KmsModelSettings settings;
        settings.stale = DurationRange{10s, 10s};
        settings.creating = DurationRange{1s, 1s};
        return settings;
    }
    template <typename Request>
    auto call(const Request& request,
              std::chrono::nanoseconds when,
              const io::AccountRegion& place = in_virginia()) {
        return model_.handle(place, request, at(when));
    }
    std::string description(std::chrono::nanoseconds when) {
        return *result_of(call(io::DescribeKeyRequest(kKeyId), when)).key_metadata.description;
    }

    KmsModel model_{settings()};
};

TEST_F(StaleReadsTest, change_becomes_visible_after_a_delay) {
    result_of(call(io::UpdateKeyDescriptionRequest(kKeyId, "new"), 0s));
    EXPECT_EQ(description(9s), "");
    EXPECT_EQ(description(10s), "new");
}

TEST_F(StaleReadsTest, changes_use_the_current_state) {
    result_of(call(io::TagResourceRequest(kKeyId, {io::Tag("a", "1")}), 0s));
    result_of(call(io::TagResourceRequest(kKeyId, {io::Tag("b", "2")}), 1s));
    EXPECT_TRUE(result_of(call(io::ListResourceTagsRequest(kKeyId), 2s)).tags.empty());
    EXPECT_EQ(result_of(call(io::ListResourceTagsRequest(kKeyId), 10s)).tags.size(), 2U);
}

TEST_F(StaleReadsTest, new_replica_is_not_visible_immediately) {
    result_of(call(io::ReplicateKeyRequest(kKeyId, "eu-west-1"), 0s));
    EXPECT_EQ(refusal_of(call(io::DescribeKeyRequest(kKeyId), 9s, in_ireland())).wire_code,
              "NotFoundException");
    EXPECT_TRUE(result_of(call(io::ListKeysRequest(), 9s, in_ireland())).keys.empty());
    EXPECT_EQ(refusal_of(call(io::ReplicateKeyRequest(kKeyId, "eu-west-1"), 9s)).wire_code,
              "AlreadyExistsException")
        << "but the replica exists";
    EXPECT_EQ(
        result_of(call(io::DescribeKeyRequest(kKeyId), 10s, in_ireland())).key_metadata.key_state,
        io::KeyState::enabled);
}

TEST_F(StaleReadsTest, new_alias_is_not_visible_immediately) {
    result_of(call(io::CreateAliasRequest("alias/orders", kKeyId), 0s));
    EXPECT_EQ(refusal_of(call(io::DescribeKeyRequest("alias/orders"), 9s)).wire_code,
              "NotFoundException");
    EXPECT_TRUE(result_of(call(io::ListAliasesRequest(), 9s)).aliases.empty());
    EXPECT_EQ(refusal_of(call(io::CreateAliasRequest("alias/orders", kKeyId), 9s)).wire_code,
              "AlreadyExistsException");
    EXPECT_EQ(result_of(call(io::ListAliasesRequest(), 10s)).aliases.size(), 1U);
}

}  // namespace
}  // namespace keyferry::simulator
