// SPDX-License-Identifier: Apache-2.0
#include "io/checksum/sha256.hpp"
#include "planner/fleet/fleet_spec.hpp"
#include "planner/plan/plan_identity.hpp"
#include "planner/saved/saved_plan.hpp"
#include "planner/saved/saved_settings.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace keyferry::planner {
namespace {

namespace json = boost::json;

constexpr std::string_view kBeginning = "{\"format\":\"keyferry-plan\"";

/// What is wrong with a line. Only this file throws and catches it.
struct LineProblem {
    std::string text;
};

[[noreturn]] void refuse(std::string text) {
    throw LineProblem{std::move(text)};
}

const json::value& member(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr) {
        refuse(fmt::format("has no \"{}\"", name));
    }
    return *value;
}

std::string text_member(const json::object& object, std::string_view name) {
    const json::value& value = member(object, name);
    if (!value.is_string()) {
        refuse(fmt::format("\"{}\" is no string", name));
    }
    return std::string(value.get_string());
}

std::optional<std::string> text_or_nothing(const json::object& object, std::string_view name) {
    return member(object, name).is_null() ? std::nullopt : std::optional(text_member(object, name));
}

bool bool_member(const json::object& object, std::string_view name) {
    const json::value& value = member(object, name);
    if (!value.is_bool()) {
        refuse(fmt::format("\"{}\" is neither true nor false", name));
    }
    return value.get_bool();
}

std::uint64_t count_of(const json::value& value, std::string_view name, std::uint64_t most) {
    if (!value.is_int64() || value.get_int64() < 0 ||
        static_cast<std::uint64_t>(value.get_int64()) > most) {
        refuse(fmt::format("\"{}\" is no number from 0 to {}", name, most));
    }
    return static_cast<std::uint64_t>(value.get_int64());
}

std::uint64_t count_member(const json::object& object, std::string_view name, std::uint64_t most) {
    return count_of(member(object, name), name, most);
}

const json::array& array_member(const json::object& object, std::string_view name) {
    const json::value& value = member(object, name);
    if (!value.is_array()) {
        refuse(fmt::format("\"{}\" is no array", name));
    }
    return value.get_array();
}

const json::object& object_member(const json::object& object, std::string_view name) {
    const json::value& value = member(object, name);
    if (!value.is_object()) {
        refuse(fmt::format("\"{}\" is no object", name));
    }
    return value.get_object();
}

io::Region region_of(const json::value& value) {
    if (!value.is_string()) {
        refuse("a Region is no string");
    }
    const io::Parsed<io::Region> region = io::Region::parse(value.get_string());
    if (!region) {
        refuse(region.error().text);
    }
    return *region;
}

std::vector<io::Tag> tags_member(const json::object& object) {
    std::vector<io::Tag> tags;
    for (const json::value& value : array_member(object, "tags")) {
        const json::array* pair = value.if_array();
        if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string() ||
            !(*pair)[1].is_string()) {
            refuse("a tag is no pair of strings");
        }
        tags.emplace_back(std::string((*pair)[0].get_string()),
                          std::string((*pair)[1].get_string()));
    }
    return tags;
}

CopiedParts copied_member(const json::object& object) {
    CopiedParts copied;
    for (const json::value& name : array_member(object, "copied")) {
        if (name == "policy") {
            copied.policy = true;
        } else if (name == "description") {
            copied.description = true;
        } else if (name == "tags") {
            copied.tags = true;
        } else {
            refuse("\"copied\" names what this keyferry cannot copy");
        }
    }
    return copied;
}

AliasSpec aliases_member(const json::object& object) {
    AliasSpec wish;
    if (object.at("aliases") == "copy") {
        wish.copied = true;
        return wish;
    }
    for (const json::value& name : array_member(object, "aliases")) {
        if (!name.is_string()) {
            refuse("\"aliases\" holds something else than strings");
        }
        wish.templates.emplace_back(name.get_string());
    }
    return wish;
}

std::uint8_t steps_of(const json::value& names) {
    unsigned steps = 0;
    if (!names.is_array()) {
        refuse("\"differences\" holds something else than arrays");
    }
    for (const json::value& name : names.get_array()) {
        const std::optional<SyncStep> step =
            name.is_string() ? sync_step_named(name.get_string()) : std::nullopt;
        if (!step) {
            refuse("\"differences\" names something that this keyferry does not know");
        }
        steps |= *step;
    }
    return static_cast<std::uint8_t>(steps);
}

