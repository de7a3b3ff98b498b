// SPDX-License-Identifier: Apache-2.0
#include "io/http/tls_session.hpp"

#include "tests/support/tls_peer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <gmock/gmock.h>
#include <string>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;
using Result = TlsSession::Result;

class TlsSessionTest : public ::testing::Test {
  protected:
    /// Writes the certificate to a PEM file in the test's home directory.
    static std::string trusting(const test::TestCertificate& certificate) {
        std::string path = std::string(std::getenv("HOME")) + "/ca.pem";
        std::ofstream(path) << certificate.pem();
        return path;
    }

    /// Transfers bytes in both directions until the client's handshake ends.
    static Result do_handshake(TlsSession& client, test::TlsPeer& server) {
        for (int turn = 0; turn < 10; ++turn) {
            const Result result = client.handshake();
            server.receive(take(client));
            put(client, server.to_send());
            if (result != Result::need_input) {
                return result;
            }
        }
        return Result::need_input;
    }
    static std::string take(TlsSession& client) {
        std::string bytes(client.to_send().bytes());
        client.to_send().taken(bytes.size());
        return bytes;
    }
    static void put(TlsSession& client, const std::string& bytes) {
        if (!bytes.empty()) {
            std::copy(bytes.begin(), bytes.end(), client.received().space(bytes.size()).begin());
            client.received().filled(bytes.size());
        }
    }
    /// Returns everything that the client can decrypt, and the final result.
    static Result decrypt_all(TlsSession& client, std::string& plain) {
        std::array<char, 1000> space{};
        for (;;) {
            std::size_t count = 0;
            const Result result = client.decrypt(space, count);
            if (result != Result::ok) {
                return result;
            }
            plain.append(space.data(), count);
        }
    }

    const test::TestCertificate certificate_{"DNS:kms.example,DNS:*.wild.example,IP:127.0.0.1"};
    const TlsContext context_{trusting(certificate_)};
};

TEST_F(TlsSessionTest, uses_tls_1_3_with_trusted_server) {
    TlsSession client(context_, "kms.example");
    test::TlsPeer server(certificate_);
    ASSERT_EQ(do_handshake(client, server), Result::ok) << client.problem();
    EXPECT_TRUE(server.handshake_done());
    EXPECT_EQ(server.version(), "TLSv1.3");
    EXPECT_EQ(server.server_name(), "kms.example");

    ASSERT_EQ(client.encrypt("question"), Result::ok);
    EXPECT_EQ(server.receive(take(client)), "question");
    server.say("response");
    put(client, server.to_send());
    std::string plain;
    EXPECT_EQ(decrypt_all(client, plain), Result::need_input);
    EXPECT_EQ(plain, "response");
    EXPECT_FALSE(client.holds_input());
}

TEST_F(TlsSessionTest, supports_tls_1_2_but_nothing_older) {
    {
        TlsSession client(context_, "kms.example");
        test::TlsPeer server(certificate_, test::TlsPeer::Versions::only_1_2);
        EXPECT_EQ(do_handshake(client, server), Result::ok) << client.problem();
    }
    TlsSession client(context_, "kms.example");
    test::TlsPeer server(certificate_, test::TlsPeer::Versions::only_1_1_and_older);
    EXPECT_EQ(do_handshake(client, server), Result::failed);
    EXPECT_THAT(client.problem(), HasSubstr("version"));
}

TEST_F(TlsSessionTest, rejects_certificate_for_another_host) {
    for (const char* host : {"other.example", "example", "kms.example.evil", "a.b.wild.example"}) {
        TlsSession client(context_, host);
        test::TlsPeer server(certificate_);
        EXPECT_EQ(do_handshake(client, server), Result::failed) << host;
        EXPECT_EQ(client.problem(), "certificate verify failed: hostname mismatch");
        EXPECT_FALSE(server.handshake_done());
    }
}

