// SPDX-License-Identifier: Apache-2.0
// Sends the policy of every case in tests/policy_cases/key_policies.json to the model.
#include "tests/simulator/support/example_keys.hpp"
#include "tests/support/source_tree.hpp"
#include "tools/simulator/model/kms_model.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;

boost::json::array policy_cases() {
    std::ifstream file(test::source_path("tests/policy_cases/key_policies.json"));
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return boost::json::parse(text).as_array();
}

std::string text_of(const boost::json::value& policy) {
    return policy.is_string() ? std::string(policy.get_string().c_str())
                              : boost::json::serialize(policy);
}

template <typename Result>
std::string verdict_of(const Handled<Result>& handled) {
    const auto* refusal = std::get_if<KmsRefusal>(&handled.response);
    if (refusal == nullptr) {
        return "accepted";
    }
    EXPECT_EQ(refusal->wire_code, "MalformedPolicyDocumentException") << refusal->message;
    return refusal->message;
}

TEST(KeyPolicyCasesTest, each_operation_gives_the_recorded_verdict) {
    const boost::json::array cases = policy_cases();
    EXPECT_GT(cases.size(), 80U);
    for (const boost::json::value& each : cases) {
        const auto& object = each.as_object();
        const std::string wanted = object.at("kms").as_string().c_str();
        const std::string name = object.at("case").as_string().c_str();
        const bool bypass = object.contains("bypass");
        const std::string policy = text_of(object.at("policy"));
        KmsModel model{KmsModelSettings{}};
        model.add_primary_key(primary());
        io::CreateKeyRequest create;
        create.policy = policy;
        create.bypass_policy_lockout_safety_check = bypass;
        EXPECT_EQ(verdict_of(model.handle(in_virginia(), create, at(0s))), wanted) << name;
        io::ReplicateKeyRequest replicate = replicate_to_ireland();
        replicate.policy = policy;
        replicate.bypass_policy_lockout_safety_check = bypass;
        EXPECT_EQ(verdict_of(model.handle(in_virginia(), replicate, at(0s))), wanted) << name;
        io::PutKeyPolicyRequest put{std::string(kKeyIdText), policy};
        put.bypass_policy_lockout_safety_check = bypass;
        EXPECT_EQ(verdict_of(model.handle(in_virginia(), put, at(0s))), wanted) << name;
    }
}

}  // namespace
}  // namespace keyferry::simulator
