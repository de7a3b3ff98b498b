// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/survey/survey.hpp"
#include "io/clock/virtual_clock.hpp"
#include "planner/review/compare_with_inventory.hpp"
#include "tests/engine/support/simulated_fleet.hpp"
#include "tests/engine/support/virtual_work.hpp"
#include "tools/simulator/service/simulator_kms_client.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace keyferry::engine {

/// The replica Regions of these tests.
inline const std::vector<std::string> kRegions{"ap-southeast-2", "eu-west-1"};

/// Surveys a plan with the KMS simulator in virtual time, and reviews it.
class SurveyOfKms {
  public:
    explicit SurveyOfKms(const planner::Plan& plan,
                         const simulator::SimulatorSettings& settings = quiet())
        : plan_(plan), kms_(settings) {}

    simulator::SimulatedKms& kms() { return kms_; }
    simulator::KmsModel& model() { return kms_.model(); }

    /// Inserts a test client in front of the simulator's.
    using Wrap = std::function<std::unique_ptr<io::KmsClient>(io::KmsClient& client)>;

    planner::PlanReview review(ReadContents contents = ReadContents::of_keys_to_replicate,
                               const Wrap& wrap = nullptr) {
        boost::asio::io_context io{1};
        io::VirtualClock clock(io);
        simulator::SimulatorKmsClient client(kms_, clock, simulator::SimulatorClientSettings{});
        const std::unique_ptr<io::KmsClient> wrapped = wrap ? wrap(client) : nullptr;
        io::KmsClient& outer = wrapped ? *wrapped : static_cast<io::KmsClient&>(client);
        RepeatableCalls reads(plan_.settings, outer, clock, io.get_executor(), 1);
        Survey survey(plan_, reads, contents);
        run_work(io, clock, survey.run());
        took_s = std::chrono::duration<double>(clock.now() - io::Moment{}).count();
        refusal = reads.refusal();
        EXPECT_EQ(survey.progress().keys_seen, refusal.empty() ? plan_.keys.size() : 0U);
        inventory = survey.take_inventory();
        return planner::compare_with_inventory(plan_, inventory);
    }

    planner::Inventory inventory;
    std::string refusal;
    double took_s = 0;

  private:
    const planner::Plan& plan_;
    simulator::SimulatedKms kms_;
};

}  // namespace keyferry::engine
