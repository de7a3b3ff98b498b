// SPDX-License-Identifier: Apache-2.0
// Tests changes of a key's policy, tags and description.
#include "tests/simulator/model/kms_model_fixture.hpp"
#include "tools/simulator/policy/key_policy.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kPolicy = R"({"Statement":[{"Effect":"Allow",)"
                            R"("Principal":{"AWS":"arn:aws:iam::111122223333:root"},)"
                            R"("Action":"kms:*","Resource":"*"}]})";

class KeyChangesTest : public KmsModelTest {
  protected:
    template <typename Request>
    auto call(const Request& request, std::chrono::nanoseconds when = 0s) {
        return model_.handle(in_virginia(), request, at(when));
    }
    void tag(const std::vector<io::Tag>& tags) {
        const auto handled = call(io::TagResourceRequest(kKeyId, tags));
        result_of(handled);
        EXPECT_EQ(handled.effect.kind, EffectKind::tags_changed);
    }
    std::vector<io::Tag> tags() { return model_.view(primary(), at(0s).now)->tags; }
    std::string policy() { return model_.view(primary(), at(0s).now)->policy; }

    /// The error code of each change of the key; "" if it succeeds.
    std::vector<std::string> refusals() {
        const auto code = [](const Handled<io::EmptyResult>& handled) {
            const auto* refusal = std::get_if<KmsRefusal>(&handled.response);
            return refusal != nullptr ? refusal->wire_code : std::string();
        };
        return {code(call(io::PutKeyPolicyRequest(kKeyId, kPolicy))),
                code(call(io::TagResourceRequest(kKeyId, {io::Tag("a", "b")}))),
                code(call(io::UntagResourceRequest(kKeyId, {"a"}))),
                code(call(io::UpdateKeyDescriptionRequest(kKeyId, "d")))};
    }
};

TEST_F(KeyChangesTest, put_key_policy_replaces_the_policy) {
    const auto handled = call(io::PutKeyPolicyRequest(kKeyId, kPolicy));
    result_of(handled);
    EXPECT_EQ(handled.effect.kind, EffectKind::policy_changed);
    EXPECT_EQ(handled.effect.key_id.text(), kKeyId);
    EXPECT_EQ(handled.effect.region, "us-east-1");
    EXPECT_EQ(result_of(call(io::GetKeyPolicyRequest(kKeyId))).policy, kPolicy);
}

TEST_F(KeyChangesTest, policy_must_allow_further_changes_unless_bypassed) {
    const std::string locked_out = R"({"Statement":[{"Effect":"Allow","Principal":"*",)"
                                   R"("Action":"kms:Decrypt","Resource":"*"}]})";
    io::PutKeyPolicyRequest request(kKeyId, locked_out);
    expect_refusal(call(request),
                   "MalformedPolicyDocumentException",
                   "The new key policy will not allow you to update the key policy in the future.");
    request.bypass_policy_lockout_safety_check = true;
    result_of(call(request));
    EXPECT_EQ(policy(), locked_out);
}

TEST_F(KeyChangesTest, only_policy_name_is_default) {
    io::PutKeyPolicyRequest request(kKeyId, kPolicy);
    request.policy_name = "default";
    result_of(call(request));
    request.policy_name = "other";
    expect_refusal(call(request), "NotFoundException", "No such policy exists");
    request.policy_name = "two words";
    EXPECT_EQ(refusal_of(call(request)).code, io::KmsErrorCode::validation);
}

