// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/describe_key.hpp"

#include "planner/text/text_table.hpp"
#include "tools/keyferry/fleet/call_session.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <variant>

namespace keyferry::cli {

namespace {

std::string progress_of(const engine::RepeatableCalls& calls, bool as_json) {
    return as_json ? fmt::format(R"({{"calls":{}}})", calls.calls())
                   : "describing the key, " + planner::counted(calls.calls(), "call");
}

void set_outcome(planner::KeyDescription& description,
                 const engine::FinalOutcome<io::DescribeKeyResult>& outcome) {
    if (const auto* failed = std::get_if<engine::FinalFailure>(&outcome)) {
        description.lookup = failed->lookup;
        description.failure =
            failed->code.empty() ? failed->message : failed->code + ": " + failed->message;
        return;
    }
    description.lookup = planner::LookupStatus::found;
    description.metadata = std::get<io::DescribeKeyResult>(outcome).key_metadata;
}

}  // namespace

std::vector<planner::KeyDescription> describe_key(const planner::Plan& plan,
                                                  std::uint32_t key,
                                                  KmsSession& session) {
    const io::KeyArn& primary = plan.keys.at(key).primary;
    std::vector<io::Region> regions{primary.region};
    for (const planner::Job& job : plan.jobs) {
        if (job.key == key) {
            regions.push_back(plan.regions[job.region]);
        }
    }
    std::vector<planner::KeyDescription> descriptions(regions.size());
    CallSession calls(plan.settings, session, OutageWait::briefly);
    for (std::size_t index = 0; index < regions.size(); ++index) {
        planner::KeyDescription& description = descriptions[index];
        description.region = regions[index].name();
        calls.calls().ask(
            io::AccountRegion(primary.account, regions[index]),
            io::DescribeKeyRequest(primary.in(regions[index]).text()),
            [&description](const engine::FinalOutcome<io::DescribeKeyResult>& outcome) {
                set_outcome(description, outcome);
            });
    }
    calls.run([&] { return calls.calls().run(); },
              [&](bool as_json) { return progress_of(calls.calls(), as_json); });
    return descriptions;
}

}  // namespace keyferry::cli
