// SPDX-License-Identifier: Apache-2.0
// Tests each of the three stages with the cases in sigv4_cases.json.
#include "io/aws/sigv4.hpp"

#include "io/aws/authorization.hpp"
#include "io/aws/timestamps.hpp"
#include "tests/support/source_tree.hpp"

#include <boost/json.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <gmock/gmock.h>
#include <sstream>

namespace keyferry::io {
namespace {

constexpr std::string_view kAccessKeyId = "AKIDEXAMPLE";
constexpr std::string_view kAmzDate = "20150830T123600Z";

struct Case {
    std::string name;
    std::string method;
    std::string path;
    std::string query;
    PathForm form = PathForm::normalized;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::string canonical;
    std::string canonical_sha256;
    std::string signature;

    SignableRequest request() const {
        SignableRequest result{method, path, query, {}, body};
        for (const auto& [name_, value] : headers) {
            result.headers.push_back({name_, value});
        }
        return result;
    }
};

std::string text(const boost::json::object& object, std::string_view member) {
    return object.contains(member) ? std::string(object.at(member).as_string()) : std::string();
}

Case case_of(const boost::json::object& object) {
    Case result;
    result.name = text(object, "name");
    const std::string request = text(object, "request");
    const std::size_t space = request.find(' ');
    const std::size_t question = request.find('?');
    result.method = request.substr(0, space);
    result.path = request.substr(space + 1, question - space - 1);
    result.query = question == std::string::npos ? "" : request.substr(question + 1);
    result.form = object.contains("path") ? PathForm::as_sent : PathForm::normalized;
    for (const boost::json::value& line : object.at("headers").as_array()) {
        const std::string header(line.as_string());
        const std::size_t colon = header.find(':');
        result.headers.emplace_back(header.substr(0, colon), header.substr(colon + 1));
    }
    result.body = text(object, "body");
    for (const boost::json::value& line : object.at("canonical").as_array()) {
        result.canonical += (result.canonical.empty() ? "" : "\n") + std::string(line.as_string());
    }
    result.canonical_sha256 = text(object, "canonical_sha256");
    result.signature = text(object, "signature");
    return result;
}

std::vector<Case> read_cases() {
    std::ifstream file(test::source_path("tests/io/aws/sigv4_cases.json"));
    std::ostringstream content;
    content << file.rdbuf();
    const boost::json::value document = boost::json::parse(content.str());
    std::vector<Case> cases;
    for (const boost::json::value& one : document.at("cases").as_array()) {
        cases.push_back(case_of(one.as_object()));
    }
    return cases;
}

std::string print_name(const ::testing::TestParamInfo<Case>& info) {
    std::string name = info.param.name;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

CredentialScope scope() {
    return CredentialScope("20150830", "us-east-1", "service");
}

Secret example_key() {
    return signing_key(Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), scope());
}

class SigV4 : public ::testing::TestWithParam<Case> {};

TEST_P(SigV4, canonical_request) {
    EXPECT_EQ(canonical_request(GetParam().request(), GetParam().form), GetParam().canonical);
}

TEST_P(SigV4, string_to_sign) {
    EXPECT_EQ(string_to_sign(GetParam().canonical, kAmzDate, scope()),
              "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n" +
                  GetParam().canonical_sha256);
}

TEST_P(SigV4, signature) {
    const std::string to_sign = string_to_sign(GetParam().canonical, kAmzDate, scope());
    EXPECT_EQ(signature(example_key(), to_sign), GetParam().signature);
}

TEST_P(SigV4, is_verified_from_its_authorization_header) {
    const SignableRequest request = GetParam().request();
    const Parsed<Authorization> parsed = parse_authorization(authorization_header(
        kAccessKeyId, scope(), signed_header_names(request), GetParam().signature));
    ASSERT_TRUE(parsed) << parsed.error().text;
    EXPECT_EQ(check_signature(request, *parsed, kAmzDate, example_key(), GetParam().form),
              SignatureCheck::matches);
}

INSTANTIATE_TEST_SUITE_P(PublishedCases, SigV4, ::testing::ValuesIn(read_cases()), print_name);

TEST(SigV4Cases, case_file_is_complete) {
    EXPECT_EQ(read_cases().size(), 38U);
}

TEST(CanonicalPath, encodes_a_percent_sign_again) {
    EXPECT_EQ(canonical_path("/a%20b", PathForm::normalized), "/a%2520b");
}

TEST(CanonicalPath, is_slash_for_empty_path) {
    EXPECT_EQ(canonical_path("", PathForm::as_sent), "/");
}

TEST(CanonicalRequest, keeps_invalid_percent_escapes_in_query) {
    const SignableRequest request{"GET", "/", "a=100%&b=%zz", {}, ""};
    EXPECT_THAT(canonical_request(request), ::testing::HasSubstr("\na=100%25&b=%25zz\n"));
}

TEST(AuthorizationHeader, has_the_documented_format) {
    EXPECT_EQ(authorization_header(kAccessKeyId, scope(), "host;x-amz-date", "0123"),
              "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
              "SignedHeaders=host;x-amz-date, Signature=0123");
}

}  // namespace
}  // namespace keyferry::io
