// SPDX-License-Identifier: Apache-2.0
// Servers with TLS failures. Nothing is sent before the certificate has been verified, so earlier
// failures certainly had no effect.
#include "tests/io/kms_http/broken_server_fixture.hpp"

namespace keyferry::io {
namespace {

namespace asio = boost::asio;

/// The certificates (P-256) are created once.
const test::TestCertificate& trusted() {
    static const test::TestCertificate certificate("IP:127.0.0.1");
    return certificate;
}
const test::TestCertificate& self_signed() {
    static const test::TestCertificate certificate("IP:127.0.0.1");
    return certificate;
}
const test::TestCertificate& expired() {
    static const test::TestCertificate certificate("IP:127.0.0.1", -1);
    return certificate;
}
const test::TestCertificate& of_another_host() {
    static const test::TestCertificate certificate("IP:127.0.0.2");
    return certificate;
}

/// Performs the TLS handshake and reads until a request has arrived or the client disconnects.
asio::awaitable<void> read_request(test::ScriptedPeer& peer, test::TlsPeer& tls) {
    std::string request;
    while (request.find('}') == std::string::npos) {
        const std::string bytes = co_await peer.bytes();
        request += tls.receive(bytes);
        co_await peer.send(tls.to_send());
    }
}

BrokenServer::Script shows(const test::TestCertificate& (*certificate)(),
                           test::TlsPeer::Versions versions = test::TlsPeer::Versions::modern) {
    return
        [certificate, versions](test::ScriptedPeer& peer, VirtualClock&) -> asio::awaitable<void> {
            test::TlsPeer tls(certificate(), versions);
            co_await read_request(peer, tls);
            ADD_FAILURE() << "a request was received";
        };
}

/// Sends `bytes` as the response to the client's first message.
BrokenServer::Script greets_with(std::string bytes) {
    return [bytes](test::ScriptedPeer& peer, VirtualClock&) -> asio::awaitable<void> {
        co_await peer.bytes();
        co_await peer.send(bytes);
    };
}

asio::awaitable<void> cut_its_handshake(test::ScriptedPeer& peer, VirtualClock& /*clock*/) {
    test::TlsPeer tls(trusted());
    const std::string hello = co_await peer.bytes();
    tls.receive(hello);
    const std::string flight = tls.to_send();
    co_await peer.send(flight.substr(0, flight.size() / 2));
}

asio::awaitable<void> stay_silent_in_the_handshake(test::ScriptedPeer& peer, VirtualClock& clock) {
    co_await peer.bytes();
    co_await stay_silent(peer, clock);
}

asio::awaitable<void> send_a_forged_record(test::ScriptedPeer& peer, VirtualClock& /*clock*/) {
    test::TlsPeer tls(trusted());
    co_await read_request(peer, tls);
    co_await peer.send(std::string("\x17\x03\x03\x00\x40", 5) + std::string(64, 'x'));
    co_await peer.until_closed();
}

asio::awaitable<void> cut_the_answer(test::ScriptedPeer& peer, VirtualClock& /*clock*/) {
    test::TlsPeer tls(trusted());
    co_await read_request(peer, tls);
    tls.say("HTTP/1.1 200 OK\r\n\r\n{\"ReplicaKeyMetadata\":{\"KeyId\":\"mrk-1\"}}");
    co_await peer.send(tls.to_send());  // without close_notify: an attacker may have truncated it
}

std::vector<BrokenServer> tls_servers() {
    constexpr CallClass not_sent = CallClass::not_sent;
    return {
        {"sends_an_alert",
         greets_with(std::string("\x15\x03\x03\x00\x02\x02\x28", 7)),
         not_sent,
         "alert handshake failure"},
        {"has_an_expired_certificate", shows(expired), not_sent, "certificate has expired"},
        {"has_a_certificate_for_another_host",
         shows(of_another_host),
         not_sent,
         "IP address mismatch"},
        {"has_a_self_signed_certificate", shows(self_signed), not_sent, "self-signed certificate"},
        {"speaks_tls_1_1",
         shows(trusted, test::TlsPeer::Versions::only_1_1_and_older),
         not_sent,
         "TLS handshake with"},
        {"speaks_plain_http", greets_with("HTTP/1.1 400 Bad\r\n\r\n"), not_sent, "TLS handshake"},
        {"closes_during_the_handshake", cut_its_handshake, not_sent, "the connection was closed"},
        {"is_silent_during_the_handshake",
         stay_silent_in_the_handshake,
         not_sent,
         "timed out after at most 5000 ms",
         true},
        {"sends_a_forged_record", send_a_forged_record, CallClass::unknown, "waiting for the"},
        {"truncates_its_response",
         cut_the_answer,
         CallClass::unknown,
         "in the middle of the response"},
    };
}

using BrokenTlsTest = BrokenServerTest;

TEST_P(BrokenTlsTest, is_classified_in_time_without_leaks) {
    // Trusts the correct certificate and two that are invalid for other reasons.
    const test::TemporaryFolder folder;
    const std::string ca_file = folder.file("ca.pem");
    std::ofstream(ca_file) << trusted().pem() << expired().pem() << of_another_host().pem();
    meet_the_server("https://127.0.0.1", ca_file);
}

INSTANTIATE_TEST_SUITE_P(Tls, BrokenTlsTest, ::testing::ValuesIn(tls_servers()), name_of_server);

}  // namespace
}  // namespace keyferry::io