/// Reads the lines one after the other.
class PlanReader {
  public:
    explicit PlanReader(std::string_view text) : text_(text) {}

    io::Parsed<SavedPlan> read() {
        try {
            read_header(next_line());
            for (std::uint64_t group = 0; group < groups_; ++group) {
                read_group(next_line());
            }
            for (std::uint64_t policy = 0; policy < policies_; ++policy) {
                copied_policies_.push_back(
                    std::make_shared<const std::string>(text_member(next_line(), "policy")));
            }
            saved_.plan.keys.reserve(keys_);
            saved_.plan.jobs.reserve(jobs_);
            for (std::uint64_t key = 0; key < keys_; ++key) {
                read_key(next_line());
            }
            read_end();
        } catch (const LineProblem& problem) {
            return io::ParseProblem{fmt::format("line {}: {}", line_, problem.text)};
        }
        return std::move(saved_);
    }

  private:
    json::object next_line() {
        ++line_;
        line_begin_ = at_;
        const std::size_t end = text_.find('\n', at_);
        if (end == std::string_view::npos) {
            refuse("the file ends before its plan does: it was cut short");
        }
        const std::string_view line = text_.substr(at_, end - at_);
        at_ = end + 1;
        json::error_code error;
        json::value value = json::parse(line, error);
        if (error || !value.is_object()) {
            refuse("is no JSON object");
        }
        return std::move(value.get_object());
    }

    void read_header(const json::object& header) {
        if (text_member(header, "format") != kSavedPlanFormat) {
            refuse("is not the beginning of a saved plan");
        }
        const std::uint64_t version =
            count_member(header, "version", std::numeric_limits<std::int32_t>::max());
        if (version > kSavedPlanVersionOfCopies) {
            refuse(
                fmt::format("the plan is of version {}, and this keyferry reads up to {}: make "
                            "it anew, or use a newer keyferry",
                            version,
                            kSavedPlanVersionOfCopies));
        }
        has_copies_ = version == kSavedPlanVersionOfCopies;
        saved_.tool = text_member(header, "tool");
        saved_.made = text_member(header, "made");
        saved_.spec = text_member(header, "spec");
        saved_.spec_sha256 = text_member(header, "spec_sha256");
        saved_.plan.fleet_name = text_member(header, "fleet");
        saved_.review.is_surveyed = bool_member(header, "surveyed");
        saved_.review.calls =
            count_member(header, "calls", std::numeric_limits<std::int64_t>::max());
        if (header.contains("calls_by_quota")) {
            read_calls(array_member(header, "calls_by_quota"));
        }
        if (header.contains("keys_there")) {
            read_keys_there(array_member(header, "keys_there"));
        }
        saved_.plan.sha256 = text_member(header, "sha256");
        for (const json::value& value : array_member(header, "regions")) {
            saved_.plan.regions.push_back(region_of(value));
            numbers_.emplace(saved_.plan.regions.back().name(), numbers_.size());
        }
        if (!std::is_sorted(saved_.plan.regions.begin(), saved_.plan.regions.end()) ||
            numbers_.size() != saved_.plan.regions.size()) {
            refuse("\"regions\" are not sorted, or name one twice");
        }
        for (const json::value& pattern : array_member(header, "allowed_regions")) {
            if (!pattern.is_string()) {
                refuse("\"allowed_regions\" holds something else than strings");
            }
            saved_.plan.allowed_regions.emplace_back(pattern.get_string());
        }
        saved_.plan.keys_unseen = count_member(header, "keys_unseen", kFleetKeysMax);
        for (const json::value& selection : array_member(header, "selections")) {
            read_selection(selection);
        }
        groups_ = count_member(header, "groups", kFleetGroupsMax);
        policies_ = has_copies_ ? count_member(header, "policies", kFleetKeysMax) : 0;
        keys_ = count_member(header, "keys", kFleetKeysMax);
        jobs_ = count_member(header, "jobs", kFleetJobsMax);
        io::Parsed<RunSettings> settings = read_settings_json(object_member(header, "settings"));
        if (!settings) {
            refuse(settings.error().text);
        }
        saved_.plan.settings = *std::move(settings);
    }

