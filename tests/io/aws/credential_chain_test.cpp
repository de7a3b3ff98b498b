// SPDX-License-Identifier: Apache-2.0
#include "io/aws/credential_chain.hpp"

#include "io/aws/timestamps.hpp"
#include "tests/io/aws/credential_chain_fixture.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(FindCredentialChain, environment_comes_first) {
    set_keys();
    variables_["AWS_SESSION_TOKEN"] = "token";
    write("credentials", std::string("[default]\n") + kKeys);
    const Credentials found = keys();
    EXPECT_EQ(found.access_key_id, "AKIDENV");
    EXPECT_EQ(found.secret_access_key.reveal(), "env-secret");
    EXPECT_EQ(found.session_token->reveal(), "token");
    EXPECT_THAT(found.source, HasSubstr("the environment"));
}

TEST_F(FindCredentialChain, reads_account_and_expiration_from_environment) {
    set_keys();
    variables_["AWS_ACCOUNT_ID"] = "111122223333";
    variables_["AWS_CREDENTIAL_EXPIRATION"] = "2026-11-23T12:36:00Z";
    const Credentials found = keys();
    EXPECT_EQ(found.account->digits(), "111122223333");
    EXPECT_EQ(amz_date(*found.expires_at), "20261123T123600Z");
}

TEST_F(FindCredentialChain, treats_empty_variables_as_unset) {
    set_keys();
    variables_["AWS_SESSION_TOKEN"] = "";
    EXPECT_FALSE(keys().session_token);
    variables_["AWS_ACCESS_KEY_ID"] = "";
    write("credentials", std::string("[default]\n") + kKeys);
    EXPECT_EQ(id_found(), "AKIDFILE");
}

TEST_F(FindCredentialChain, rejects_half_a_key_pair_in_environment) {
    variables_["AWS_ACCESS_KEY_ID"] = "AKIDENV";
    write("credentials", std::string("[default]\n") + kKeys);
    EXPECT_THAT(problem(), HasSubstr("AWS_SECRET_ACCESS_KEY is not"));
}

TEST_F(FindCredentialChain, uses_default_profile_of_credentials_file) {
    write("credentials",
          std::string("[default]\n") + kKeys +
              "aws_session_token = token\naws_account_id = 111122223333\n");
    const Credentials found = keys();
    EXPECT_EQ(found.access_key_id, "AKIDFILE");
    EXPECT_EQ(found.secret_access_key.reveal(), "file-secret");
    EXPECT_EQ(found.session_token->reveal(), "token");
    EXPECT_EQ(found.account->digits(), "111122223333");
    EXPECT_THAT(found.source, HasSubstr("profile 'default' of " + home_.string()));
}

TEST_F(FindCredentialChain, uses_profile_named_by_environment) {
    write("credentials", std::string("[dr]\n") + kKeys);
    variables_["AWS_PROFILE"] = "dr";
    EXPECT_EQ(id_found(), "AKIDFILE");
    variables_["AWS_DEFAULT_PROFILE"] = "other";
    EXPECT_THAT(problem(), HasSubstr("has no [other]"))
        << "this variable takes precedence in the AWS CLI";
}

TEST_F(FindCredentialChain, explicit_profile_overrides_environment_keys) {
    set_keys();
    write("credentials", std::string("[dr]\n") + kKeys);
    EXPECT_EQ(id_found("dr"), "AKIDFILE");
    EXPECT_EQ(id_found(), "AKIDENV");
    variables_["AWS_PROFILE"] = "dr";
    EXPECT_EQ(id_found(), "AKIDENV") << "a profile named by a variable does not take precedence";
    variables_["AWS_PROFILE"] = "other";
    EXPECT_THAT(problem(), HasSubstr("there is no profile 'other'"));
}

TEST_F(FindCredentialChain, searches_config_file_after_credentials_file) {
    write("config",
          "[profile dr]\naws_access_key_id = AKIDCONFIG\naws_secret_access_key = c\n"
          "aws_session_token = stray\n");
    EXPECT_EQ(id_found("dr"), "AKIDCONFIG");
    write("credentials", std::string("[dr]\n") + kKeys);
    EXPECT_EQ(id_found("dr"), "AKIDFILE");
    EXPECT_FALSE(keys("dr").session_token) << "keys of two files were mixed";
}

TEST_F(FindCredentialChain, accepts_old_session_token_name) {
    write("credentials", std::string("[default]\n") + kKeys + "aws_security_token = old\n");
    EXPECT_EQ(keys().session_token->reveal(), "old");
    set_keys();
    variables_["AWS_SECURITY_TOKEN"] = "older";
    EXPECT_EQ(keys().session_token->reveal(), "older");
}

