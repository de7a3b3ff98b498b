// SPDX-License-Identifier: Apache-2.0
// Tests temporary credentials and access tokens: how many there can be, and how they are saved.
#include "tools/simulator/access/callers.hpp"

#include "tests/simulator/support/example_keys.hpp"
#include "tests/simulator/support/signed_request.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <gmock/gmock.h>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kManaged = "arn:aws:iam::111122223333:policy/read";

SimulatorIdentity temporary(std::string id, std::chrono::nanoseconds expires_at) {
    SimulatorIdentity identity(std::move(id), io::Secret("secret"), account());
    identity.session_token = io::Secret("token");
    identity.name = "assumed-role/path/deployer/me";
    identity.expires_at = at(expires_at).wall;
    return identity;
}

/// Signs a request with temporary credentials. Returns the caller, or nullptr if it is rejected.
const SimulatorIdentity* caller_with(Callers& callers,
                                     const std::string& id,
                                     std::chrono::nanoseconds when) {
    SignedRequest request("ListKeys", "{}", at(when).wall);
    request.access_key_id = id;
    request.secret = "secret";
    request.session_token = "token";
    request.sign();
    const auto found = callers.authenticate(request.request(), "kms", at(when));
    const auto* caller = std::get_if<Callers::Caller>(&found);
    return caller != nullptr ? caller->identity : nullptr;
}

std::vector<std::string> changes(Callers& callers) {
    std::vector<std::string> records;
    callers.save_changes([&](const std::string& record) { records.push_back(record); });
    return records;
}

PolicyDocument read_policy() {
    constexpr std::string_view kText =
        R"({"Statement":{"Effect":"Allow","Action":"kms:Get*","Resource":"*"}})";
    return parse_policy(kText, PolicyKind::identity).value();
}

/// A second run with the same identities file.
struct Restarted {
    Restarted() {
        callers.add(SimulatorRole{account(), "path/deployer", "", ""});
        callers.add_managed_policy(kManaged, read_policy());
    }
    void load(const std::vector<std::string>& records) {
        for (const std::string& record : records) {
            const auto problem = callers.load_record(boost::json::parse(record).as_object());
            EXPECT_FALSE(problem) << problem->text << ": " << record;
        }
    }
    Callers callers;
};

TEST(CallersTest, temporary_credentials_that_have_not_expired_are_never_removed) {
    Callers callers;
    ASSERT_TRUE(callers.add_temporary(temporary("ASIAFIRST", 3h), at(0s).wall));
    for (std::size_t i = 1; i < Callers::kTemporaryMax; ++i) {
        ASSERT_TRUE(callers.add_temporary(temporary(std::to_string(i), 1h), at(0s).wall));
    }
    EXPECT_FALSE(callers.add_temporary(temporary("ASIALATE", 2h), at(59min).wall));
    EXPECT_NE(caller_with(callers, "ASIAFIRST", 59min), nullptr);
    EXPECT_TRUE(callers.add_temporary(temporary("ASIALATE", 2h), at(1h).wall))
        << "the others have expired";
    EXPECT_NE(caller_with(callers, "ASIAFIRST", 1h), nullptr);
    EXPECT_NE(caller_with(callers, "ASIALATE", 1h), nullptr);
}

TEST(CallersTest, temporary_credentials_survive_a_restart) {
    Restarted before;
    before.callers.record_changes();
    SimulatorIdentity identity = temporary("ASIAFIRST", 1h);
    identity.session_policy_sources.arns = {kManaged};
    ASSERT_TRUE(before.callers.add_temporary(std::move(identity), at(0s).wall));
    const std::vector<std::string> records = changes(before.callers);
    EXPECT_THAT(records, SizeIs(1));
    EXPECT_THAT(changes(before.callers), IsEmpty());
    Restarted after;
    after.load(records);
    const SimulatorIdentity* caller = caller_with(after.callers, "ASIAFIRST", 59min);
    ASSERT_NE(caller, nullptr);
    EXPECT_EQ(caller->name, "assumed-role/path/deployer/me");
    ASSERT_NE(caller->session_policies, nullptr);
    EXPECT_THAT(*caller->session_policies, SizeIs(1));
    EXPECT_EQ(caller_with(after.callers, "ASIAFIRST", 1h), nullptr) << "expired";
    std::vector<std::string> again;
    const auto keep = [&](const std::string& record) {
        again.push_back(record);
    };
    after.callers.save(at(59min).wall, keep);
    EXPECT_EQ(again, records);
    again.clear();
    after.callers.save(at(1h).wall, keep);
    EXPECT_THAT(again, IsEmpty()) << "expired credentials are not saved";
}

TEST(CallersTest, credentials_of_a_role_or_policy_that_is_not_defined_anymore_are_not_valid) {
    Restarted before;
    before.callers.record_changes();
    SimulatorIdentity identity = temporary("ASIAFIRST", 1h);
    identity.session_policy_sources.arns = {kManaged};
    ASSERT_TRUE(before.callers.add_temporary(std::move(identity), at(0s).wall));
    const std::string record = changes(before.callers).at(0);
    Callers without_role;
    without_role.add_managed_policy(kManaged, read_policy());
    EXPECT_FALSE(without_role.load_record(boost::json::parse(record).as_object()));
    EXPECT_EQ(caller_with(without_role, "ASIAFIRST", 1s), nullptr);
    Callers without_policy;
    without_policy.add(SimulatorRole{account(), "path/deployer", "", ""});
    EXPECT_FALSE(without_policy.load_record(boost::json::parse(record).as_object()));
    EXPECT_EQ(caller_with(without_policy, "ASIAFIRST", 1s), nullptr);
}

TEST(CallersTest, first_uses_of_access_tokens_survive_a_restart) {
    Restarted before;
    before.callers.record_changes();
    EXPECT_TRUE(before.callers.is_valid_token("from-a-browser", at(0s).wall));
    EXPECT_TRUE(before.callers.is_valid_token("from-a-browser", at(1s).wall));
    const std::vector<std::string> records = changes(before.callers);
    EXPECT_THAT(records, SizeIs(1));
    EXPECT_EQ(records[0].find("browser"), std::string::npos) << "only the token's hash is saved";
    Restarted after;
    after.load(records);
    EXPECT_TRUE(after.callers.is_valid_token("from-a-browser", at(59min).wall));
    EXPECT_FALSE(after.callers.is_valid_token("from-a-browser", at(1h).wall));
}

TEST(CallersTest, records_that_are_not_valid_are_rejected) {
    Callers callers;
    for (const char* record : {R"({"credentials":{}})",
                               R"({"credentials":{"access_key_id":1}})",
                               R"({"access_token":{"sha256":"x"}})",
                               R"({"access_token":[]})"}) {
        EXPECT_TRUE(callers.load_record(boost::json::parse(record).as_object())) << record;
    }
}

}  // namespace
}  // namespace keyferry::simulator
