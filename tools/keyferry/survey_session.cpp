#include "tools/keyferry/survey_session.hpp"

#include "planner/text_table.hpp"
#include "tools/keyferry/exit_codes.hpp"
#include "tools/keyferry/read_session.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace keyferry {

namespace {

std::string progress_of(const Survey& survey, bool as_json) {
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

}  // namespace

SurveyEnd survey_kms(const Plan& plan,
                     const std::vector<FoundKey>& found,
                     KmsAccess& kms,
                     boost::asio::io_context& io,
                     Clock& clock,
                     ProgressStyle style,
                     ReadContents contents) {
    ReadSession session(plan.settings, kms, io, clock, style);
    Survey survey(plan, session.reads(), contents, found);
    SurveyEnd end;
    end.exit_code = session.run([&] { return survey.run(); },
                                [&](bool as_json) { return progress_of(survey, as_json); });
    if (end.exit_code == exit_done) {
        end.inventory = survey.take_inventory();
    }
    return end;
}

}  // namespace keyferry
