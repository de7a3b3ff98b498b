#include "tools/keyferry/fleet/survey_session.hpp"

#include "engine/survey/key_count.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/fleet/call_session.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <set>
#include <string>
#include <utility>

namespace keyferry {

namespace {

std::string survey_progress(const Survey& survey, bool as_json) {
    const SurveyProgress at = survey.progress();
    if (as_json) {
        return fmt::format(R"({{"survey_keys":{},"survey_keys_seen":{},"calls":{}}})",
                           at.keys,
                           at.keys_seen,
                           at.calls);
    }
    return fmt::format("asked KMS about {} of {} keys, {} calls",
                       with_thousands(at.keys_seen),
                       with_thousands(at.keys),
                       with_thousands(at.calls));
}

/// Every account and Region that a replica goes to, once.
std::vector<Place> replica_places(const Plan& plan) {
    std::set<std::pair<AccountId, std::uint32_t>> numbers;
    for (const Job& job : plan.jobs) {
        numbers.emplace(plan.keys[job.key].primary.account, job.region);
    }
    std::vector<Place> places;
    for (const auto& [account, region] : numbers) {
        places.emplace_back(account, plan.regions[region]);
    }
    return places;
}

}  // namespace

SurveyEnd survey_kms(const Plan& plan,
                     const std::vector<FoundKey>& found,
                     KmsAccess& kms,
                     boost::asio::io_context& io,
                     Clock& clock,
                     ProgressStyle style,
                     ReadContents contents,
                     bool counts_keys) {
    CallSession session(plan.settings, kms, io, clock, style);
    Survey survey(plan, session.calls(), contents, found);
    KeyCount count(session.calls());
    if (counts_keys) {
        count.ask(replica_places(plan));
    }
    SurveyEnd end;
    end.exit_code = session.run([&] { return survey.run(); },
                                [&](bool as_json) { return survey_progress(survey, as_json); });
    if (end.exit_code == exit_done) {
        end.inventory = survey.take_inventory();
        end.inventory->keys_there = count.keys();
        if (!count.failure().empty()) {
            print_note("not all keys could be counted: " + count.failure());
        }
    }
    return end;
}

}  // namespace keyferry
