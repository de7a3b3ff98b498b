// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/virtual_clock.hpp"
#include "io/http/http_client.hpp"
#include "tests/support/run_to_end.hpp"
#include "tests/support/scripted_server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace keyferry::io {

inline const std::string kRequest =
    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nping";

/// Exchanges over real sockets with a virtual client clock: deadlines expire only when a script
/// advances time.
class HttpExchangeFixture : public ::testing::Test {
  protected:
    HttpClient& client() {
        if (!client_) {
            client_ = std::make_unique<HttpClient>(io_, clock_, settings_);
        }
        return *client_;
    }
    HttpTarget target() { return client().target(HttpOrigin(false, "127.0.0.1", server_.port())); }
    std::string origin() const { return "127.0.0.1:" + std::to_string(server_.port()); }

    HttpOutcome exchange(Repeat repeat = Repeat::never) {
        return test::run_to_end(io_, target().exchange(kRequest, repeat));
    }
    /// Returns the body of the response, or the failure's message.
    std::string ask() { return text(exchange()); }
    HttpFailure fail() {
        HttpOutcome outcome = exchange();
        if (outcome.index() == 0) {
            ADD_FAILURE() << "a response: " << std::get<HttpResponse>(outcome).body();
            return HttpFailure(HttpStep::parse, "a response");
        }
        return std::get<HttpFailure>(outcome);
    }
    static std::string text(const HttpOutcome& outcome) {
        const auto* response = std::get_if<HttpResponse>(&outcome);
        return response ? std::string(response->body()) : std::get<HttpFailure>(outcome).message;
    }

    /// Responds to each request on the connection with a sequence number.
    test::ScriptedServer::Script responding_with() {
        return [this](test::ScriptedPeer& peer) -> boost::asio::awaitable<void> {
            for (;;) {
                co_await peer.request();
                ++answers_;
                co_await peer.send(test::http_response("200 OK", std::to_string(answers_)));
            }
        };
    }
    /// Reads a request, then sends `bytes` and closes.
    static test::ScriptedServer::Script sending(std::string bytes) {
        return [bytes](test::ScriptedPeer& peer) -> boost::asio::awaitable<void> {
            co_await peer.request();
            co_await peer.send(bytes);
        };
    }

    /// Runs the io_context until `done()`; fails a hanging test after ten seconds.
    template <typename Done>
    void run_until(Done done) {
        while (!done()) {
            ASSERT_GT(io_.run_one_for(std::chrono::seconds(10)), 0U);
        }
    }
    /// Starts an exchange whose outcome will be stored in `outcome`.
    void begin(std::optional<HttpOutcome>& outcome) {
        boost::asio::co_spawn(io_,
                              test::keep_result(target().exchange(kRequest), outcome),
                              [](std::exception_ptr) {});
    }

    boost::asio::io_context io_{1};
    VirtualClock clock_{io_};
    test::ScriptedServer server_{io_};
    HttpSettings settings_;
    std::unique_ptr<HttpClient> client_;
    int answers_ = 0;
};

}  // namespace keyferry::io