    void read_selection(const json::value& value) {
        if (!value.is_object()) {
            refuse("\"selections\" holds something else than objects");
        }
        const json::object& object = value.get_object();
        const io::Parsed<io::AccountId> account =
            io::AccountId::parse(text_member(object, "account"));
        if (!account) {
            refuse(account.error().text);
        }
        Selection selection{text_member(object, "group"),
                            io::AccountRegion(*account, region_of(member(object, "primary"))),
                            {},
                            bool_member(object, "aliases"),
                            bool_member(object, "tags"),
                            bool_member(object, "searched")};
        for (const json::value& region : array_member(object, "regions")) {
            selection.regions.push_back(region_of(region));
        }
        saved_.plan.selections.push_back(std::move(selection));
    }

    void read_calls(const json::array& rows) {
        std::uint64_t sum = 0;
        for (const json::value& value : rows) {
            const json::array* row = value.if_array();
            if (row == nullptr || row->size() != 4 || !(*row)[0].is_string() ||
                !(*row)[2].is_string()) {
                refuse("\"calls_by_quota\" holds something else than account, Region, API, calls");
            }
            const io::Parsed<io::AccountId> account = io::AccountId::parse((*row)[0].get_string());
            const std::optional<io::KmsApi> api = io::kms_api_named((*row)[2].get_string());
            if (!account || !api) {
                refuse("\"calls_by_quota\" has an account or API that this keyferry does not know");
            }
            const std::uint64_t calls = count_of((*row)[3], "calls_by_quota", saved_.review.calls);
            saved_.review.calls_by_quota.push_back(
                QuotaCalls{io::AccountRegion(*account, region_of((*row)[1])), *api, calls});
            sum += calls;
        }
        if (sum != saved_.review.calls) {
            refuse("\"calls_by_quota\" does not add up to \"calls\"");
        }
    }

    void read_keys_there(const json::array& rows) {
        for (const json::value& value : rows) {
            const json::array* row = value.if_array();
            if (row == nullptr || row->size() != 3 || !(*row)[0].is_string()) {
                refuse("\"keys_there\" holds something else than account, Region, keys");
            }
            const io::Parsed<io::AccountId> account = io::AccountId::parse((*row)[0].get_string());
            if (!account) {
                refuse(account.error().text);
            }
            saved_.review.keys_there.emplace(
                io::AccountRegion(*account, region_of((*row)[1])),
                count_of((*row)[2], "keys_there", std::numeric_limits<std::int64_t>::max()));
        }
    }

    void read_group(const json::object& object) {
        PlannedGroup group;
        group.name = text_member(object, "group");
        group.parameters.policy = text_or_nothing(object, "policy");
        group.parameters.policy_is_template = bool_member(object, "policy_is_template");
        if (!member(object, "bypass").is_null()) {
            group.parameters.bypass_policy_lockout_safety_check = bool_member(object, "bypass");
        }
        group.parameters.description = text_or_nothing(object, "description");
        group.parameters.tags = tags_member(object);
        if (has_copies_) {
            group.parameters.copied = copied_member(object);
        }
        if (object.contains("aliases")) {
            group.parameters.aliases = aliases_member(object);
        }
        saved_.plan.groups.push_back(std::move(group));
    }

    void read_key(const json::object& object) {
        io::Parsed<io::KeyArn> arn = io::KeyArn::parse(text_member(object, "key"));
        if (!arn) {
            refuse(arn.error().text);
        }
        PlannedKey key{*std::move(arn), 0};
        if (groups_ == 0) {
            refuse("belongs to a group, and there is none");
        }
        key.group = static_cast<std::uint32_t>(count_member(object, "group", groups_ - 1));
        if (!saved_.plan.keys.empty() && !(saved_.plan.keys.back().primary < key.primary)) {
            refuse("keys are not sorted, or one is there twice");
        }
        const auto number = static_cast<std::uint32_t>(saved_.plan.keys.size());
        saved_.plan.keys.push_back(std::move(key));
        const JobIndex begin = static_cast<JobIndex>(saved_.plan.jobs.size());
        read_jobs(object_member(object, "jobs"), number);
        if (object.contains("extras")) {
            for (const json::value& extra : array_member(object, "extras")) {
                saved_.review.extras.push_back(ExtraReplica{number, region_of(extra).name()});
            }
        }
        if (object.contains("moved_to")) {
            saved_.review.moved_to.emplace(number, region_of(member(object, "moved_to")).name());
        }
        if (object.contains("deletion_dates")) {
            read_deletion_dates(object_member(object, "deletion_dates"), begin);
        }
        if (object.contains("differences")) {
            read_differences(object_member(object, "differences"), begin);
        }
        if (has_copies_ && object.contains("content")) {
            read_content(object_member(object, "content"), number);
        }
    }

