// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/simulator_server.hpp"

#include "io/clock/virtual_clock.hpp"
#include "tests/simulator/support/example_keys.hpp"
#include "tests/simulator/support/signed_request.hpp"
#include "tools/simulator/server/http_exchange.hpp"
#include "tools/simulator/server/simulator_host.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <gmock/gmock.h>

namespace keyferry::simulator {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;
using example::primary;
using example::signed_request;
using testing::HasSubstr;
using testing::StartsWith;

std::uint16_t port_of(const std::string& endpoint) {
    return static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
}

tcp::endpoint at_loopback(const std::string& endpoint) {
    return {asio::ip::address_v4::loopback(), port_of(endpoint)};
}

std::string request_text(std::string_view operation, std::string_view body) {
    const auto now =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    return signed_request(operation, body, now).http();
}

constexpr std::string_view kReplicateBody =
    R"({"KeyId":"mrk-1234abcd12ab34cd56ef1234567890ab","ReplicaRegion":"eu-west-1"})";

/// Reads one response: the header, and the number of bytes in its Content-Length.
template <typename Stream>
std::string read_response(Stream& stream, boost::system::error_code& error) {
    std::string text;
    while (text.find("\r\n\r\n") == std::string::npos && !error) {
        char byte = 0;
        asio::read(stream, asio::buffer(&byte, 1), error);
        text.push_back(byte);
    }
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t length = text.find(kLength);
    if (error || length == std::string::npos) {
        return text;
    }
    std::string body(std::stoul(text.substr(length + kLength.size())), '\0');
    asio::read(stream, asio::buffer(body), error);
    return text + body;
}

template <typename Stream>
std::string response_to(Stream& stream, const std::string& request) {
    boost::system::error_code error;
    asio::write(stream, asio::buffer(request), error);
    return read_response(stream, error);
}

class SimulatorServerTest : public testing::Test {
  protected:
    void start(std::string_view faults = "", const SimulatorServerSettings& server = {}) {
        SimulatorSettings settings;
        settings.quota_scale = 0;
        settings.faults = parse_faults(faults).value();
        host_ = std::make_unique<SimulatorHost>(
            settings, server, [](SimulatedKms& kms, RequestHandler&) {
                kms.model().add_primary_key(primary());
            });
    }
    tcp::socket connect() {
        tcp::socket socket(io_);
        socket.connect(at_loopback(host_->endpoint()));
        return socket;
    }
    std::uint32_t replicas_created() {
        std::uint32_t count = 0;
        host_->inspect([&](SimulatedKms& kms) {
            count = kms.ledger().effects(example::kKeyIdText, "eu-west-1");
        });
        return count;
    }

