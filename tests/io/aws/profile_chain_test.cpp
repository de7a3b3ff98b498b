// SPDX-License-Identifier: Apache-2.0
#include "io/aws/credential_chain.hpp"
#include "tests/io/aws/credential_chain_fixture.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;

/// Profiles that refer to other profiles.
class ProfileChain : public FindCredentialChain {
  protected:
    /// The last letters of the chain's roles, in the order in which they are assumed.
    std::string roles(const std::string& profile) {
        std::string names;
        for (const RoleStep& role : plan(profile).value().roles) {
            names += role.role_arn.substr(role.role_arn.rfind('/') + 1) + " ";
        }
        return names;
    }
};

TEST_F(ProfileChain, assumes_a_role_with_another_profiles_keys) {
    write("credentials", std::string("[base]\n") + kKeys);
    write("config",
          "[profile dr]\nrole_arn = arn:aws:iam::111122223333:role/dr\nsource_profile = base\n"
          "external_id = e-1\nrole_session_name = me\nduration_seconds = 7200\n");
    const CredentialChain planned = plan("dr").value();
    EXPECT_EQ(std::get<Credentials>(planned.origin).access_key_id, "AKIDFILE");
    ASSERT_EQ(planned.roles.size(), 1U);
    EXPECT_EQ(planned.roles[0].role_arn, "arn:aws:iam::111122223333:role/dr");
    EXPECT_EQ(planned.roles[0].external_id, "e-1");
    EXPECT_EQ(planned.roles[0].session_name, "me");
    EXPECT_EQ(planned.roles[0].duration, std::chrono::seconds(7200));
    EXPECT_EQ(planned.roles[0].where, "profile 'dr' (" + home_.string() + "/.aws/config:2)");
}

TEST_F(ProfileChain, follows_a_chain_to_its_end) {
    write("config",
          "[profile c]\nrole_arn = arn:aws:iam::111122223333:role/C\nsource_profile = b\n"
          "[profile b]\nrole_arn = arn:aws:iam::111122223333:role/B\nsource_profile = a\n"
          "[profile a]\ncredential_process = /bin/keys\n");
    EXPECT_EQ(roles("c"), "B C ");
    EXPECT_EQ(origin<ProcessSource>("c").command.front(), "/bin/keys");
    EXPECT_EQ(plan("c")->roles[0].session_name, "keyferry");
}

TEST_F(ProfileChain, chain_ends_at_profile_with_keys) {
    write("credentials", std::string("[b]\n") + kKeys);
    write("config",
          "[profile c]\nrole_arn = arn:aws:iam::111122223333:role/C\nsource_profile = b\n"
          "[profile b]\nrole_arn = arn:aws:iam::111122223333:role/B\nsource_profile = c\n");
    EXPECT_EQ(roles("c"), "C ");
}

TEST_F(ProfileChain, profile_with_keys_may_name_itself) {
    write("config",
          std::string("[profile a]\nrole_arn = arn:aws:iam::111122223333:role/A\n"
                      "source_profile = a\n") +
              kKeys);
    EXPECT_EQ(roles("a"), "A ");
    EXPECT_EQ(keys("a").access_key_id, "AKIDFILE");
    write("config",
          "[profile a]\nrole_arn = arn:aws:iam::111122223333:role/A\nsource_profile = a\n");
    EXPECT_THAT(problem("a"),
                HasSubstr("config:3: the source_profile settings form a loop: 'a' -> 'a'"));
}

TEST_F(ProfileChain, rejects_loop_and_prints_it) {
    write("config",
          "[profile a]\nrole_arn = arn:aws:iam::111122223333:role/A\nsource_profile = b\n"
          "[profile b]\nrole_arn = arn:aws:iam::111122223333:role/B\nsource_profile = c\n"
          "[profile c]\nrole_arn = arn:aws:iam::111122223333:role/C\nsource_profile = b\n");
    EXPECT_THAT(
        problem("a"),
        HasSubstr("config:9: the source_profile settings form a loop: 'a' -> 'b' -> 'c' -> 'b'"));
}

TEST_F(ProfileChain, rejects_missing_or_empty_source_profile) {
    write("config",
          "[profile a]\nrole_arn = arn:aws:iam::111122223333:role/A\nsource_profile = b\n");
    EXPECT_THAT(problem("a"),
                HasSubstr("config:3: profile 'a' has source_profile 'b', which does not exist: "));
    write("config",
          "[profile a]\nrole_arn = arn:aws:iam::111122223333:role/A\nsource_profile = b\n"
          "[profile b]\nregion = eu-west-1\n");
    EXPECT_THAT(problem("a"), HasSubstr("with profile 'b', which has no credentials: "));
}

