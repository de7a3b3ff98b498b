#include "io/aws/credentials.hpp"

#include "io/aws/timestamps.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <map>

namespace keyferry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kKeys = "aws_access_key_id = AKIDFILE\naws_secret_access_key = file-secret\n";

/// A home folder and an environment of the test's own.
class FindCredentials : public ::testing::Test {
  protected:
    FindCredentials() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "keyferry-credentials-XXXXXX").string();
        home_ = ::mkdtemp(pattern.data());
        std::filesystem::create_directory(home_ / ".aws");
        variables_["HOME"] = home_.string();
    }
    ~FindCredentials() override { std::filesystem::remove_all(home_); }

    void set_keys() {
        variables_["AWS_ACCESS_KEY_ID"] = "AKIDENV";
        variables_["AWS_SECRET_ACCESS_KEY"] = "env-secret";
    }

    void write(const std::string& name, const std::string& content) {
        std::ofstream(home_ / ".aws" / name) << content;
    }

    Parsed<Credentials> find(const std::optional<std::string>& profile = std::nullopt) {
        return find_credentials(profile, [this](const char* name) {
            const auto at = variables_.find(name);
            return at == variables_.end() ? nullptr : at->second.c_str();
        });
    }

    std::string id_found(const std::optional<std::string>& profile = std::nullopt) {
        const Parsed<Credentials> found = find(profile);
        return found ? found->access_key_id : found.error().text;
    }

    std::string problem(const std::optional<std::string>& profile = std::nullopt) {
        const Parsed<Credentials> found = find(profile);
        return found ? "found " + found->access_key_id : found.error().text;
    }

    std::filesystem::path home_;
    std::map<std::string, std::string> variables_;
};

TEST_F(FindCredentials, TakesTheEnvironmentFirst) {
    set_keys();
    variables_["AWS_SESSION_TOKEN"] = "token";
    write("credentials", std::string("[default]\n") + kKeys);
    const Credentials found = find().value();
    EXPECT_EQ(found.access_key_id, "AKIDENV");
    EXPECT_EQ(found.secret_access_key.reveal(), "env-secret");
    EXPECT_EQ(found.session_token->reveal(), "token");
    EXPECT_THAT(found.source, HasSubstr("the environment"));
}

TEST_F(FindCredentials, TakesAccountAndExpiryFromTheEnvironment) {
    set_keys();
    variables_["AWS_ACCOUNT_ID"] = "111122223333";
    variables_["AWS_CREDENTIAL_EXPIRATION"] = "2026-11-23T12:36:00Z";
    const Credentials found = find().value();
    EXPECT_EQ(found.account->digits(), "111122223333");
    EXPECT_EQ(amz_date(*found.expires_at), "20261123T123600Z");
}

TEST_F(FindCredentials, TakesEmptyVariablesForUnset) {
    set_keys();
    variables_["AWS_SESSION_TOKEN"] = "";
    EXPECT_FALSE(find()->session_token);
    variables_["AWS_ACCESS_KEY_ID"] = "";
    write("credentials", std::string("[default]\n") + kKeys);
    EXPECT_EQ(id_found(), "AKIDFILE");
}

TEST_F(FindCredentials, RefusesHalfAKeyPairInTheEnvironment) {
    variables_["AWS_ACCESS_KEY_ID"] = "AKIDENV";
    write("credentials", std::string("[default]\n") + kKeys);
    EXPECT_THAT(problem(), HasSubstr("AWS_SECRET_ACCESS_KEY is not"));
}

TEST_F(FindCredentials, TakesTheDefaultProfileOfTheCredentialsFile) {
    write("credentials",
          std::string("[default]\n") + kKeys +
              "aws_session_token = token\naws_account_id = 111122223333\n");
    const Credentials found = find().value();
    EXPECT_EQ(found.access_key_id, "AKIDFILE");
    EXPECT_EQ(found.secret_access_key.reveal(), "file-secret");
    EXPECT_EQ(found.session_token->reveal(), "token");
    EXPECT_EQ(found.account->digits(), "111122223333");
    EXPECT_THAT(found.source, HasSubstr("profile 'default' of " + home_.string()));
}

TEST_F(FindCredentials, TakesTheProfileThatTheEnvironmentNames) {
    write("credentials", std::string("[dr]\n") + kKeys);
    variables_["AWS_DEFAULT_PROFILE"] = "dr";
    EXPECT_EQ(id_found(), "AKIDFILE");
    variables_["AWS_PROFILE"] = "other";
    EXPECT_THAT(problem(), HasSubstr("has no [other]"));
}

TEST_F(FindCredentials, PassesTheEnvironmentOverForAnExplicitProfile) {
    set_keys();
    variables_["AWS_PROFILE"] = "other";
    write("credentials", std::string("[dr]\n") + kKeys);
    EXPECT_EQ(id_found("dr"), "AKIDFILE");
    EXPECT_EQ(id_found(), "AKIDENV");
}

TEST_F(FindCredentials, TakesTheConfigurationFileAfterTheCredentialsFile) {
    write("config",
          "[profile dr]\naws_access_key_id = AKIDCONFIG\naws_secret_access_key = c\n"
          "aws_session_token = stray\n");
    EXPECT_EQ(id_found("dr"), "AKIDCONFIG");
    write("credentials", std::string("[dr]\n") + kKeys);
    EXPECT_EQ(id_found("dr"), "AKIDFILE");
    EXPECT_FALSE(find("dr")->session_token) << "keys of two files were mixed";
}

