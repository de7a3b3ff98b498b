// SPDX-License-Identifier: Apache-2.0
// Tests the configuration of endpoints, and endpoints with the cases that AWS publishes for its
// SDKs.
#include "io/aws/endpoint_settings.hpp"

#include "tests/support/source_tree.hpp"
#include "tests/support/temporary_folder.hpp"

#include <boost/json.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <gmock/gmock.h>
#include <map>
#include <sstream>

namespace keyferry::io {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Variables = std::map<std::string, std::string>;

Environment environment_of(const Variables& variables) {
    return [&variables](const char* name) {
        const auto at = variables.find(name);
        return at == variables.end() ? nullptr : at->second.c_str();
    };
}

boost::json::value published(const std::string& name) {
    const std::ifstream file(test::source_path("tests/io/aws/botocore/data/" + name));
    std::ostringstream content;
    content << file.rdbuf();
    return boost::json::parse(content.str());
}

/// Returns the endpoint or the error for these settings; `config`, if not empty, is the content of
/// AWS_CONFIG_FILE.
std::string endpoint_of(std::string_view region,
                        Variables variables = {},
                        const std::optional<std::string>& endpoint_url = std::nullopt,
                        const std::string& config = "",
                        AwsService service = AwsService::kms,
                        const std::optional<std::string>& profile = std::nullopt) {
    const test::TemporaryFolder folder;
    if (!config.empty()) {
        std::ofstream(folder.file("config")) << config;
        variables["AWS_CONFIG_FILE"] = folder.file("config");
    }
    const Environment environment = environment_of(variables);
    const Parsed<ProfileSettings> file = ProfileSettings::read(profile, environment);
    if (!file) {
        return file.error().text;
    }
    const Parsed<EndpointSettings> settings =
        find_endpoint_settings(service, endpoint_url, *file, environment);
    return settings ? regional_endpoint(service, Region::parse(region).value(), *settings).url()
                    : settings.error().text;
}

TEST(PublishedEndpoints, match_every_case) {
    const boost::json::value document = published("kms-endpoint-tests-1.json");
    const boost::json::array& cases = document.at("testCases").as_array();
    EXPECT_EQ(cases.size(), 68U);
    for (const boost::json::value& test : cases) {
        const std::string name(test.at("documentation").as_string());
        const boost::json::object none;
        const auto* params = test.as_object().if_contains("params");
        const boost::json::object& given = params == nullptr ? none : params->as_object();
        if (!given.contains("Region") && !given.contains("Endpoint")) {
            EXPECT_FALSE(Region::parse("")) << name;  // a missing Region is not valid
            continue;
        }
        const auto is_on = [&](const char* key) {
            return given.at(key).as_bool() ? "true" : "false";
        };
        const Variables variables{{"AWS_USE_FIPS_ENDPOINT", is_on("UseFIPS")},
                                  {"AWS_USE_DUALSTACK_ENDPOINT", is_on("UseDualStack")}};
        // One case has an endpoint but no Region. In keyferry, the Region is always known, because
        // it is the key's Region.
        const std::string region(given.contains("Region") ? given.at("Region").as_string().c_str()
                                                          : "us-east-1");
        std::optional<std::string> url;
        if (given.contains("Endpoint")) {
            url = given.at("Endpoint").as_string().c_str();
        }
        const std::string found = endpoint_of(region, variables, url);
        const boost::json::object& expected = test.at("expect").as_object();
        if (const auto* error = expected.if_contains("error")) {
            const bool is_fips = error->as_string().find("FIPS") != boost::json::string::npos;
            EXPECT_THAT(found, HasSubstr(is_fips ? "FIPS endpoints" : "dual-stack endpoints"))
                << name;
        } else {
            EXPECT_EQ(found,
                      std::string(expected.at("endpoint").at("url").as_string().c_str()) + "/")
                << name;
        }
    }
}

TEST(PublishedPartitions, are_all_known) {
    const boost::json::value document = published("partitions.json");
    const boost::json::array& partitions = document.at("partitions").as_array();
    EXPECT_EQ(partitions.size(), 8U);
    for (const boost::json::value& partition : partitions) {
        const boost::json::object& outputs = partition.at("outputs").as_object();
        for (const auto& [name, about] : partition.at("regions").as_object()) {
            const Parsed<Region> region = Region::parse(std::string_view(name));
            if (!region) {  // "aws-global" is not a Region
                EXPECT_TRUE(name.ends_with("-global")) << name;
                continue;
            }
            EXPECT_TRUE(is_known_region(*region)) << name;
            EXPECT_EQ(region->partition().name, partition.at("id").as_string()) << name;
            EXPECT_EQ(region->partition().dns_suffix, outputs.at("dnsSuffix").as_string());
            EXPECT_EQ(region->partition().dual_stack_suffix,
                      outputs.at("dualStackDnsSuffix").as_string());
        }
    }
}

TEST(EndpointSettings, option_precedes_service_variable_and_general_variable) {
    const Variables both{{"AWS_ENDPOINT_URL_KMS", "https://kms.example"},
                         {"AWS_ENDPOINT_URL", "https://all.example"}};
    const Variables general{{"AWS_ENDPOINT_URL_KMS", ""},
                            {"AWS_ENDPOINT_URL", "https://all.example"}};
    EXPECT_EQ(endpoint_of("us-east-1", both, "https://option.example"), "https://option.example/");
    EXPECT_EQ(endpoint_of("us-east-1", both), "https://kms.example/");
    EXPECT_EQ(endpoint_of("us-east-1", general), "https://all.example/");
}

constexpr const char* kConfig = R"([default]
endpoint_url = https://profile.example
[profile dr]
services = test
endpoint_url = https://profile.example
[services test]
s3 =
  endpoint_url = https://s3.example
kms =
  endpoint_url = https://services.example
)";

