// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/virtual_clock.hpp"
#include "io/kms_http/kms_http_client.hpp"
#include "tests/support/run_to_end.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tls_peer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gmock/gmock.h>
#include <iterator>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace keyferry::io {

/// How a mutating call is classified: whether it may have been executed.
enum class CallClass : std::uint8_t { not_sent, refused, unknown, answered };

/// A server behavior and the expected result.
struct BrokenServer {
    using Script = std::function<boost::asio::awaitable<void>(test::ScriptedPeer&, VirtualClock&)>;

    std::string name;  ///< test name: letters, digits and '_'
    Script script;
    CallClass outcome;
    std::string message;  ///< part of the failure message
    bool timed_out = false;
};

// GoogleTest looks for this name.
// NOLINTNEXTLINE(readability-identifier-naming)
inline void PrintTo(const BrokenServer& server, std::ostream* out) {
    *out << server.name;
}

inline std::string name_of_server(const ::testing::TestParamInfo<BrokenServer>& info) {
    return info.param.name;
}

/// Sends `bytes` and closes after receiving the request.
inline BrokenServer::Script responds_with(std::string bytes) {
    return [bytes](test::ScriptedPeer& peer, VirtualClock&) -> boost::asio::awaitable<void> {
        co_await peer.request();
        co_await peer.send(bytes);
        co_await peer.until_closed();
    };
}

/// Sends `head` and then `piece` endlessly after receiving the request.
inline BrokenServer::Script answers_endlessly(std::string head, std::string piece) {
    return [head, piece](test::ScriptedPeer& peer, VirtualClock&) -> boost::asio::awaitable<void> {
        std::string many;
        while (many.size() < 64 * 1024) {
            many += piece;
        }
        co_await peer.request();
        co_await peer.send(head);
        for (;;) {
            co_await peer.send(many);
        }
    };
}

/// Advances time by one second and lets the client react.
inline boost::asio::awaitable<void> pass_a_second(VirtualClock& clock) {
    const auto executor = co_await boost::asio::this_coro::executor;
    clock.advance(std::chrono::seconds(1));
    for (int step = 0; step < 3; ++step) {  // the tick, the end of the call, and one more step
        co_await boost::asio::post(executor, boost::asio::use_awaitable);
    }
}

/// Sends `head` and then one byte per second endlessly after receiving the request.
inline BrokenServer::Script trickles(std::string head) {
    return [head](test::ScriptedPeer& peer, VirtualClock& clock) -> boost::asio::awaitable<void> {
        co_await peer.request();
        co_await peer.send(head);
        for (;;) {
            co_await peer.send("x");
            co_await pass_a_second(clock);
        }
    };
}

/// Sends nothing until the client disconnects.
inline boost::asio::awaitable<void> stay_silent(test::ScriptedPeer& peer, VirtualClock& clock) {
    while (!peer.client_is_gone()) {
        co_await pass_a_second(clock);
    }
}

/// Sends one ReplicateKey to the server under test over a real socket. Time is virtual and advances
/// only when the server requests it.
class BrokenServerTest : public ::testing::TestWithParam<BrokenServer> {
  protected:
    /// The number of open files of this process, including sockets.
    static std::ptrdiff_t open_files() {
        const std::filesystem::directory_iterator files("/proc/self/fd");
        return std::distance(begin(files), end(files));
    }
    /// The peak memory usage of this process.
    static std::size_t peak_kib() {
        std::ifstream status("/proc/self/status");
        std::string word;
        std::size_t kib = 0;
        while (status >> word && word != "VmHWM:") {
        }
        status >> kib;
        return kib;
    }

    /// `origin` without a port: "http://127.0.0.1". `ca_file` as in HttpSettings.
    CallOutcome<ReplicateKeyResult> replicate(const std::string& origin,
                                              const std::string& ca_file) {
        auto credentials = std::make_shared<Credentials>();
        credentials->access_key_id = "AKIDEXAMPLE";
        credentials->secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        HttpSettings settings;
        settings.ca_file = ca_file;
        KmsHttpClient client(
            io_,
            clock_,
            [credentials](const AccountRegion&) { return credentials; },
            nullptr,
            [&](const Region&) {
                return Endpoint::parse(fmt::format("{}:{}", origin, server_.port()));
            },
            settings,
            "1.2.3");
        const AccountRegion place(AccountId::parse("111122223333").value(),
                                  Region::parse("us-east-1").value());
        return test::run_to_end(
            io_, client.replicate_key(place, ReplicateKeyRequest("mrk-1", "eu-west-1")));
    }

    void expect_the_right_class(const CallOutcome<ReplicateKeyResult>& outcome) {
        const BrokenServer& row = GetParam();
        if (outcome.index() == 0) {
            EXPECT_EQ(row.outcome, CallClass::answered);
            return;
        }
        const auto& failure = std::get<CallFailure>(outcome);
        const CallClass seen = failure.certainty == Certainty::not_sent  ? CallClass::not_sent
                               : failure.certainty == Certainty::refused ? CallClass::refused
                                                                         : CallClass::unknown;
        EXPECT_EQ(seen, row.outcome) << failure.message;
        EXPECT_THAT(failure.message, ::testing::HasSubstr(row.message));
        EXPECT_EQ(failure.code == KmsErrorCode::request_timeout, row.timed_out) << failure.message;
    }

    /// Makes the call and checks the invariants that hold for every server.
    void meet_the_server(const std::string& origin, const std::string& ca_file = "") {
        server_.then([this](test::ScriptedPeer& peer) { return GetParam().script(peer, clock_); });
        const std::ptrdiff_t files_before = open_files();
        const std::size_t peak_before_kib = peak_kib();
        expect_the_right_class(replicate(origin, ca_file));
        EXPECT_LE(clock_.now(), Moment(HttpSettings().request_timeout + std::chrono::seconds(1)));
        EXPECT_EQ(server_.connections(), 1U);  // not resent, no redirect followed
        // Both ends close when the server detects that the client has disconnected.
        while (open_files() != files_before && io_.run_one_for(std::chrono::seconds(10)) > 0) {
        }
        EXPECT_EQ(open_files(), files_before);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        constexpr std::size_t kGrowthMaxKib = 8 * 1024;
        EXPECT_LT(peak_kib() - peak_before_kib, kGrowthMaxKib);
#else
        static_cast<void>(peak_before_kib);
#endif
    }

    boost::asio::io_context io_{1};
    VirtualClock clock_{io_};
    test::ScriptedServer server_{io_};
};

}  // namespace keyferry::io