TEST_F(FindCredentials, FollowsTheVariablesThatNameTheFiles) {
    std::filesystem::create_directory(home_ / "etc");
    std::ofstream(home_ / "etc/keys") << "[default]\n" << kKeys;
    variables_["AWS_SHARED_CREDENTIALS_FILE"] = "~/etc/keys";
    EXPECT_EQ(id_found(), "AKIDFILE");
    variables_["AWS_SHARED_CREDENTIALS_FILE"] = (home_ / "nowhere").string();
    EXPECT_THAT(problem(), HasSubstr("nowhere does not exist"));
}

TEST_F(FindCredentials, NamesAllThatWasTriedAndWhatToDo) {
    write("config", "[default]\nregion = eu-west-1\n");
    const std::string text = problem();
    EXPECT_THAT(text, HasSubstr("AWS_ACCESS_KEY_ID is not set"));
    EXPECT_THAT(text, HasSubstr(home_.string() + "/.aws/credentials does not exist"));
    EXPECT_THAT(text,
                HasSubstr("[default] in " + home_.string() + "/.aws/config has no aws_access"));
    EXPECT_THAT(text, HasSubstr("Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"));
}

TEST_F(FindCredentials, SaysThatHomeIsNotSet) {
    variables_.clear();
    EXPECT_THAT(problem(), HasSubstr("HOME is not set"));
}

TEST_F(FindCredentials, RemindsOfTheWordProfileInTheConfigurationFile) {
    write("config", std::string("[dr]\n") + kKeys);
    EXPECT_THAT(problem("dr"), HasSubstr("has no [profile dr] (it has one without \"profile\")"));
}

TEST_F(FindCredentials, SaysWhichKindsOfProfileAreNotSupportedYet) {
    for (const char* line : {"role_arn = arn:aws:iam::111122223333:role/dr",
                             "sso_session = corp",
                             "sso_start_url = https://corp.example",
                             "web_identity_token_file = /token",
                             "credential_process = /bin/keys"}) {
        write("config", std::string("[profile dr]\nregion = eu-west-1\n") + line + "\n");
        EXPECT_THAT(problem("dr"), HasSubstr("/.aws/config:3: profile 'dr' has ")) << line;
        EXPECT_THAT(problem("dr"), HasSubstr("not supported yet")) << line;
    }
}

TEST_F(FindCredentials, DoesNotSignWithKeysWhereTheAwsCliWouldAssumeARole) {
    write("credentials", std::string("[dr]\n") + kKeys);
    write("config", "[profile dr]\nrole_arn = arn:aws:iam::111122223333:role/dr\n");
    EXPECT_THAT(problem("dr"), HasSubstr("assuming a role"));
    write("config", "[profile dr]\ncredential_process = /bin/keys\n");
    EXPECT_EQ(id_found("dr"), "AKIDFILE");
}

TEST_F(FindCredentials, DoesNotPassOverWebIdentityInTheEnvironment) {
    write("credentials", std::string("[default]\n") + kKeys);
    variables_["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/token";
    EXPECT_THAT(problem(), HasSubstr("web identity are not supported yet"));
    EXPECT_EQ(id_found("default"), "AKIDFILE");
}

TEST_F(FindCredentials, MentionsAContainersCredentials) {
    variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1/";
    EXPECT_THAT(problem(), HasSubstr("AWS_CONTAINER_CREDENTIALS_FULL_URI is set"));
}

TEST_F(FindCredentials, RefusesHalfAKeyPairInAProfile) {
    write("credentials", "[default]\naws_access_key_id = AKIDFILE\n");
    EXPECT_THAT(problem(), HasSubstr("has aws_access_key_id but no aws_secret_access_key"));
}

TEST_F(FindCredentials, NamesFileAndLineOfWhatCannotBeParsed) {
    write("credentials", "[default]\nhunter2\n");
    EXPECT_THAT(problem(), HasSubstr(home_.string() + "/.aws/credentials: line 2: "));
    EXPECT_THAT(problem(), Not(HasSubstr("hunter2")));
}

TEST_F(FindCredentials, RefusesAFileThatIsNotRegular) {
    std::filesystem::create_directory(home_ / ".aws/credentials");
    EXPECT_THAT(problem(), HasSubstr("credentials: it is not a regular file"));
}

std::string problem_with(std::string_view id, std::string_view secret, std::string_view token) {
    const Parsed<Credentials> made = make_credentials(id, secret, token, "a test");
    return made ? "no problem" : made.error().text;
}

TEST(MakeCredentials, AcceptsWhatAwsGives) {
    EXPECT_EQ(problem_with("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""),
              "no problem");
    EXPECT_EQ(problem_with("ASIA1234567890123456", "s", "FwoGZXIvYXdzE//w=="), "no problem");
}

TEST(MakeCredentials, RefusesWhatCannotStandInARequestHead) {
    EXPECT_THAT(problem_with("AKID", "secret", "token\r\nX-Evil: 1"), HasSubstr("session token"));
    EXPECT_THAT(problem_with("AKID # mine", "secret", ""), HasSubstr("access key id"));
    EXPECT_THAT(problem_with("AKID/x", "secret", ""), HasSubstr("is it the secret?"));
    EXPECT_THAT(problem_with("AKID", "sec ret", ""), HasSubstr("secret access key"));
    EXPECT_THAT(problem_with("AKID", "", ""), HasSubstr("secret access key is empty"));
    EXPECT_THAT(problem_with(std::string(129, 'A'), "s", ""), HasSubstr("more than 128"));
}

TEST(MakeCredentials, NeverRepeatsASecret) {
    EXPECT_THAT(problem_with("AKID", "hunter2 hunter2", ""), Not(HasSubstr("hunter2")));
    EXPECT_THAT(problem_with("AKID", "s", "hunter2 x"), Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace keyferry