    std::unique_ptr<SimulatorHost> host_;
    asio::io_context io_;
};

TEST_F(SimulatorServerTest, response_has_kms_format) {
    start();
    tcp::socket socket = connect();
    const std::string response = response_to(socket, request_text("ReplicateKey", kReplicateBody));
    EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(response, HasSubstr("\r\nContent-Type: application/x-amz-json-1.1\r\n"));
    EXPECT_THAT(response,
                testing::ContainsRegex("x-amzn-RequestId: [0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-"));
    EXPECT_THAT(response,
                testing::ContainsRegex(
                    "Date: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} 20[0-9]{2} [0-9:]{8} GMT\r\n"));
    EXPECT_THAT(response, HasSubstr("\"KeyState\":\"Creating\""));
    EXPECT_EQ(replicas_created(), 1U);
}

TEST_F(SimulatorServerTest, one_connection_serves_many_requests) {
    start();
    tcp::socket socket = connect();
    for (int i = 0; i < 3; ++i) {
        EXPECT_THAT(response_to(socket, request_text("ListKeys", "{}")), HasSubstr("\"Keys\":["));
    }
}

TEST_F(SimulatorServerTest, pipelined_requests_are_served_in_order) {
    start();
    tcp::socket socket = connect();
    boost::system::error_code error;
    asio::write(socket,
                asio::buffer(request_text("ListKeys", "{}") +
                             request_text("ReplicateKey", kReplicateBody)));
    EXPECT_THAT(read_response(socket, error), HasSubstr("\"Keys\":["));
    EXPECT_THAT(read_response(socket, error), HasSubstr("\"ReplicaKeyMetadata\""));
}

TEST_F(SimulatorServerTest, accepts_request_byte_by_byte) {
    start();
    tcp::socket socket = connect();
    for (const char byte : request_text("ListKeys", "{}")) {
        asio::write(socket, asio::buffer(&byte, 1));
    }
    boost::system::error_code error;
    EXPECT_THAT(read_response(socket, error), StartsWith("HTTP/1.1 200 OK"));
}

TEST_F(SimulatorServerTest, throttle_can_have_retry_after) {
    start("throttle=1,retry-after=1500ms");
    tcp::socket socket = connect();
    EXPECT_THAT(response_to(socket, request_text("ListKeys", "{}")),
                HasSubstr("\r\nx-amz-retry-after: 1500\r\n"));
}

TEST_F(SimulatorServerTest, down_region_resets_the_connection_before_the_effect) {
    start("us-east-1/down=1");
    tcp::socket socket = connect();
    asio::write(socket, asio::buffer(request_text("ReplicateKey", kReplicateBody)));
    boost::system::error_code error;
    read_response(socket, error);
    EXPECT_EQ(error, asio::error::connection_reset);
    EXPECT_EQ(replicas_created(), 0U);
}

TEST_F(SimulatorServerTest, lost_response_closes_the_connection_after_the_effect) {
    start("lost=1");
    tcp::socket socket = connect();
    asio::write(socket, asio::buffer(request_text("ReplicateKey", kReplicateBody)));
    boost::system::error_code error;
    read_response(socket, error);
    EXPECT_EQ(error, asio::error::eof);
    EXPECT_EQ(replicas_created(), 1U);
}

TEST_F(SimulatorServerTest, reset_happens_before_the_effect) {
    start("reset=1");
    tcp::socket socket = connect();
    asio::write(socket, asio::buffer(request_text("ReplicateKey", kReplicateBody)));
    boost::system::error_code error;
    read_response(socket, error);
    EXPECT_EQ(error, asio::error::connection_reset);
    EXPECT_EQ(replicas_created(), 0U);
}

TEST_F(SimulatorServerTest, invalid_http_is_rejected_and_the_connection_closed) {
    start();
    tcp::socket socket = connect();
    EXPECT_THAT(response_to(socket, "nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 Bad Request"));
    boost::system::error_code error;
    read_response(socket, error);
    EXPECT_TRUE(error);
}

TEST_F(SimulatorServerTest, header_and_body_sizes_are_limited) {
    SimulatorServerSettings small;
    small.header_bytes_max = 1000;
    small.body_bytes_max = 1000;
    start("", small);
    tcp::socket socket = connect();
    EXPECT_THAT(response_to(socket, "POST / HTTP/1.1\r\nX: " + std::string(2000, 'x') + "\r\n\r\n"),
                StartsWith("HTTP/1.1 431"));
    socket = connect();
    EXPECT_THAT(response_to(socket, request_text("ListKeys", std::string(2000, ' '))),
                StartsWith("HTTP/1.1 413"));
}

TEST_F(SimulatorServerTest, connections_over_the_limit_are_closed) {
    SimulatorServerSettings one;
    one.connections_max = 1;
    start("", one);
    tcp::socket first = connect();
    EXPECT_THAT(response_to(first, request_text("ListKeys", "{}")), StartsWith("HTTP/1.1 200"));
    tcp::socket second = connect();
    boost::system::error_code error;
    read_response(second, error);
    EXPECT_TRUE(error);
    EXPECT_THAT(response_to(first, request_text("ListKeys", "{}")), StartsWith("HTTP/1.1 200"));
}

TEST_F(SimulatorServerTest, connection_close_is_honored) {
    start();
    tcp::socket socket = connect();
    std::string request = request_text("ListKeys", "{}");
    request.insert(request.find("\r\n") + 2, "Connection: close\r\n");
    EXPECT_THAT(response_to(socket, request), HasSubstr("Connection: close\r\n"));
    boost::system::error_code error;
    read_response(socket, error);
    EXPECT_EQ(error, asio::error::eof);
}

TEST_F(SimulatorServerTest, sends_continue_when_expected) {
    start();
    tcp::socket socket = connect();
    std::string request = request_text("ListKeys", "{}");
    request.insert(request.find("\r\n") + 2, "Expect: 100-continue\r\n");
    const std::size_t head_end = request.find("\r\n\r\n") + 4;
    asio::write(socket, asio::buffer(request.substr(0, head_end)));
    boost::system::error_code error;
    EXPECT_EQ(read_response(socket, error), "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_THAT(response_to(socket, request.substr(head_end)), StartsWith("HTTP/1.1 200"));
}

TEST_F(SimulatorServerTest, https_certificate_is_signed_by_its_authority_and_names_the_hosts) {
    SimulatorServerSettings https;
    https.https = true;
    https.hosts = {"simulator", "*.example.com", "192.0.2.7", "odd,DNS:injected"};
    start("", https);
    EXPECT_THAT(host_->endpoint(), StartsWith("https://127.0.0.1:"));
    asio::ssl::context trust(asio::ssl::context::tls_client);
    trust.add_certificate_authority(asio::buffer(host_->authority_pem()));
    trust.set_verify_mode(asio::ssl::verify_peer);
    const auto connected_to = [&](const char* name, asio::ssl::stream<tcp::socket>& stream) {
        stream.set_verify_callback(asio::ssl::host_name_verification(name));
        stream.lowest_layer().connect(at_loopback(host_->endpoint()));
        boost::system::error_code error;
        stream.handshake(asio::ssl::stream_base::client, error);
        return !error;
    };
    for (const char* name :
         {"localhost", "127.0.0.1", "::1", "simulator", "kms.example.com", "192.0.2.7"}) {
        asio::ssl::stream<tcp::socket> stream(io_, trust);
        ASSERT_TRUE(connected_to(name, stream)) << name;
        EXPECT_THAT(response_to(stream, request_text("ListKeys", "{}")), HasSubstr("\"Keys\":["));
    }
    for (const char* name : {"simulator.example.org", "example.com", "192.0.2.8", "injected"}) {
        asio::ssl::stream<tcp::socket> stream(io_, trust);
        EXPECT_FALSE(connected_to(name, stream)) << name;
    }
}

TEST_F(SimulatorServerTest, https_rejects_plain_http_and_old_tls) {
    SimulatorServerSettings https;
    https.https = true;
    start("", https);
    asio::ssl::context old(asio::ssl::context::tls_client);
    old.set_verify_mode(asio::ssl::verify_none);
    SSL_CTX_set_max_proto_version(old.native_handle(), TLS1_1_VERSION);
    asio::ssl::stream<tcp::socket> stream(io_, old);
    stream.lowest_layer().connect(at_loopback(host_->endpoint()));
    boost::system::error_code error;
    stream.handshake(asio::ssl::stream_base::client, error);
    EXPECT_TRUE(error);
}

TEST(SimulatorServerErrorTest, port_in_use_is_an_error) {
    SimulatorSettings settings;
    SimulatorHost host(settings);
    asio::io_context io;
    io::VirtualClock clock(io);
    TimeControl time(clock);
    SimulatedKms kms(settings);
    RequestHandler handler(kms);
    SimulatorServerSettings same_port;
    same_port.port = port_of(host.endpoint());
    SimulatorServer server(io, time, handler, same_port);
    EXPECT_EQ(server.start(), boost::system::errc::address_in_use);
}

TEST(SimulatorServerDeadlineTest, idle_connection_is_closed_after_the_timeout) {
    asio::io_context io;
    io::VirtualClock clock(io);
    TimeControl time(clock);
    SimulatedKms kms{SimulatorSettings{}};
    RequestHandler handler(kms);
    SimulatorServer server(io, time, handler, SimulatorServerSettings{});
    ASSERT_FALSE(server.start());
    tcp::socket client(io);
    client.connect(at_loopback(server.endpoint()));
    while (server.connections() == 0) {
        io.run_one();
    }
    const auto closed_after = [&](std::chrono::nanoseconds later) {
        clock.advance(later);
        io.restart();
        io.poll();
        return server.connections() == 0;
    };
    EXPECT_FALSE(closed_after(74s));
    closed_after(2s);  // the deadline check detects it
    EXPECT_TRUE(closed_after(1s));
}

TEST(HttpResponseTest, uses_the_given_date) {
    HandlerResponse response;
    response.http_status = 400;
    response.request_id = "id";
    response.body = "{}";
    EXPECT_EQ(http_response(response, true, io::WallTime{1'800'000'000'999ms}),
              "HTTP/1.1 400 Bad Request\r\nx-amzn-RequestId: id\r\n"
              "Date: Fri, 15 Jan 2027 08:00:00 GMT\r\n"
              "Content-Type: application/x-amz-json-1.1\r\nContent-Length: 2\r\n\r\n{}");
}

}  // namespace
}  // namespace keyferry::simulator
