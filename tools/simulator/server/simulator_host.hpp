// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/server/simulator_server.hpp"
#include "tools/simulator/service/simulated_kms.hpp"

#include <functional>
#include <memory>
#include <string>

namespace keyferry::simulator {

/// A whole simulator behind HTTP(S) on a thread of its own, in real time: for tests and benchmarks
/// of clients. Knows example_identity().
class SimulatorHost {
  public:
    /// Listens when it returns. `fill` puts keys and identities there before the first request.
    /// Throws std::runtime_error when it cannot listen.
    explicit SimulatorHost(const SimulatorSettings& simulator,
                           const SimulatorServerSettings& server = {},
                           const std::function<void(SimulatedKms&, RequestHandler&)>& fill = {});
    ~SimulatorHost();
    SimulatorHost(const SimulatorHost&) = delete;
    SimulatorHost& operator=(const SimulatorHost&) = delete;

    [[nodiscard]] std::string endpoint() const;
    [[nodiscard]] const std::string& authority_pem() const;

    /// Runs `look` on the simulator's thread between two requests, and waits for it: the way to the
    /// ledger while it runs.
    void look(const std::function<void(SimulatedKms&)>& look);

    /// Ends the server and the thread; look() then runs on the caller's.
    void stop();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace keyferry::simulator
