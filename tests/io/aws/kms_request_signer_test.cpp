// SPDX-License-Identifier: Apache-2.0
// The optimized signer must produce the same result as the reference for any body.
#include "io/aws/kms_request_signer.hpp"

#include "io/aws/authorization.hpp"
#include "io/aws/timestamps.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <random>

namespace keyferry::io {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr sys_seconds kNow{seconds(1795392000)};
constexpr std::string_view kSecretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

std::shared_ptr<const Credentials> credentials(std::string_view session_token) {
    auto result = std::make_shared<Credentials>();
    result->access_key_id = "AKIDEXAMPLE";
    result->secret_access_key = Secret(kSecretKey);
    if (!session_token.empty()) {
        result->session_token = Secret(session_token);
    }
    return result;
}

KmsRequestSigner signer(std::string_view session_token = "",
                        std::string_view url = "https://kms.eu-west-1.amazonaws.com") {
    return KmsRequestSigner(credentials(session_token),
                            Region::parse("eu-west-1").value(),
                            Endpoint::parse(url).value(),
                            "keyferry/test");
}

std::string head_of(KmsRequestSigner& from,
                    std::string_view body,
                    sys_seconds now = kNow,
                    KmsApi api = KmsApi::replicate_key) {
    std::string head;
    from.append_head(api, body, now, "", head);
    return head;
}

struct Request {
    std::string path;
    std::vector<std::pair<std::string, std::string>> headers;

    std::string header(std::string_view name) const {
        for (const auto& [known, value] : headers) {
            if (known == name) {
                return value;
            }
        }
        return "(none)";
    }
};

Request parse_head(std::string_view head) {
    EXPECT_TRUE(head.ends_with("\r\n\r\n"));
    Request request;
    const std::string_view line = head.substr(0, head.find("\r\n"));
    EXPECT_TRUE(line.starts_with("POST /") && line.ends_with(" HTTP/1.1")) << line;
    request.path = line.substr(5, line.rfind(' ') - 5);
    head.remove_prefix(line.size() + 2);
    while (head.size() > 2) {
        const std::string_view header = head.substr(0, head.find("\r\n"));
        const std::size_t colon = header.find(": ");
        request.headers.emplace_back(header.substr(0, colon), header.substr(colon + 2));
        head.remove_prefix(header.size() + 2);
    }
    return request;
}

/// Verifies the headers like a server, using only their content.
SignatureCheck verdict_on(std::string_view head, std::string_view body) {
    const Request request = parse_head(head);
    SignableRequest received{"POST", request.path, "", {}, body};
    for (const auto& [name, value] : request.headers) {
        received.headers.push_back({name, value});
    }
    const Authorization authorization =
        parse_authorization(request.header("Authorization")).value();
    return check_signature(received,
                           authorization,
                           request.header("X-Amz-Date"),
                           signing_key(Secret(kSecretKey), authorization.scope));
}

TEST(KmsRequestSigner, writes_complete_header_section) {
    KmsRequestSigner from = signer();
    const Request request = parse_head(head_of(from, "{\"Limit\":1}"));
    EXPECT_EQ(request.path, "/");
    EXPECT_EQ(request.header("Host"), "kms.eu-west-1.amazonaws.com");
    EXPECT_EQ(request.header("Content-Type"), "application/x-amz-json-1.1");
    EXPECT_EQ(request.header("X-Amz-Target"), "TrentService.ReplicateKey");
    EXPECT_EQ(request.header("X-Amz-Date"), amz_date(kNow));
    EXPECT_EQ(request.header("X-Amz-Security-Token"), "(none)");
    EXPECT_EQ(request.header("Content-Length"), "11");
    EXPECT_EQ(request.header("User-Agent"), "keyferry/test");
    EXPECT_THAT(request.header("Authorization"),
                HasSubstr("Credential=AKIDEXAMPLE/20261123/eu-west-1/kms/aws4_request, "
                          "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature="));
}

TEST(KmsRequestSigner, matches_reference_for_random_bodies) {
    std::mt19937 random(7);
    KmsRequestSigner from = signer();
    KmsRequestSigner with_token = signer(std::string(700, 'T'));
    for (int i = 0; i < 500; ++i) {
        std::string body(random() % 3000, '\0');
        for (char& byte : body) {
            byte = static_cast<char>(random());
        }
        // Realistic clock steps: often the same second, sometimes the next, rarely a day.
        const sys_seconds now = kNow + seconds(i / 10) + std::chrono::days(i / 100);
        const KmsApi api = kKmsApis[random() % kKmsApis.size()];
        ASSERT_EQ(verdict_on(head_of(from, body, now, api), body), SignatureCheck::matches);
        ASSERT_EQ(verdict_on(head_of(with_token, body, now, api), body), SignatureCheck::matches);
    }
}

TEST(KmsRequestSigner, signs_the_body) {
    KmsRequestSigner from = signer();
    EXPECT_EQ(verdict_on(head_of(from, "{}"), "{ }"), SignatureCheck::differs);
}

TEST(KmsRequestSigner, signs_the_session_token) {
    KmsRequestSigner from = signer("TOKEN");
    const std::string head = head_of(from, "{}");
    EXPECT_EQ(parse_head(head).header("X-Amz-Security-Token"), "TOKEN");
    EXPECT_THAT(head, HasSubstr(";x-amz-security-token;"));
}

TEST(KmsRequestSigner, signs_for_an_endpoint_with_port_and_path) {
    KmsRequestSigner from = signer("", "http://127.0.0.1:4566/proxy//kms");
    const std::string head = head_of(from, "{}");
    EXPECT_EQ(parse_head(head).path, "/proxy//kms");
    EXPECT_EQ(parse_head(head).header("Host"), "127.0.0.1:4566");
    EXPECT_EQ(verdict_on(head, "{}"), SignatureCheck::matches);
}

TEST(KmsRequestSigner, handles_clock_going_backwards) {
    KmsRequestSigner from = signer();
    for (const seconds step : {seconds(0), seconds(1), seconds(-1), seconds(86400)}) {
        const std::string head = head_of(from, "{}", kNow + step);
        EXPECT_EQ(parse_head(head).header("X-Amz-Date"), amz_date(kNow + step));
        EXPECT_EQ(verdict_on(head, "{}"), SignatureCheck::matches);
    }
}

TEST(KmsRequestSigner, adds_extra_headers_unsigned) {
    KmsRequestSigner from = signer();
    std::string head;
    from.append_head(KmsApi::list_keys, "{}", kNow, "amz-sdk-request: attempt=2; max=9\r\n", head);
    EXPECT_EQ(parse_head(head).header("amz-sdk-request"), "attempt=2; max=9");
    EXPECT_THAT(head, Not(HasSubstr(";amz-sdk-request")));
    EXPECT_EQ(verdict_on(head, "{}"), SignatureCheck::matches);
}

TEST(KmsRequestSigner, appends_to_existing_data) {
    KmsRequestSigner from = signer();
    std::string buffer = "before";
    from.append_head(KmsApi::list_keys, "{}", kNow, "", buffer);
    EXPECT_EQ(buffer, "before" + head_of(from, "{}", kNow, KmsApi::list_keys));
}

}  // namespace
}  // namespace keyferry::io
