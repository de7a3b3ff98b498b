// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/rewrite_text.hpp"

#include "planner/text/text_table.hpp"

#include <fmt/format.h>

namespace keyferry::engine {

std::string rewrite_text(const JournalRewrite& rewrite) {
    std::string text = fmt::format("{} from {}: {} carried over",
                                   name_of(rewrite.how),
                                   planner::counted(rewrite.records_before, "record"),
                                   planner::counted(rewrite.jobs_carried, "job"));
    if (rewrite.how == JournalRewrite::How::replanned) {
        text += fmt::format(", {} dropped, {} not started; the previous plan was {}",
                            planner::with_thousands(rewrite.jobs_dropped),
                            planner::with_thousands(rewrite.jobs_not_begun),
                            rewrite.plan_sha256_before.substr(0, 16) + "...");
    }
    if (rewrite.records_lost > 0) {
        text += fmt::format(", {} lost", planner::counted(rewrite.records_lost, "record"));
    }
    return text;
}

boost::json::object rewrite_json(const JournalRewrite& rewrite) {
    boost::json::object object;
    object["how"] = name_of(rewrite.how);
    object["records_before"] = rewrite.records_before;
    object["records_lost"] = rewrite.records_lost;
    object["jobs_carried"] = rewrite.jobs_carried;
    object["jobs_dropped"] = rewrite.jobs_dropped;
    object["jobs_not_begun"] = rewrite.jobs_not_begun;
    object["plan_sha256_before"] = rewrite.plan_sha256_before;
    return object;
}

bool is_lossy(const JournalLoss& loss) noexcept {
    return loss.bytes > 0 || loss.records > 0;
}

std::string loss_text(const JournalLoss& loss) {
    const std::string records =
        loss.records > 0 ? planner::counted(loss.records, "record") : "records at the end";
    return fmt::format(
        "{} ({}) left out because of damage. The request of any job that is not done may have "
        "been sent, so a rerun checks with KMS before it sends a request",
        records,
        planner::counted(loss.bytes, "byte"));
}

}  // namespace keyferry::engine