TEST_F(ProfileChain, uses_credential_source) {
    const auto with_source = [this](const std::string& source) {
        write("config",
              "[profile a]\nrole_arn = arn:aws:iam::111122223333:role/A\ncredential_source = " +
                  source + "\n");
    };
    with_source("Environment");
    EXPECT_THAT(problem("a"),
                HasSubstr("config:3: credential_source is Environment, but AWS_ACCESS_KEY_ID"));
    set_keys();
    EXPECT_EQ(keys("a").access_key_id, "AKIDENV");
    EXPECT_EQ(roles("a"), "A ");
    with_source("Ec2InstanceMetadata");
    EXPECT_EQ(origin<ImdsSource>("a").url.url(), "http://169.254.169.254/");
    with_source("EcsContainer");
    EXPECT_THAT(problem("a"), HasSubstr("neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor"));
    variables_["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2";
    EXPECT_EQ(origin<ContainerSource>("a").url.url(), "http://169.254.170.2/v2");
    with_source("Moon");
    EXPECT_THAT(problem("a"),
                HasSubstr("config:3: credential_source is 'Moon'; expected Environment, "));
    with_source("Environment\nsource_profile = b");
    EXPECT_THAT(problem("a"), HasSubstr("remove one of them"));
}

TEST_F(ProfileChain, rejects_mfa_and_invalid_role_settings) {
    write("credentials", std::string("[base]\n") + kKeys);
    const std::string role =
        "[profile a]\nrole_arn = arn:aws:iam::111122223333:role/A\nsource_profile = base\n";
    write("config", role + "mfa_serial = arn:aws:iam::111122223333:mfa/me\n");
    EXPECT_THAT(problem("a"), HasSubstr("config:4: profile 'a' requires an MFA code"));
    write("config", role + "duration_seconds = 60\n");
    EXPECT_THAT(problem("a"),
                HasSubstr("config:4: duration_seconds is '60'; expected a whole number from"));
}

TEST_F(ProfileChain, reads_sso_session) {
    write("config",
          "[profile dr]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Admin\n"
          "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\n"
          "sso_region = eu-west-1\n");
    const SsoSource found = origin<SsoSource>("dr");
    EXPECT_EQ(found.session, "corp");
    EXPECT_EQ(found.start_url, "https://corp.awsapps.com/start");
    EXPECT_EQ(found.region->name(), "eu-west-1");
    EXPECT_EQ(found.account, "111122223333");
    EXPECT_EQ(found.role, "Admin");
    EXPECT_EQ(found.cache_folder, home_.string() + "/.aws/sso/cache");
}

TEST_F(ProfileChain, rejects_profile_that_contradicts_its_sso_session) {
    const std::string session =
        "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\n"
        "sso_region = eu-west-1\n";
    const std::string profile =
        "[profile dr]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Admin\n";
    write("config", session + profile + "sso_region = eu-west-1\n");
    EXPECT_EQ(origin<SsoSource>("dr").region->name(), "eu-west-1");
    write("config", session + profile + "sso_region = us-east-1\n");
    EXPECT_THAT(problem("dr"),
                HasSubstr("config:8: sso_region of profile 'dr' contradicts [sso-session corp]"));
    EXPECT_THAT(problem("dr"), HasSubstr(".aws/config:3)"));
    write("config", session + profile);
    write("credentials", "[dr]\nSSO_Start_URL = https://other.awsapps.com/start\n");
    EXPECT_THAT(problem("dr"), HasSubstr("credentials:2: sso_start_url of profile 'dr' "));
    write("config", session + profile + "[DEFAULT]\nsso_role_name = Reader\n");
    write("credentials", "");
    EXPECT_THAT(problem("dr"), HasSubstr("config:7: sso_role_name of profile 'dr' contradicts"));
}

TEST_F(ProfileChain, sso_session_can_name_account_or_role) {
    write("config",
          "[profile dr]\nsso_session = corp\nsso_account_id = 111122223333\n"
          "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\n"
          "sso_region = eu-west-1\nsso_role_name = Admin\n");
    EXPECT_EQ(origin<SsoSource>("dr").role, "Admin");
}

TEST_F(ProfileChain, reads_legacy_sso_settings) {
    const std::string role = "[profile dr]\nsso_account_id = 111122223333\nsso_role_name = Admin\n";
    write("config",
          role + "sso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n");
    EXPECT_EQ(origin<SsoSource>("dr").session, "");
    EXPECT_EQ(origin<SsoSource>("dr").region->name(), "eu-west-1");
    write("config", role + "sso_start_url = https://corp.awsapps.com/start\n");
    EXPECT_THAT(problem("dr"), HasSubstr("config:2: profile 'dr' uses SSO but has no sso_r"));
    write("config", role + "sso_session = corp\n");
    EXPECT_THAT(problem("dr"), HasSubstr("config has no section '[sso-session corp]'"));
}

TEST_F(ProfileChain, names_missing_profile) {
    variables_["AWS_PROFILE"] = "other";
    EXPECT_THAT(problem(), HasSubstr("there is no profile 'other': "));
    EXPECT_THAT(problem("dr"), HasSubstr("there is no profile 'dr': "));
}

}  // namespace
}  // namespace keyferry::io
