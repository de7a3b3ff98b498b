// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/virtual_clock.hpp"
#include "io/identity/credential_resolver.hpp"
#include "tests/support/run_to_end.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/temporary_folder.hpp"

#include <boost/asio/io_context.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::io {

/// A local server that stands in for a metadata service, the SSO portal or STS, and an isolated
/// environment.
class CredentialSourceFixture : public ::testing::Test {
  protected:
    std::string url(const std::string& path = "/") const {
        return fmt::format("http://127.0.0.1:{}{}", server_.port(), path);
    }

    /// Queues responses, one per connection; the requests are recorded in requests_.
    void respond(std::vector<std::string> responses) {
        for (const std::string& text : responses) {
            server_.then([this, text](test::ScriptedPeer& peer) -> boost::asio::awaitable<void> {
                requests_.push_back(co_await peer.request());
                if (!text.empty()) {
                    co_await peer.send(text);
                }
            });
        }
    }
    static std::string ok(const std::string& body) {
        return test::http_response("200 OK", body, "Connection: close\r\n");
    }
    static std::string refusal(const std::string& status, const std::string& body) {
        return test::http_response(status, body, "Connection: close\r\n");
    }
    static std::string session(const std::string& id) {
        return "<R><Result><Credentials><AccessKeyId>" + id +
               "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>token-of-" + id +
               "</SessionToken><Expiration>2030-01-01T01:00:00Z</Expiration></Credentials>"
               "</Result></R>";
    }

    Environment environment() {
        return [this](const char* name) {
            const auto at = variables_.find(name);
            return at == variables_.end() ? nullptr : at->second.c_str();
        };
    }

    /// Runs to completion, advancing time whenever no handler is ready.
    template <typename T>
    T run(boost::asio::awaitable<T> work) {
        std::optional<T> result;
        std::exception_ptr thrown;
        boost::asio::co_spawn(io_,
                              test::keep_result(std::move(work), result),
                              [&](std::exception_ptr error) { thrown = std::move(error); });
        io_.restart();
        while (!result && !thrown) {
            if (io_.run_one_for(std::chrono::milliseconds(20)) == 0) {
                clock_.advance(std::chrono::milliseconds(100));
                io_.restart();
            }
        }
        if (thrown) {
            std::rethrow_exception(thrown);
        }
        return std::move(*result);
    }

    boost::asio::io_context io_{1};
    VirtualClock clock_{io_};  // from 2030-01-01T00:00:00Z
    test::ScriptedServer server_{io_};
    test::TemporaryFolder folder_;
    std::map<std::string, std::string> variables_;
    std::vector<std::string> requests_;
};

}  // namespace keyferry::io