TEST_F(KeyChangesTest, policy_size_is_limited) {
    const std::string large = kPolicy + std::string(32'768, ' ');
    EXPECT_EQ(refusal_of(call(io::PutKeyPolicyRequest(kKeyId, large))).wire_code,
              "LimitExceededException");
    EXPECT_EQ(refusal_of(call(io::PutKeyPolicyRequest(kKeyId, ""))).code,
              io::KmsErrorCode::validation);
    EXPECT_EQ(refusal_of(call(io::PutKeyPolicyRequest(kKeyId, "no JSON"))).wire_code,
              "MalformedPolicyDocumentException");
}

TEST_F(KeyChangesTest, tag_resource_keeps_existing_tags) {
    tag({io::Tag("team", "cards"), io::Tag("env", "prod")});
    tag({io::Tag("env", "test"), io::Tag("cost", "")});
    EXPECT_THAT(tags(),
                ElementsAre(io::Tag("team", "cards"), io::Tag("env", "test"), io::Tag("cost", "")));
    tag({});
    EXPECT_EQ(tags().size(), 3U);
}

TEST_F(KeyChangesTest, untag_resource_ignores_missing_tags) {
    tag({io::Tag("team", "cards"), io::Tag("env", "prod")});
    const auto handled = call(io::UntagResourceRequest(kKeyId, {"env", "unknown"}));
    result_of(handled);
    EXPECT_EQ(handled.effect.kind, EffectKind::tags_changed);
    EXPECT_THAT(tags(), ElementsAre(io::Tag("team", "cards")));
}

TEST_F(KeyChangesTest, key_has_at_most_50_tags) {
    std::vector<io::Tag> many;
    for (int i = 0; i < 50; ++i) {
        many.emplace_back("key" + std::to_string(i), "");
    }
    tag(many);
    expect_refusal(call(io::TagResourceRequest(kKeyId, {io::Tag("one", "more")})),
                   "TagException",
                   "Too many tags");
    tag({io::Tag("key7", "another value")});
    EXPECT_EQ(tags().size(), 50U);
}

TEST_F(KeyChangesTest, keys_with_tags_generated_by_aws_can_be_tagged) {
    const std::string id = "mrk-00000000000000000000000000000007";
    const io::KeyArn arn(primary().region, primary().account, io::KeyId::parse(id).value());
    SeededKey seeded;
    seeded.tags = {io::Tag("aws:cloudformation:stack-name", "kms")};
    ASSERT_TRUE(model_.add_primary_key(arn, seeded));
    result_of(call(io::TagResourceRequest(id, {io::Tag("team", "cards")})));
    EXPECT_EQ(model_.view(arn, at(0s).now)->tags.size(), 2U);
}

TEST_F(KeyChangesTest, aws_tags_are_reserved) {
    expect_refusal(call(io::TagResourceRequest(kKeyId, {io::Tag("Aws:team", "x")})),
                   "TagException",
                   "Tags beginning with aws: are reserved");
    expect_refusal(call(io::UntagResourceRequest(kKeyId, {"aws:team"})),
                   "TagException",
                   "Tags beginning with aws: are reserved");
    expect_refusal(call(io::TagResourceRequest(kKeyId, {io::Tag("a", "1"), io::Tag("a", "2")})),
                   "TagException",
                   "Duplicate tag keys");
    EXPECT_THAT(tags(), IsEmpty());
}

TEST_F(KeyChangesTest, update_key_description_replaces_the_description) {
    const auto handled = call(io::UpdateKeyDescriptionRequest(kKeyId, "for cards"));
    result_of(handled);
    EXPECT_EQ(handled.effect.kind, EffectKind::description_changed);
    EXPECT_EQ(describe(in_virginia(), 0s).description, "for cards");
    result_of(call(io::UpdateKeyDescriptionRequest(kKeyId, "")));
    EXPECT_EQ(describe(in_virginia(), 0s).description, "");
    EXPECT_EQ(
        refusal_of(call(io::UpdateKeyDescriptionRequest(kKeyId, std::string(8193, 'x')))).code,
        io::KmsErrorCode::validation);
}

TEST_F(KeyChangesTest, replica_attributes_are_independent) {
    result_of(replicate(replicate_to_ireland()));
    const auto in_ireland_now = [&](const auto& request) {
        return model_.handle(in_ireland(), request, at(0s));
    };
    result_of(in_ireland_now(io::TagResourceRequest(kKeyId, {io::Tag("where", "ireland")})));
    result_of(in_ireland_now(io::UpdateKeyDescriptionRequest(kKeyId, "in Ireland")));
    result_of(in_ireland_now(io::PutKeyPolicyRequest(kKeyId, kPolicy)));
    EXPECT_THAT(tags(), IsEmpty());
    EXPECT_EQ(describe(in_virginia(), 0s).description, "");
    EXPECT_EQ(policy(), default_key_policy("111122223333", "aws"));
    EXPECT_EQ(describe(in_ireland(), 0s).key_state, io::KeyState::creating)
        << "changes are allowed in Creating";
}

TEST_F(KeyChangesTest, key_pending_deletion_accepts_only_policy_changes) {
    for (const io::KeyState state :
         {io::KeyState::pending_deletion, io::KeyState::pending_replica_deletion}) {
        model_.set_state(primary(), state);
        EXPECT_THAT(refusals(),
                    ElementsAre("",
                                "KMSInvalidStateException",
                                "KMSInvalidStateException",
                                "KMSInvalidStateException"));
    }
    model_.set_state(primary(), io::KeyState::pending_deletion);
    expect_refusal(call(io::UpdateKeyDescriptionRequest(kKeyId, "d")),
                   "KMSInvalidStateException",
                   std::string(kArn) + " is pending deletion.");
}

TEST_F(KeyChangesTest, all_other_states_allow_changes) {
    for (const io::KeyState state : {io::KeyState::enabled,
                                     io::KeyState::disabled,
                                     io::KeyState::pending_import,
                                     io::KeyState::updating,
                                     io::KeyState::unavailable}) {
        model_.set_state(primary(), state);
        EXPECT_THAT(refusals(), ElementsAre("", "", "", "")) << name_of(state);
    }
}

TEST(KeyChanges, quick_changes_to_one_key_are_throttled) {
    KmsModelSettings settings;
    settings.hot_key_spacing = 1s;
    KmsModel model(settings);
    model.add_primary_key(primary());
    model.add_replica(primary(), ireland());
    const io::UpdateKeyDescriptionRequest request(kKeyId, "d");
    result_of(model.handle(in_virginia(), request, at(0s)));
    EXPECT_EQ(refusal_of(model.handle(in_virginia(), request, at(999ms))).wire_code,
              "ThrottlingException");
    result_of(model.handle(in_ireland(), request, at(999ms)));  // a related key is a separate key
    result_of(model.handle(in_virginia(), request, at(1s)));
}

}  // namespace
}  // namespace keyferry::simulator
