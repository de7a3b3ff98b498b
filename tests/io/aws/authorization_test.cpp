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

TEST(ParseAuthorization, TakesTheHeaderApart) {
    const Authorization parsed = parse_authorization(header_of(kCredential + ", " + kSignedHeaders +
                                                               ", Signature=" + kSignature))
                                     .value();
    EXPECT_EQ(parsed.access_key_id, "AKIDEXAMPLE");
    EXPECT_EQ(parsed.scope, CredentialScope("20261123", "eu-west-1", "kms"));
    EXPECT_THAT(parsed.signed_headers,
                ElementsAre("content-type", "host", "x-amz-date", "x-amz-target"));
    EXPECT_EQ(parsed.signature, kSignature);
}

TEST(ParseAuthorization, TakesParametersInAnyOrderWithoutSpaces) {
    EXPECT_TRUE(parse_authorization(
        header_of("Signature=" + kSignature + "," + kSignedHeaders + "," + kCredential)));
}

TEST(ParseAuthorization, NamesTheParameterThatIsMissing) {
    EXPECT_THAT(header_problem(header_of(kSignedHeaders + ", Signature=" + kSignature)),
                HasSubstr("requires 'Credential'"));
    EXPECT_THAT(header_problem(header_of(kCredential + ", Signature=" + kSignature)),
                HasSubstr("requires 'SignedHeaders'"));
    EXPECT_THAT(header_problem(header_of(kCredential + ", " + kSignedHeaders)),
                HasSubstr("requires 'Signature'"));
}

TEST(ParseAuthorization, RefusesWhatIsNotSignatureVersion4) {
    EXPECT_THAT(header_problem("Bearer abc"), HasSubstr("begins with 'Bearer'"));
    EXPECT_THAT(header_problem(""), HasSubstr("begins with ''"));
}

TEST(ParseAuthorization, RefusesRepeatedAndUnknownParameters) {
    EXPECT_THAT(header_problem(header_of(kCredential + ", " + kCredential)),
                HasSubstr("Credential twice"));
    EXPECT_THAT(header_problem(header_of("Colour=red")), HasSubstr("unknown parameter 'Colour'"));
}

TEST(ParseAuthorization, RefusesACredentialThatIsNotFiveElements) {
    const std::string rest = ", " + kSignedHeaders + ", Signature=" + kSignature;
    EXPECT_THAT(header_problem(header_of("Credential=AKIDEXAMPLE/20261123/kms" + rest)),
                HasSubstr("exactly 5 slash-delimited elements"));
    EXPECT_THAT(header_problem(header_of("Credential=A/20261123/eu-west-1/kms/aws3_request" + rest)),
                HasSubstr("terminator"));
    EXPECT_THAT(header_problem(header_of("Credential=A//eu-west-1/kms/aws4_request" + rest)),
                HasSubstr("is empty"));
}

TEST(ParseAuthorization, RefusesSignedHeadersThatAreUnsortedRepeatedOrWithoutHost) {
    const auto problem_with_headers = [](const std::string& names) {
        return header_problem(
            header_of(kCredential + ", SignedHeaders=" + names + ", Signature=" + kSignature));
    };
    EXPECT_THAT(problem_with_headers("x-amz-date;host"), HasSubstr("must be sorted"));
    EXPECT_THAT(problem_with_headers("host;host"), HasSubstr("each header once"));
    EXPECT_THAT(problem_with_headers("x-amz-date"), HasSubstr("'Host'"));
    EXPECT_THAT(problem_with_headers("Host"), HasSubstr("lower case"));
}

TEST(ParseAuthorization, RefusesASignatureOfTheWrongFormWithoutRepeatingIt) {
    const std::string problem =
        header_problem(header_of(kCredential + ", " + kSignedHeaders + ", Signature=XYZ"));
    EXPECT_THAT(problem, HasSubstr("64 lower-case"));
    EXPECT_THAT(problem, ::testing::Not(HasSubstr("XYZ")));
}

TEST(ParseAuthorization, HasALimitOnItsLength) {
    EXPECT_THAT(header_problem(std::string(kAuthorizationBytesMax + 1, 'x')),
                HasSubstr("at most 4096"));
}

/// A signed request with two headers that the signature covers and one that it does not.
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

TEST_F(CheckSignature, Matches) {
    EXPECT_EQ(check(), SignatureCheck::matches);
}

TEST_F(CheckSignature, DoesNotCareAboutHeadersThatAreNotSigned) {
    request_.headers.back().value = "another";
    EXPECT_EQ(check(), SignatureCheck::matches);
}

TEST_F(CheckSignature, DiffersWithAnotherBody) {
    request_.body = "{ }";
    EXPECT_EQ(check(), SignatureCheck::differs);
}

TEST_F(CheckSignature, DiffersWithAnotherSignedHeader) {
    request_.headers.front().value = "kms.eu-west-2.amazonaws.com";
    EXPECT_EQ(check(), SignatureCheck::differs);
}

TEST_F(CheckSignature, DiffersWithAnotherSecret) {
    key_ = signing_key(Secret("guess"), authorization_.scope);
    EXPECT_EQ(check(), SignatureCheck::differs);
}

TEST_F(CheckSignature, NoticesASignedHeaderThatIsNotThere) {
    authorization_.signed_headers.emplace_back("x-amz-target");
    EXPECT_EQ(check(), SignatureCheck::header_missing);
}

TEST(EqualInConstantTime, ComparesLengthAndBytes) {
    EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
    EXPECT_TRUE(equal_in_constant_time("", ""));
}

}  // namespace
}  // namespace keyferry::io