TEST_F(TlsSessionTest, accepts_wildcard_for_one_label) {
    TlsSession client(context_, "kms.wild.example");
    test::TlsPeer server(certificate_);
    EXPECT_EQ(do_handshake(client, server), Result::ok) << client.problem();
}

TEST_F(TlsSessionTest, verifies_ip_address_and_sends_no_sni) {
    TlsSession client(context_, "127.0.0.1");
    test::TlsPeer server(certificate_);
    EXPECT_EQ(do_handshake(client, server), Result::ok) << client.problem();
    EXPECT_EQ(server.server_name(), "");

    TlsSession other(context_, "127.0.0.2");
    test::TlsPeer server_again(certificate_);
    EXPECT_EQ(do_handshake(other, server_again), Result::failed);
    EXPECT_EQ(other.problem(), "certificate verify failed: IP address mismatch");
}

TEST_F(TlsSessionTest, rejects_untrusted_certificate) {
    const test::TestCertificate stranger("DNS:kms.example");
    TlsSession client(context_, "kms.example");
    test::TlsPeer server(stranger);
    EXPECT_EQ(do_handshake(client, server), Result::failed);
    EXPECT_THAT(client.problem(), HasSubstr("certificate verify failed: "));
}

TEST_F(TlsSessionTest, rejects_expired_certificate) {
    const test::TestCertificate expired("DNS:kms.example", -1);
    const TlsContext context(trusting(expired));
    TlsSession client(context, "kms.example");
    test::TlsPeer server(expired);
    EXPECT_EQ(do_handshake(client, server), Result::failed);
    EXPECT_EQ(client.problem(), "certificate verify failed: certificate has expired");
}

TEST_F(TlsSessionTest, fails_on_non_tls_data) {
    TlsSession client(context_, "kms.example");
    client.handshake();
    put(client, "HTTP/1.1 400 Bad Request\r\n\r\n");
    EXPECT_EQ(client.handshake(), Result::failed);
    EXPECT_FALSE(client.problem().empty());
}

TEST_F(TlsSessionTest, transfers_multiple_records_both_ways) {
    TlsSession client(context_, "kms.example");
    test::TlsPeer server(certificate_);
    ASSERT_EQ(do_handshake(client, server), Result::ok);
    const std::string large(100'000, 'q');
    ASSERT_EQ(client.encrypt(large), Result::ok);
    EXPECT_EQ(server.receive(take(client)), large);
    server.say(large);
    std::string plain;
    const std::string bytes = server.to_send();
    for (std::size_t at = 0; at < bytes.size(); at += 1777) {
        put(client, bytes.substr(at, 1777));
        ASSERT_EQ(decrypt_all(client, plain), Result::need_input);
    }
    EXPECT_EQ(plain, large);
}

TEST_F(TlsSessionTest, detects_modified_data) {
    TlsSession client(context_, "kms.example");
    test::TlsPeer server(certificate_);
    ASSERT_EQ(do_handshake(client, server), Result::ok);
    server.say("response");
    std::string bytes = server.to_send();
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    put(client, bytes);
    std::string plain;
    EXPECT_EQ(decrypt_all(client, plain), Result::failed);
    EXPECT_EQ(plain, "");
}

TEST_F(TlsSessionTest, detects_close_notify) {
    TlsSession client(context_, "kms.example");
    test::TlsPeer server(certificate_);
    ASSERT_EQ(do_handshake(client, server), Result::ok);
    server.say("last");
    server.say_goodbye();
    put(client, server.to_send());
    std::string plain;
    EXPECT_EQ(decrypt_all(client, plain), Result::closed);
    EXPECT_EQ(plain, "last");
}

TEST(TlsContextTest, error_names_file_without_certificates) {
    const std::string path = std::string(std::getenv("HOME")) + "/empty.pem";
    std::ofstream(path) << "no certificate here\n";
    try {
        const TlsContext context(path);
        ADD_FAILURE() << "no exception";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("\"" + path + "\""));
    }
}

}  // namespace
}  // namespace keyferry::io
