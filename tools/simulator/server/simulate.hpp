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
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::simulator {

/// Settings of the standalone simulator, `keyferry simulate`.
struct SimulateOptions {
    SimulatorSettings simulator;
    SimulatorServerSettings server;
    std::string account = "111122223333";  ///< account of the identity AKIDEXAMPLE
    /// How far the simulator's clock is ahead of this machine's clock; negative if it is behind.
    std::chrono::milliseconds clock_ahead{0};
    std::vector<StartingKey> keys;
    /// Host names to accept in addition to addresses and localhost (AllowedHosts).
    std::vector<std::string> hosts;
    /// Additional identities and roles, in the format of identities_file.hpp.
    std::optional<std::filesystem::path> identities;
    /// An organization, in the format of organization.hpp.
    std::optional<std::filesystem::path> organization;
    /// The state file, loaded at the start if it exists and updated with each change (StateFile).
    std::optional<std::filesystem::path> state;
    std::optional<std::filesystem::path> ledger;
    std::optional<std::filesystem::path> certificate_out;
    bool force = false;  ///< let the ledger and certificate replace files of other kinds
};

/// Another simulator is using the state file.
class StateInUse : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// An output path that must not be written to (io/file/output_file.hpp).
class OutputRefused : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// An IP address and a port.
struct ListenAddress {
    std::string address;
    std::uint16_t port;
    bool is_loopback;
};

/// Parses "127.0.0.1:0", "[::1]:8080" or "localhost:8080" (which means 127.0.0.1).
[[nodiscard]] io::Parsed<ListenAddress> parse_listen_address(std::string_view text);

/// Serves until SIGINT or SIGTERM. Calls `ready` with one line of JSON (endpoint, account, access
/// key ID, seed, certificate, and the number of accounts, Regions, keys in all Regions, aliases,
/// grants, identities and roles), without a newline, once the server accepts requests. Throws
/// StateInUse if another simulator is using the state file, OutputRefused if an output path must
/// not be written to, and std::runtime_error with a message for the user if the simulator cannot
/// start or cannot write the state or the ledger.
void simulate_until_signalled(const SimulateOptions& options,
                              const std::function<void(std::string_view)>& ready);

}  // namespace keyferry::simulator
