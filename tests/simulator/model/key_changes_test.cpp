// What KMS does when a key's policy, tags or description are to change.
#include "tests/simulator/model/kms_model_fixture.hpp"
#include "tools/simulator/model/key_policy.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace keyferry {
namespace {

using namespace std::chrono_literals;
using namespace example;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kKeyId{kKeyIdText};
const std::string kPolicy = R"({"Statement":[{"Effect":"Allow",)"
                            R"("Principal":{"AWS":"arn:aws:iam::111122223333:root"},)"
                            R"("Action":"kms:*","Resource":"*"}]})";

class KeyChangesTest : public KmsModelTest {
  protected:
    template <typename Request>
    auto call(const Request& request, std::chrono::nanoseconds when = 0s) {
        return model_.handle(in_virginia(), request, at(when));
    }
    void tag(const std::vector<Tag>& tags) {
        const auto handled = call(TagResourceRequest(kKeyId, tags));
        result_of(handled);
        EXPECT_EQ(handled.effect.kind, EffectKind::tags_changed);
    }
    std::vector<Tag> tags() { return model_.view(primary(), at(0s).now)->tags; }
    std::string policy() { return model_.view(primary(), at(0s).now)->policy; }

    /// How each change of the key is refused, by its code; "" where it is not.
    std::vector<std::string> refusals() {
        const auto code = [](const Handled<EmptyResult>& handled) {
            const auto* refusal = std::get_if<KmsRefusal>(&handled.answer);
            return refusal != nullptr ? refusal->wire_code : std::string();
        };
        return {code(call(PutKeyPolicyRequest(kKeyId, kPolicy))),
                code(call(TagResourceRequest(kKeyId, {Tag("a", "b")}))),
                code(call(UntagResourceRequest(kKeyId, {"a"}))),
                code(call(UpdateKeyDescriptionRequest(kKeyId, "d")))};
    }
};

TEST_F(KeyChangesTest, APolicyTakesThePlaceOfTheOneBefore) {
    const auto handled = call(PutKeyPolicyRequest(kKeyId, kPolicy));
    result_of(handled);
    EXPECT_EQ(handled.effect.kind, EffectKind::policy_changed);
    EXPECT_EQ(handled.effect.key_id.text(), kKeyId);
    EXPECT_EQ(handled.effect.region, "us-east-1");
    EXPECT_EQ(result_of(call(GetKeyPolicyRequest(kKeyId))).policy, kPolicy);
}

TEST_F(KeyChangesTest, APolicyMustLetSomebodyChangeItAgainUnlessToldOtherwise) {
    const std::string locked_out = R"({"Statement":[{"Effect":"Allow","Principal":"*",)"
                                   R"("Action":"kms:Decrypt","Resource":"*"}]})";
    PutKeyPolicyRequest request(kKeyId, locked_out);
    expect_refusal(call(request),
                   "MalformedPolicyDocumentException",
                   "The new key policy will not allow you to update the key policy in the future.");
    request.bypass_policy_lockout_safety_check = true;
    result_of(call(request));
    EXPECT_EQ(policy(), locked_out);
}

TEST_F(KeyChangesTest, ThereIsOnePolicyAndItsNameIsDefault) {
    PutKeyPolicyRequest request(kKeyId, kPolicy);
    request.policy_name = "default";
    result_of(call(request));
    request.policy_name = "other";
    expect_refusal(call(request), "NotFoundException", "No such policy exists");
    request.policy_name = "two words";
    EXPECT_EQ(refusal_of(call(request)).code, KmsErrorCode::validation);
}

TEST_F(KeyChangesTest, APolicyHasLimits) {
    const std::string large = kPolicy + std::string(32'768, ' ');
    EXPECT_EQ(refusal_of(call(PutKeyPolicyRequest(kKeyId, large))).wire_code,
              "LimitExceededException");
    EXPECT_EQ(refusal_of(call(PutKeyPolicyRequest(kKeyId, ""))).code, KmsErrorCode::validation);
    EXPECT_EQ(refusal_of(call(PutKeyPolicyRequest(kKeyId, "no JSON"))).wire_code,
              "MalformedPolicyDocumentException");
}

TEST_F(KeyChangesTest, TagsAreAddedToThoseThatAreThere) {
    tag({Tag("team", "cards"), Tag("env", "prod")});
    tag({Tag("env", "test"), Tag("cost", "")});
    EXPECT_THAT(tags(), ElementsAre(Tag("team", "cards"), Tag("env", "test"), Tag("cost", "")));
    tag({});
    EXPECT_EQ(tags().size(), 3U);
}

TEST_F(KeyChangesTest, TagsAreTakenAwayWhetherTheyAreThereOrNot) {
    tag({Tag("team", "cards"), Tag("env", "prod")});
    const auto handled = call(UntagResourceRequest(kKeyId, {"env", "unknown"}));
    result_of(handled);
    EXPECT_EQ(handled.effect.kind, EffectKind::tags_changed);
    EXPECT_THAT(tags(), ElementsAre(Tag("team", "cards")));
}

TEST_F(KeyChangesTest, AKeyHas50TagsAtMost) {
    std::vector<Tag> many;
    for (int i = 0; i < 50; ++i) {
        many.emplace_back("key" + std::to_string(i), "");
    }
    tag(many);
    expect_refusal(
        call(TagResourceRequest(kKeyId, {Tag("one", "more")})), "TagException", "Too many tags");
    tag({Tag("key7", "another value")});
    EXPECT_EQ(tags().size(), 50U);
}

TEST_F(KeyChangesTest, TagsOfAwsAreReserved) {
    expect_refusal(call(TagResourceRequest(kKeyId, {Tag("Aws:team", "x")})),
                   "TagException",
                   "Tags beginning with aws: are reserved");
    expect_refusal(call(UntagResourceRequest(kKeyId, {"aws:team"})),
                   "TagException",
                   "Tags beginning with aws: are reserved");
    expect_refusal(call(TagResourceRequest(kKeyId, {Tag("a", "1"), Tag("a", "2")})),
                   "TagException",
                   "Duplicate tag keys");
    EXPECT_THAT(tags(), IsEmpty());
}

TEST_F(KeyChangesTest, ADescriptionIsReplaced) {
    const auto handled = call(UpdateKeyDescriptionRequest(kKeyId, "for cards"));
    result_of(handled);
    EXPECT_EQ(handled.effect.kind, EffectKind::description_changed);
    EXPECT_EQ(describe(in_virginia(), 0s).description, "for cards");
    result_of(call(UpdateKeyDescriptionRequest(kKeyId, "")));
    EXPECT_EQ(describe(in_virginia(), 0s).description, "");
    EXPECT_EQ(refusal_of(call(UpdateKeyDescriptionRequest(kKeyId, std::string(8193, 'x')))).code,
              KmsErrorCode::validation);
}

TEST_F(KeyChangesTest, WhatBelongsToAReplicaIsItsOwn) {
    result_of(replicate(replicate_to_ireland()));
    const auto in_ireland_now = [&](const auto& request) {
        return model_.handle(in_ireland(), request, at(0s));
    };
    result_of(in_ireland_now(TagResourceRequest(kKeyId, {Tag("where", "ireland")})));
    result_of(in_ireland_now(UpdateKeyDescriptionRequest(kKeyId, "in Ireland")));
    result_of(in_ireland_now(PutKeyPolicyRequest(kKeyId, kPolicy)));
    EXPECT_THAT(tags(), IsEmpty());
    EXPECT_EQ(describe(in_virginia(), 0s).description, "");
    EXPECT_EQ(policy(), default_key_policy("111122223333", "aws"));
    EXPECT_EQ(describe(in_ireland(), 0s).key_state, KeyState::creating) << "and may change then";
}

TEST_F(KeyChangesTest, AKeyThatIsToBeDeletedTakesAPolicyAndNothingElse) {
    for (const KeyState state : {KeyState::pending_deletion, KeyState::pending_replica_deletion}) {
        model_.set_state(primary(), state);
        EXPECT_THAT(refusals(),
                    ElementsAre("",
                                "KMSInvalidStateException",
                                "KMSInvalidStateException",
                                "KMSInvalidStateException"));
    }
    model_.set_state(primary(), KeyState::pending_deletion);
    expect_refusal(call(UpdateKeyDescriptionRequest(kKeyId, "d")),
                   "KMSInvalidStateException",
                   std::string(kArn) + " is pending deletion.");
}

TEST_F(KeyChangesTest, AllOtherStatesAllowThem) {
    for (const KeyState state : {KeyState::enabled,
                                 KeyState::disabled,
                                 KeyState::pending_import,
                                 KeyState::updating,
                                 KeyState::unavailable}) {
        model_.set_state(primary(), state);
        EXPECT_THAT(refusals(), ElementsAre("", "", "", "")) << name_of(state);
    }
}

TEST(KeyChanges, OfOneKeyInQuickSuccessionAreThrottled) {
    KmsModelSettings settings;
    settings.hot_key_spacing = 1s;
    KmsModel model(settings);
    model.add_primary_key(primary());
    model.add_replica(primary(), ireland());
    const UpdateKeyDescriptionRequest request(kKeyId, "d");
    result_of(model.handle(in_virginia(), request, at(0s)));
    EXPECT_EQ(refusal_of(model.handle(in_virginia(), request, at(999ms))).wire_code,
              "ThrottlingException");
    result_of(model.handle(in_ireland(), request, at(999ms)));  // a related key is another one
    result_of(model.handle(in_virginia(), request, at(1s)));
}

}  // namespace
}  // namespace keyferry
