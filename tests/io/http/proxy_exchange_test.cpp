// SPDX-License-Identifier: Apache-2.0
#include "io/http/proxy_exchange.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;
using TunnelState = TunnelResponse::State;

ProxyServer proxy_with(const std::string& authorization) {
    ProxyServer proxy;
    proxy.host = "proxy";
    proxy.port = 3128;
    proxy.authorization = authorization;
    return proxy;
}

TEST(ConnectRequest, has_host_and_authorization) {
    const HttpOrigin kms(true, "kms.eu-west-1.amazonaws.com", 443);
    EXPECT_EQ(connect_request(kms, proxy_with("")),
              "CONNECT kms.eu-west-1.amazonaws.com:443 HTTP/1.1\r\n"
              "Host: kms.eu-west-1.amazonaws.com:443\r\n\r\n");
    EXPECT_EQ(connect_request(HttpOrigin(true, "fd00::1", 443), proxy_with("Basic dTpw")),
              "CONNECT [fd00::1]:443 HTTP/1.1\r\nHost: [fd00::1]:443\r\n"
              "Proxy-Authorization: Basic dTpw\r\n\r\n");
}

TEST(AbsoluteForm, adds_origin_to_request_line) {
    const std::string request =
        "POST /kms HTTP/1.1\r\nHost: localhost:80\r\n\r\n{\"a b\":\"\r\n\"}";
    const HttpOrigin origin(false, "localhost", 80);
    EXPECT_EQ(to_absolute_form(request, origin, proxy_with("")),
              "POST http://localhost:80/kms HTTP/1.1\r\nHost: localhost:80\r\n\r\n"
              "{\"a b\":\"\r\n\"}");
    EXPECT_THAT(to_absolute_form(request, origin, proxy_with("Basic dTpw")),
                HasSubstr("HTTP/1.1\r\nProxy-Authorization: Basic dTpw\r\nHost: "));
}

/// Feeds the response in one piece, and byte by byte.
void expect_state(const std::string& response,
                  TunnelState expected,
                  const std::string& problem = "") {
    TunnelResponse whole(1000);
    EXPECT_EQ(whole.received(response), expected) << response;
    EXPECT_THAT(whole.problem(), HasSubstr(problem));
    TunnelResponse pieces(1000);
    TunnelState state = TunnelState::incomplete;
    for (std::size_t at = 0; at < response.size() && state == TunnelState::incomplete; ++at) {
        state = pieces.received(response.substr(at, 1));
    }
    if (expected != TunnelState::failed ||
        problem.find("after the response") == std::string::npos) {
        EXPECT_EQ(state, expected) << response;
    }
}

TEST(TunnelResponseTest, opens_at_end_of_2xx_headers) {
    expect_state("HTTP/1.1 200 Connection established\r\n\r\n", TunnelState::open);
    expect_state("HTTP/1.0 200\r\nContent-Length: 5\r\n\r\n", TunnelState::open);
    expect_state("HTTP/1.1 200 OK\r\nVia: x\r\n", TunnelState::incomplete);
    expect_state("", TunnelState::incomplete);
}

TEST(TunnelResponseTest, reports_other_responses) {
    expect_state("HTTP/1.1 403 Forbidden\r\n\r\n<html>", TunnelState::failed, "HTTP status 403");
    expect_state("HTTP/1.1 407 Who\r\n\r\n", TunnelState::failed, "add USER:PASSWORD@");
    expect_state("HTTP/1.1 100 Continue\r\n\r\n", TunnelState::failed, "HTTP status 100");
    expect_state("SSH-2.0-OpenSSH\r\n\r\n", TunnelState::failed, "not an HTTP/1.1 response");
    expect_state("HTTP/1.1 2xx\r\n\r\n", TunnelState::failed, "not an HTTP/1.1 response");
    expect_state(
        "HTTP/1.1 200 OK\r\n\r\nx", TunnelState::failed, "unexpected data after the response");
    expect_state("HTTP/1.1 200 OK\r\nX: " + std::string(1000, 'x'),
                 TunnelState::failed,
                 "the headers exceed 1000 bytes");
}

}  // namespace
}  // namespace keyferry::io
