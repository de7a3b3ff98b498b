// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/simulator/service/simulator_kms_client.hpp"

#include <string>

namespace keyferry::cli {

/// A KmsAccess to an in-process simulated KMS that reports itself as real.
class InProcessKms final : public KmsAccess {
  public:
    InProcessKms(simulator::SimulatedKms& kms, io::Clock& clock)
        : client_(kms, clock, simulator::SimulatorClientSettings{}) {}
    io::KmsClient& client() override { return client_; }
    std::string description() const override { return "tester"; }
    bool is_simulated() const override { return false; }
    void fill(const planner::Plan& /*plan*/) override {}
    void fill(const planner::FleetSpec& /*fleet*/) override {}
    void restore(const planner::Plan& /*plan*/, const engine::JournalReplay& /*replay*/) override {}

  private:
    simulator::SimulatorKmsClient client_;
};

}  // namespace keyferry::cli
