// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"
#include "tools/simulator/model/starting_key.hpp"
#include "tools/simulator/server/simulator_server.hpp"
#include "tools/simulator/service/simulated_kms.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::simulator {

/// The simulator as a program of its own.
struct SimulateOptions {
    SimulatorSettings simulator;
    SimulatorServerSettings server;
    std::string account = "111122223333";  ///< of the identity AKIDEXAMPLE
    /// How far its clock is ahead of this machine's; negative: behind.
    std::chrono::milliseconds clock_ahead{0};
    std::vector<StartingKey> keys;
    /// More identities and roles, in the form of identities_file.hpp.
    std::optional<std::filesystem::path> identities;
    /// Read at the start if it is there, and written at the end.
    std::optional<std::filesystem::path> state;
    std::optional<std::filesystem::path> ledger;
    std::optional<std::filesystem::path> certificate_out;
};

/// An IP address and a port.
struct ListenAddress {
    std::string address;
    std::uint16_t port;
    bool is_loopback;
};

/// "127.0.0.1:0", "[::1]:8080", "localhost:8080" (which is 127.0.0.1).
[[nodiscard]] io::Parsed<ListenAddress> parse_listen_address(std::string_view text);

/// Serves until SIGINT or SIGTERM. `ready` gets one line of JSON (endpoint, account, access key id,
/// seed, certificate) without a newline once requests are answered. Throws std::runtime_error, its
/// text fit for the user, when it cannot begin or the ledger cannot be written.
void simulate_until_signalled(const SimulateOptions& options,
                              const std::function<void(std::string_view)>& ready);

}  // namespace keyferry::simulator