TEST_F(FindCredentialChain, honors_file_location_variables) {
    std::filesystem::create_directory(home_ / "etc");
    std::ofstream(home_ / "etc/keys") << "[default]\n" << kKeys;
    variables_["AWS_SHARED_CREDENTIALS_FILE"] = "~/etc/keys";
    EXPECT_EQ(id_found(), "AKIDFILE");
    variables_["FOLDER"] = "etc";
    variables_["AWS_SHARED_CREDENTIALS_FILE"] = "$HOME/${FOLDER}/keys";
    EXPECT_EQ(id_found(), "AKIDFILE");
    variables_["AWS_EC2_METADATA_DISABLED"] = "true";
    variables_["AWS_SHARED_CREDENTIALS_FILE"] = (home_ / "nowhere").string();
    EXPECT_THAT(problem(), HasSubstr("nowhere does not exist"));
}

TEST_F(FindCredentialChain, lists_searched_sources_and_advice) {
    variables_["AWS_EC2_METADATA_DISABLED"] = "true";
    write("config", "[default]\nregion = eu-west-1\n");
    const std::string text = problem();
    EXPECT_THAT(text, HasSubstr("AWS_ACCESS_KEY_ID and AWS_WEB_IDENTITY_TOKEN_FILE are not set"));
    EXPECT_THAT(text, HasSubstr("AWS_EC2_METADATA_DISABLED is true"));
    EXPECT_THAT(text, HasSubstr(home_.string() + "/.aws/credentials does not exist"));
    EXPECT_THAT(
        text,
        HasSubstr("[default] in " + home_.string() + "/.aws/config has no source of credentials"));
    EXPECT_THAT(text, HasSubstr("Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"));
}

TEST_F(FindCredentialChain, reports_missing_home) {
    variables_ = {{"AWS_EC2_METADATA_DISABLED", "true"}};
    EXPECT_THAT(problem(), HasSubstr("HOME is not set"));
}

TEST_F(FindCredentialChain, suggests_profile_prefix_in_config_file) {
    write("config", std::string("[dr]\n") + kKeys);
    EXPECT_THAT(problem("dr"),
                HasSubstr("has no [profile dr] (the section exists without the word \"profile\")"));
}

TEST_F(FindCredentialChain, points_out_blanks_inside_brackets) {
    write("credentials", std::string("[ dr ]\n") + kKeys);
    write("config", "[ profile dr]\nregion = eu-west-1\n");
    EXPECT_THAT(problem("dr"),
                HasSubstr("credentials has no [dr] (the section exists with blanks"));
    EXPECT_THAT(problem("dr"), HasSubstr("config has no [profile dr] (the section exists with bl"));
}

TEST_F(FindCredentialChain, inherits_keys_of_default_section) {
    write("credentials", std::string("[dr]\n[DEFAULT]\n") + kKeys);
    EXPECT_EQ(id_found("dr"), "AKIDFILE");
    EXPECT_THAT(problem("DEFAULT"), HasSubstr("there is no profile 'DEFAULT'"));
}

TEST_F(FindCredentialChain, rejects_continued_value_only_where_it_is_used) {
    write("credentials", std::string("[dr]\n") + kKeys + "[other]\naws_access_key_id = A\n B\n");
    EXPECT_EQ(id_found("dr"), "AKIDFILE");
    write("credentials", "[dr]\naws_access_key_id = A\n  B\naws_secret_access_key = s\n");
    EXPECT_THAT(problem("dr"), HasSubstr("credentials:2: the access key id contains an invalid"));
    write("credentials", "[dr]\naws_access_key_id =\n  a = b\naws_secret_access_key = s\n");
    EXPECT_THAT(problem("dr"), HasSubstr("credentials:2: the access key id contains an invalid"));
}

TEST_F(FindCredentialChain, splits_continued_credential_process) {
    write("config", "[default]\ncredential_process = /bin/keys\n  --account\n  1\n");
    EXPECT_EQ(origin<ProcessSource>().command,
              (std::vector<std::string>{"/bin/keys", "--account", "1"}));
}

TEST_F(FindCredentialChain, prefers_role_over_keys_in_same_profile) {
    write("credentials", std::string("[dr]\n") + kKeys);
    write("config", "[profile dr]\nrole_arn = arn:aws:iam::111122223333:role/dr\n");
    EXPECT_THAT(problem("dr"),
                HasSubstr("config:2: profile 'dr' has role_arn but no source credentials"));
    write("config", "[profile dr]\ncredential_process = /bin/keys\n");
    EXPECT_EQ(id_found("dr"), "AKIDFILE");
}

TEST_F(FindCredentialChain, credential_process_precedes_config_file_keys) {
    write("config", std::string("[default]\ncredential_process = /bin/keys 'a b'\n") + kKeys);
    EXPECT_EQ(origin<ProcessSource>().command, (std::vector<std::string>{"/bin/keys", "a b"}));
    write("config", "[default]\ncredential_process = /bin/keys 'a b\n");
    EXPECT_THAT(problem(),
                HasSubstr("config:2: credential_process: the command has an unterminated '"));
}

TEST_F(FindCredentialChain, reports_unsupported_login_session) {
    write("config", "[default]\nlogin_session = arn:aws:iam::111122223333:user/a\n");
    EXPECT_THAT(problem(), HasSubstr("/config:2: profile 'default' uses login_session"));
}