TEST(EndpointSettings, environment_precedes_services_section_and_profile) {
    const Variables dr{{"AWS_PROFILE", "dr"}};
    EXPECT_EQ(endpoint_of("us-east-1", {}, {}, kConfig), "https://profile.example/");
    EXPECT_EQ(endpoint_of("us-east-1", dr, {}, kConfig), "https://services.example/");
    EXPECT_EQ(endpoint_of("us-east-1", {}, {}, kConfig, AwsService::kms, "dr"),
              "https://services.example/");
    EXPECT_EQ(endpoint_of("us-east-1", dr, {}, kConfig, AwsService::sts),
              "https://profile.example/");
    const Variables both{{"AWS_PROFILE", "dr"}, {"AWS_ENDPOINT_URL", "https://all.example"}};
    EXPECT_EQ(endpoint_of("us-east-1", both, {}, kConfig), "https://all.example/");
}

TEST(EndpointSettings, can_ignore_configured_endpoints) {
    const Variables variables{{"AWS_ENDPOINT_URL", "https://all.example"},
                              {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE"}};
    EXPECT_EQ(endpoint_of("us-east-1", variables, {}, kConfig),
              "https://kms.us-east-1.amazonaws.com/");
    EXPECT_EQ(endpoint_of("us-east-1", variables, "https://option.example"),
              "https://option.example/");
    const std::string ignoring =
        "[default]\nignore_configured_endpoint_urls = true\nendpoint_url = https://x.example\n";
    EXPECT_EQ(endpoint_of("us-east-1", {}, {}, ignoring), "https://kms.us-east-1.amazonaws.com/");
    EXPECT_EQ(
        endpoint_of("us-east-1", {{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false"}}, {}, ignoring),
        "https://x.example/");
}

TEST(EndpointSettings, read_fips_and_dual_stack_from_file_if_not_in_environment) {
    const std::string config =
        "[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = True\n";
    EXPECT_EQ(endpoint_of("cn-north-1", {}, {}, config),
              "https://kms-fips.cn-north-1.api.amazonwebservices.com.cn/");
    EXPECT_EQ(endpoint_of("cn-north-1", {{"AWS_USE_FIPS_ENDPOINT", "false"}}, {}, config),
              "https://kms.cn-north-1.api.amazonwebservices.com.cn/");
}

TEST(EndpointSettings, use_regional_sts_endpoints) {
    const Variables fips{{"AWS_USE_FIPS_ENDPOINT", "true"}};
    const auto sts = [](std::string_view region, const Variables& variables) {
        return endpoint_of(region, variables, "https://option.example", "", AwsService::sts);
    };
    EXPECT_EQ(sts("us-east-1", {}), "https://sts.us-east-1.amazonaws.com/");
    EXPECT_EQ(sts("us-east-1", fips), "https://sts-fips.us-east-1.amazonaws.com/");
    EXPECT_EQ(sts("us-gov-west-1", fips), "https://sts.us-gov-west-1.amazonaws.com/");
    EXPECT_EQ(sts("us-east-1", {{"AWS_ENDPOINT_URL_STS", "https://sts.example"}}),
              "https://sts.example/");
}

TEST(EndpointSettings, treat_dev_null_as_empty) {
    EXPECT_EQ(endpoint_of(
                  "us-east-1",
                  {{"AWS_CONFIG_FILE", "/dev/null"}, {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"}}),
              "https://kms.us-east-1.amazonaws.com/");
}

TEST(EndpointSettings, know_the_sso_portal) {
    const auto portal = [](std::string_view region, const Variables& variables) {
        return endpoint_of(region, variables, "https://option.example", "", AwsService::sso);
    };
    EXPECT_EQ(portal("eu-west-1", {}), "https://portal.sso.eu-west-1.amazonaws.com/");
    EXPECT_EQ(portal("eu-west-1", {{"AWS_ENDPOINT_URL_SSO", "https://sso.example"}}),
              "https://sso.example/");
}

TEST(EndpointSettings, any_other_value_than_true_means_false) {
    const std::string config = "[default]\nuse_fips_endpoint = maybe\nuse_dualstack_endpoint = 1\n";
    EXPECT_EQ(endpoint_of("us-east-1", {}, {}, config), "https://kms.us-east-1.amazonaws.com/");
    EXPECT_EQ(endpoint_of("us-east-1", {{"AWS_USE_FIPS_ENDPOINT", "yes"}}),
              "https://kms.us-east-1.amazonaws.com/");
}

TEST(EndpointSettings, missing_services_section_is_an_error_only_if_it_is_used) {
    const std::string config = "[default]\nservices = gone\n";
    EXPECT_EQ(endpoint_of("us-east-1", {{"AWS_ENDPOINT_URL", "https://x.example"}}, {}, config),
              "https://x.example/");
    EXPECT_THAT(endpoint_of("us-east-1", {}, {}, config), HasSubstr("[services gone]"));
}

TEST(ProfileSettings, include_those_in_the_credentials_file) {
    const test::TemporaryFolder folder;
    std::ofstream(folder.file("credentials")) << "[default]\nca_bundle = a\n";
    std::ofstream(folder.file("config")) << "[default]\nca_bundle = b\nuse_fips_endpoint = true\n";
    const Variables variables{{"AWS_SHARED_CREDENTIALS_FILE", folder.file("credentials")},
                              {"AWS_CONFIG_FILE", folder.file("config")}};
    const ProfileSettings settings =
        ProfileSettings::read(std::nullopt, environment_of(variables)).value();
    EXPECT_EQ(settings.find("ca_bundle")->text, "a");
    EXPECT_TRUE(is_true(settings.find("use_fips_endpoint")));
}

TEST(ProfileSettings, path_of_ca_bundle_is_expanded) {
    const test::TemporaryFolder folder;
    std::ofstream(folder.file("config")) << "[default]\nca_bundle = $HOME/a.pem\nother = ~/b\n";
    Variables variables{{"HOME", "/home/a"}, {"AWS_CONFIG_FILE", folder.file("config")}};
    const Environment environment = environment_of(variables);
    const ProfileSettings settings = ProfileSettings::read(std::nullopt, environment).value();
    EXPECT_EQ(setting(environment, "AWS_CA_BUNDLE", settings, "ca_bundle")->text, "/home/a/a.pem");
    EXPECT_EQ(setting(environment, "OTHER", settings, "other")->text, "~/b");
    variables["AWS_CA_BUNDLE"] = "~/c.pem";
    EXPECT_EQ(setting(environment, "AWS_CA_BUNDLE", settings, "ca_bundle")->text, "/home/a/c.pem");
}

TEST(EndpointSettings, errors_name_the_location) {
    EXPECT_THAT(endpoint_of("us-east-1", {{"AWS_ENDPOINT_URL", "nowhere"}}),
                HasSubstr("AWS_ENDPOINT_URL: 'nowhere'"));
    EXPECT_THAT(endpoint_of("us-east-1", {}, "nowhere"), HasSubstr("--endpoint-url: 'nowhere'"));
    EXPECT_THAT(endpoint_of("us-east-1", {}, {}, "[default]\nendpoint_url = nowhere\n"),
                HasSubstr("/config:2: endpoint_url: 'nowhere'"));
    EXPECT_THAT(endpoint_of("us-east-1", {}, {}, "[default]\nservices = gone\n"),
                HasSubstr("/config:2: section '[services gone]' does not exist"));
    EXPECT_THAT(endpoint_of("us-east-1", {}, {}, "oops\n"), HasSubstr("/config:1:1: "));
    EXPECT_THAT(endpoint_of("us-east-1", {{"AWS_USE_FIPS_ENDPOINT", "true"}}, {}, kConfig),
                AllOf(HasSubstr("AWS_USE_FIPS_ENDPOINT requests FIPS endpoints"),
                      HasSubstr("/config:2: endpoint_url sets a custom endpoint")));
}

}  // namespace
}  // namespace keyferry::io
