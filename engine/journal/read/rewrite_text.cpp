// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/rewrite_text.hpp"

#include "planner/text/text_table.hpp"

#include <fmt/format.h>

namespace keyferry::engine {

std::string rewrite_text(const JournalRewrite& rewrite) {
    std::string text = fmt::format("{} from {} records: {} jobs carried over",
                                   name_of(rewrite.how),
                                   planner::with_thousands(rewrite.records_before),
                                   planner::with_thousands(rewrite.jobs_carried));
    if (rewrite.how == JournalRewrite::How::replanned) {
        text += fmt::format(", {} dropped, {} not started; the previous plan was {}",
                            planner::with_thousands(rewrite.jobs_dropped),
                            planner::with_thousands(rewrite.jobs_not_begun),
                            rewrite.plan_sha256_before.substr(0, 16) + "...");
    }
    if (rewrite.records_lost > 0) {
        text += fmt::format(", {} records lost", planner::with_thousands(rewrite.records_lost));
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
    const std::string records = loss.records > 0
                                    ? planner::with_thousands(loss.records) + " records"
                                    : "records at the end";
    return fmt::format(
        "{} ({} bytes) were damaged and left out. The request of any job that is not done may have "
        "been sent, so a rerun checks with KMS before it sends a request",
        records,
        planner::with_thousands(loss.bytes));
}

}  // namespace keyferry::engine