    void read_content(const json::object& object, std::uint32_t key) {
        const CopiedParts& copied = copied_parts(saved_.plan, key);
        KeyContent content;
        if (copied.policy) {
            if (copied_policies_.empty()) {
                refuse("has a copied policy, and there is none");
            }
            content.policy =
                copied_policies_[count_member(object, "policy", copied_policies_.size() - 1)];
        }
        if (copied.description) {
            content.description = text_member(object, "description");
        }
        if (copied.tags) {
            content.tags = tags_member(object);
        }
        saved_.plan.contents.emplace(key, std::move(content));
    }

    void read_jobs(const json::object& reasons, std::uint32_t key) {
        std::vector<std::pair<std::uint32_t, ActionReason>> jobs;
        for (const auto& [name, regions] : reasons) {
            const std::optional<ActionReason> reason = action_reason_named(name);
            if (!reason || !regions.is_array()) {
                refuse("\"jobs\" has a reason that this keyferry does not know");
            }
            for (const json::value& value : regions.get_array()) {
                jobs.emplace_back(number_of(value), *reason);
            }
        }
        std::sort(jobs.begin(), jobs.end());
        for (std::size_t index = 0; index < jobs.size(); ++index) {
            if (index > 0 && jobs[index].first == jobs[index - 1].first) {
                refuse("a Region is there twice");
            }
            if (saved_.plan.jobs.size() == jobs_) {
                refuse("there are more jobs than the first line says");
            }
            saved_.plan.jobs.push_back(Job{key, jobs[index].first});
            JobVerdict verdict;
            verdict.reason = jobs[index].second;
            verdict.action = action_of(verdict.reason);
            saved_.review.verdicts.push_back(verdict);
        }
    }

    void read_deletion_dates(const json::object& dates, JobIndex begin) {
        for (const auto& [name, date] : dates) {
            const std::uint32_t region = number_of(json::value(name));
            for (JobIndex job = begin; job < saved_.plan.jobs.size(); ++job) {
                if (saved_.plan.jobs[job].region == region && date.is_number()) {
                    saved_.review.deletion_dates_s.emplace(job, date.to_number<double>());
                }
            }
        }
    }

    void read_differences(const json::object& differences, JobIndex begin) {
        for (const auto& [name, steps] : differences) {
            const std::uint32_t region = number_of(json::value(name));
            for (JobIndex job = begin; job < saved_.plan.jobs.size(); ++job) {
                if (saved_.plan.jobs[job].region == region) {
                    saved_.review.verdicts[job].steps = steps_of(steps);
                }
            }
        }
    }

    std::uint32_t number_of(const json::value& region) const {
        const json::string* name = region.if_string();
        const auto found =
            name == nullptr ? numbers_.end() : numbers_.find(std::string_view(*name));
        if (found == numbers_.end()) {
            refuse("names a Region that the first line does not");
        }
        return static_cast<std::uint32_t>(found->second);
    }

    void read_end() {
        if (saved_.plan.jobs.size() != jobs_) {
            refuse("there are fewer jobs than the first line says");
        }
        const json::object end = next_line();
        if (!bool_member(end, "end") || count_member(end, "lines", line_) != line_) {
            refuse("the last line does not say how many there are");
        }
        if (text_member(end, "checksum") != io::hex(io::sha256(text_.substr(0, line_begin_)))) {
            refuse(
                "the checksum is another: the file was changed since it was written. Make the "
                "plan anew");
        }
        if (at_ != text_.size()) {
            refuse("something stands behind the last line");
        }
        if (saved_.plan.sha256 != plan_sha256(saved_.plan)) {
            refuse("the plan's identity is not that of its jobs");
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t line_begin_ = 0;
    std::uint64_t line_ = 0;
    std::uint64_t groups_ = 0;
    std::uint64_t policies_ = 0;
    std::uint64_t keys_ = 0;
    std::uint64_t jobs_ = 0;
    bool has_copies_ = false;
    std::vector<SharedText> copied_policies_;
    std::map<std::string, std::size_t, std::less<>> numbers_;
    SavedPlan saved_;
};

}  // namespace

bool looks_like_saved_plan(std::string_view text) noexcept {
    return text.starts_with(kBeginning);
}

io::Parsed<SavedPlan> read_saved_plan(std::string_view text) {
    return PlanReader(text).read();
}

}  // namespace keyferry::planner