TEST_F(FindCredentialChain, environment_web_identity_precedes_profile_keys) {
    write("credentials", std::string("[default]\n") + kKeys);
    variables_["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/token";
    EXPECT_THAT(problem(), HasSubstr("AWS_ROLE_ARN is not"));
    variables_["AWS_ROLE_ARN"] = "arn:aws:iam::111122223333:role/pod";
    EXPECT_EQ(origin<WebIdentitySource>().role_arn, "arn:aws:iam::111122223333:role/pod");
    EXPECT_EQ(origin<WebIdentitySource>().token_file, "/token");
    EXPECT_EQ(origin<WebIdentitySource>().session_name, "keyferry");
    EXPECT_EQ(id_found("default"), "AKIDFILE");
    set_keys();
    EXPECT_EQ(id_found(), "AKIDENV");
}

TEST_F(FindCredentialChain, reads_web_identity_of_profile) {
    write("config",
          "[profile dr]\nrole_arn = arn:aws:iam::111122223333:role/dr\nweb_identity_token_file = "
          "/token\nrole_session_name = me\nduration_seconds = 900\nsource_profile = nobody\n");
    const WebIdentitySource found = origin<WebIdentitySource>("dr");
    EXPECT_EQ(found.role_arn, "arn:aws:iam::111122223333:role/dr");
    EXPECT_EQ(found.session_name, "me");
    EXPECT_EQ(found.duration, std::chrono::seconds(900));
}

TEST_F(FindCredentialChain, falls_back_to_container_endpoint) {
    variables_["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials?id=1";
    EXPECT_EQ(origin<ContainerSource>().url.url(), "http://169.254.170.2/v2/credentials?id=1");
    variables_["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "v2";
    EXPECT_THAT(problem(), HasSubstr("a path that begins with '/'"));
    variables_["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "";
    variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://169.254.170.23/v1/credentials";
    variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/var/run/token";
    EXPECT_EQ(origin<ContainerSource>().url.url(), "http://169.254.170.23/v1/credentials");
    EXPECT_EQ(origin<ContainerSource>().token_file, "/var/run/token");
    variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://192.0.2.1/v1/credentials";
    EXPECT_THAT(problem(), HasSubstr("AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://192.0.2.1/v1"));
    write("credentials", std::string("[default]\n") + kKeys);
    EXPECT_EQ(id_found(), "AKIDFILE");
}

TEST_F(FindCredentialChain, falls_back_to_imds_last) {
    EXPECT_EQ(origin<ImdsSource>().url.url(), "http://169.254.169.254/");
    EXPECT_THAT(plan().value().searched_sources, HasSubstr("AWS_ACCESS_KEY_ID"));
    EXPECT_THAT(plan().value().searched_sources, HasSubstr(".aws/credentials does not exist"));
    variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] = "IPv6";
    EXPECT_EQ(origin<ImdsSource>().url.url(), "http://[fd00:ec2::254]/");
    variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://127.0.0.1:8080/imds";
    variables_["AWS_METADATA_SERVICE_TIMEOUT"] = "5";
    EXPECT_EQ(origin<ImdsSource>().url.url(), "http://127.0.0.1:8080/imds/");
    EXPECT_EQ(origin<ImdsSource>().timeout, std::chrono::seconds(5));
    variables_["AWS_METADATA_SERVICE_NUM_ATTEMPTS"] = "many";
    EXPECT_THAT(problem(), HasSubstr("AWS_METADATA_SERVICE_NUM_ATTEMPTS is 'many'"));
}

TEST_F(FindCredentialChain, sts_region_comes_from_environment_then_profile) {
    set_keys();
    EXPECT_FALSE(plan()->region);
    write("config", "[default]\nregion = eu-west-1\n");
    EXPECT_EQ(plan()->region->name(), "eu-west-1");
    variables_["AWS_DEFAULT_REGION"] = "eu-west-2";
    EXPECT_EQ(plan()->region->name(), "eu-west-2");
    variables_["AWS_REGION"] = "eu-west-3";
    EXPECT_EQ(plan()->region->name(), "eu-west-3");
    variables_["AWS_REGION"] = "nowhere";
    EXPECT_THAT(problem(), HasSubstr("AWS_REGION: "));
}

TEST_F(FindCredentialChain, rejects_half_a_key_pair_in_profile) {
    write("credentials", "[default]\naws_access_key_id = AKIDFILE\n");
    EXPECT_THAT(problem(), HasSubstr("has aws_access_key_id but no aws_secret_access_key"));
}

TEST_F(FindCredentialChain, syntax_error_names_file_line_and_column) {
    write("credentials", "[default]\nhunter2\n");
    EXPECT_THAT(problem(), HasSubstr(home_.string() + "/.aws/credentials:2:1: "));
    EXPECT_THAT(problem(), Not(HasSubstr("hunter2")));
}

TEST_F(FindCredentialChain, rejects_non_regular_file) {
    std::filesystem::create_directory(home_ / ".aws/credentials");
    EXPECT_THAT(problem(), HasSubstr("credentials: it is not a regular file"));
}

}  // namespace
}  // namespace keyferry::io
