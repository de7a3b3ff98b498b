// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/verify_job_names.hpp"

#include "engine/journal/format/text.hpp"

#include <fmt/format.h>

#include <string_view>

namespace keyferry::engine {
namespace {

/// Removes `part` from the end of `text`. Returns false if `text` does not end with `part`.
bool take_end(std::string_view& text, std::string_view part) noexcept {
    if (!text.ends_with(part)) {
        return false;
    }
    text.remove_suffix(part.size());
    return true;
}

/// The partition is not compared, because the Region determines it.
bool is_arn_of(std::string_view text, const io::KeyArn& key) noexcept {
    return take_end(text, key.key_id.text()) && take_end(text, ":key/") &&
           take_end(text, key.account.digits()) && take_end(text, ":") &&
           take_end(text, key.region.name()) && text.ends_with(":kms:");
}

}  // namespace

bool is_named_as_planned(const planner::Plan& plan, const JournalJobRecord& record) noexcept {
    if (record.job >= plan.jobs.size()) {
        return false;
    }
    if (record.action != io::KmsApi::replicate_key) {
        return false;  // for other actions, `done` does not mean that a replica exists
    }
    const planner::Job& job = plan.jobs[record.job];
    return record.region == plan.regions[job.region].name() &&
           is_arn_of(record.key, plan.keys[job.key].primary);
}

std::string name_mismatch_text(const planner::Plan& plan, const JournalJobRecord& record) {
    const std::string named = fmt::format("it names job {} {} -> {}",
                                          record.job,
                                          read_journal_text(record.key).value_or("(no ARN)"),
                                          read_journal_text(record.region).value_or("(no Region)"));
    if (record.job >= plan.jobs.size()) {
        return named + ", which is not in the plan";
    }
    if (record.action != io::KmsApi::replicate_key) {
        return fmt::format(
            "{} for {}, but in the plan it is for ReplicateKey", named, name_of(record.action));
    }
    const planner::Job& job = plan.jobs[record.job];
    return fmt::format("{}, but in the plan it is {} -> {}",
                       named,
                       plan.keys[job.key].primary.text(),
                       plan.regions[job.region].name());
}

}  // namespace keyferry::engine
