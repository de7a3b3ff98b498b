// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/server/simulator_server.hpp"
#include "tools/simulator/service/simulated_kms.hpp"

#include <functional>
#include <memory>
#include <string>

namespace keyferry::simulator {

/// Runs a complete simulator behind HTTP(S) on a separate thread, in real time, for client tests
/// and benchmarks. Accepts requests from example_identity().
class SimulatorHost {
  public:
    /// The server is listening when the constructor returns. `fill` adds keys and identities before
    /// the first request. Throws std::runtime_error if it cannot listen.
    explicit SimulatorHost(const SimulatorSettings& simulator,
                           const SimulatorServerSettings& server = {},
                           const std::function<void(SimulatedKms&, RequestHandler&)>& fill = {});
    ~SimulatorHost();
    SimulatorHost(const SimulatorHost&) = delete;
    SimulatorHost& operator=(const SimulatorHost&) = delete;

    [[nodiscard]] std::string endpoint() const;
    [[nodiscard]] const std::string& authority_pem() const;

    /// Runs `inspect` on the simulator's thread between two requests and waits for it to finish.
    /// Gives access to the ledger while the server runs.
    void inspect(const std::function<void(SimulatedKms&)>& inspect);

    /// Stops the server and its thread. Later calls of inspect() run on the caller's thread.
    void stop();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace keyferry::simulator
