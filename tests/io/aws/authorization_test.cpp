// SPDX-License-Identifier: Apache-2.0
#include "io/aws/authorization.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace keyferry::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kSignature(64, 'a');
const std::string kCredential = "Credential=AKIDEXAMPLE/20261123/eu-west-1/kms/aws4_request";
const std::string kSignedHeaders = "SignedHeaders=content-type;host;x-amz-date;x-amz-target";

std::string header_of(const std::string& parameters) {
    return "AWS4-HMAC-SHA256 " + parameters;
}

std::string header_problem(const std::string& header) {
    const Parsed<Authorization> parsed = parse_authorization(header);
    return parsed ? "no problem" : parsed.error().text;
}

TEST(ParseAuthorization, parses_header) {
    const Authorization parsed = parse_authorization(header_of(kCredential + ", " + kSignedHeaders +
                                                               ", Signature=" + kSignature))
                                     .value();
    EXPECT_EQ(parsed.access_key_id, "AKIDEXAMPLE");
    EXPECT_EQ(parsed.scope, CredentialScope("20261123", "eu-west-1", "kms"));
    EXPECT_THAT(parsed.signed_headers,
                ElementsAre("content-type", "host", "x-amz-date", "x-amz-target"));
    EXPECT_EQ(parsed.signature, kSignature);
}

TEST(ParseAuthorization, accepts_parameters_in_any_order_without_spaces) {
    EXPECT_TRUE(parse_authorization(
        header_of("Signature=" + kSignature + "," + kSignedHeaders + "," + kCredential)));
}

TEST(ParseAuthorization, names_missing_parameter) {
    EXPECT_THAT(header_problem(header_of(kSignedHeaders + ", Signature=" + kSignature)),
                HasSubstr("requires 'Credential'"));
    EXPECT_THAT(header_problem(header_of(kCredential + ", Signature=" + kSignature)),
                HasSubstr("requires 'SignedHeaders'"));
    EXPECT_THAT(header_problem(header_of(kCredential + ", " + kSignedHeaders)),
                HasSubstr("requires 'Signature'"));
}

TEST(ParseAuthorization, rejects_other_algorithms) {
    EXPECT_THAT(header_problem("Bearer abc"), HasSubstr("begins with 'Bearer'"));
    EXPECT_THAT(header_problem(""), HasSubstr("begins with ''"));
}

TEST(ParseAuthorization, rejects_repeated_and_unknown_parameters) {
    EXPECT_THAT(header_problem(header_of(kCredential + ", " + kCredential)),
                HasSubstr("the Authorization header repeats Credential"));
    EXPECT_THAT(header_problem(header_of("Colour=red")), HasSubstr("unknown parameter 'Colour'"));
}

TEST(ParseAuthorization, rejects_credential_without_five_elements) {
    const std::string rest = ", " + kSignedHeaders + ", Signature=" + kSignature;
    EXPECT_THAT(header_problem(header_of("Credential=AKIDEXAMPLE/20261123/kms" + rest)),
                HasSubstr("exactly 5 slash-delimited elements"));
    EXPECT_THAT(
        header_problem(header_of("Credential=A/20261123/eu-west-1/kms/aws3_request" + rest)),
        HasSubstr("terminator"));
    EXPECT_THAT(header_problem(header_of("Credential=A//eu-west-1/kms/aws4_request" + rest)),
                HasSubstr("is empty"));
}

TEST(ParseAuthorization, rejects_unsorted_repeated_or_hostless_signed_headers) {
    const auto problem_with_headers = [](const std::string& names) {
        return header_problem(
            header_of(kCredential + ", SignedHeaders=" + names + ", Signature=" + kSignature));
    };
    EXPECT_THAT(problem_with_headers("x-amz-date;host"), HasSubstr("must be sorted"));
    EXPECT_THAT(problem_with_headers("host;host"), HasSubstr("each header once"));
    EXPECT_THAT(problem_with_headers("x-amz-date"), HasSubstr("'Host'"));
    EXPECT_THAT(problem_with_headers("Host"),
                HasSubstr("'Host', which is not a lower-case header name"));
}

TEST(ParseAuthorization, rejects_malformed_signature_without_quoting_it) {
    const std::string problem =
        header_problem(header_of(kCredential + ", " + kSignedHeaders + ", Signature=XYZ"));
    EXPECT_THAT(problem, HasSubstr("64 lower-case"));
    EXPECT_THAT(problem, ::testing::Not(HasSubstr("XYZ")));
}

TEST(ParseAuthorization, limits_length) {
    EXPECT_THAT(header_problem(std::string(kAuthorizationBytesMax + 1, 'x')),
                HasSubstr("has 4097 bytes; the maximum is 4096"));
}

/// A request with two signed headers and one unsigned header.
class CheckSignature : public ::testing::Test {
  protected:
    CheckSignature() {
        authorization_.scope = CredentialScope("20261123", "eu-west-1", "kms");
        authorization_.signed_headers = {"host", "x-amz-date"};
        key_ = signing_key(Secret("secret"), authorization_.scope);
        SignableRequest covered = request_;
        covered.headers.pop_back();
        authorization_.signature = signature(
            key_, string_to_sign(canonical_request(covered), kAmzDate, authorization_.scope));
    }

    SignatureCheck check() const {
        return check_signature(request_, authorization_, kAmzDate, key_);
    }

    static constexpr std::string_view kAmzDate = "20261123T010203Z";
    SignableRequest request_{
        "POST",
        "/",
        "",
        {{"Host", "kms.eu-west-1.amazonaws.com"}, {"X-Amz-Date", kAmzDate}, {"User-Agent", "any"}},
        "{}"};
    Authorization authorization_;
    Secret key_;
};

TEST_F(CheckSignature, accepts_valid_signature) {
    EXPECT_EQ(check(), SignatureCheck::matches);
}

TEST_F(CheckSignature, ignores_unsigned_headers) {
    request_.headers.back().value = "another";
    EXPECT_EQ(check(), SignatureCheck::matches);
}

TEST_F(CheckSignature, detects_changed_body) {
    request_.body = "{ }";
    EXPECT_EQ(check(), SignatureCheck::differs);
}

TEST_F(CheckSignature, detects_changed_signed_header) {
    request_.headers.front().value = "kms.eu-west-2.amazonaws.com";
    EXPECT_EQ(check(), SignatureCheck::differs);
}

TEST_F(CheckSignature, detects_wrong_secret) {
    key_ = signing_key(Secret("guess"), authorization_.scope);
    EXPECT_EQ(check(), SignatureCheck::differs);
}

TEST_F(CheckSignature, detects_missing_signed_header) {
    authorization_.signed_headers.emplace_back("x-amz-target");
    EXPECT_EQ(check(), SignatureCheck::header_missing);
}

TEST(EqualInConstantTime, compares_length_and_bytes) {
    EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
    EXPECT_TRUE(equal_in_constant_time("", ""));
}

}  // namespace
}  // namespace keyferry::io
