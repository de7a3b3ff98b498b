// SPDX-License-Identifier: Apache-2.0
#include "io/checksum/sha256.hpp"
#include "io/names/shell_word.hpp"
#include "planner/fleet/fleet_spec.hpp"
#include "planner/plan/plan_identity.hpp"
#include "planner/saved/plan_line.hpp"
#include "planner/saved/saved_plan.hpp"
#include "planner/saved/saved_settings.hpp"
#include "planner/saved/values_check.hpp"

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

/// An error in a line. Thrown and caught only in this file.
struct LineError {
    std::string text;
};

[[noreturn]] void fail(std::string text) {
    throw LineError{std::move(text)};
}

const json::value& member(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr) {
        fail(fmt::format("\"{}\" is missing", name));
    }
    return *value;
}

std::string text_member(const json::object& object, std::string_view name) {
    const json::value& value = member(object, name);
    if (!value.is_string()) {
        fail(fmt::format("\"{}\" is not a string", name));
    }
    return std::string(value.get_string());
}

std::optional<std::string> optional_text_member(const json::object& object, std::string_view name) {
    return member(object, name).is_null() ? std::nullopt : std::optional(text_member(object, name));
}

bool bool_member(const json::object& object, std::string_view name) {
    const json::value& value = member(object, name);
    if (!value.is_bool()) {
        fail(fmt::format("\"{}\" is not a boolean", name));
    }
    return value.get_bool();
}

std::uint64_t count_of(const json::value& value, std::string_view name, std::uint64_t most) {
    if (!value.is_int64() || value.get_int64() < 0 ||
        static_cast<std::uint64_t>(value.get_int64()) > most) {
        fail(fmt::format("\"{}\" is not an integer from 0 to {}", name, most));
    }
    return static_cast<std::uint64_t>(value.get_int64());
}

std::uint64_t count_member(const json::object& object, std::string_view name, std::uint64_t most) {
    return count_of(member(object, name), name, most);
}

const json::array& array_member(const json::object& object, std::string_view name) {
    const json::value& value = member(object, name);
    if (!value.is_array()) {
        fail(fmt::format("\"{}\" is not an array", name));
    }
    return value.get_array();
}

const json::object& object_member(const json::object& object, std::string_view name) {
    const json::value& value = member(object, name);
    if (!value.is_object()) {
        fail(fmt::format("\"{}\" is not an object", name));
    }
    return value.get_object();
}

/// Reads an object with a text for each account.
std::map<io::AccountId, std::string> accounts_member(const json::object& object,
                                                     std::string_view name) {
    std::map<io::AccountId, std::string> texts;
    for (const auto& [digits, text] : object_member(object, name)) {
        io::Parsed<io::AccountId> account = io::AccountId::parse(digits);
        if (!account || !text.is_string()) {
            fail(fmt::format("\"{}\" contains a member that is not an account and a text", name));
        }
        texts.emplace(*std::move(account), std::string(text.get_string()));
    }
    return texts;
}

io::Region region_of(const json::value& value) {
    if (!value.is_string()) {
        fail("a Region is not a string");
    }
    const io::Parsed<io::Region> region = io::Region::parse(value.get_string());
    if (!region) {
        fail(region.error().text);
    }
    return *region;
}

std::vector<io::Tag> tags_member(const json::object& object) {
    std::vector<io::Tag> tags;
    for (const json::value& value : array_member(object, "tags")) {
        const json::array* pair = value.if_array();
        if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string() ||
            !(*pair)[1].is_string()) {
            fail("a tag is not a pair of strings");
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
            fail("\"copied\" contains an unknown name");
        }
    }
    return copied;
}

AliasSpec aliases_member(const json::object& object) {
    AliasSpec spec;
    if (object.at("aliases") == "copy") {
        spec.copied = true;
        return spec;
    }
    for (const json::value& name : array_member(object, "aliases")) {
        if (!name.is_string()) {
            fail("\"aliases\" contains a value that is not a string");
        }
        spec.templates.emplace_back(name.get_string());
    }
    return spec;
}

std::uint8_t steps_of(const json::value& names) {
    unsigned steps = 0;
    if (!names.is_array()) {
        fail("\"differences\" contains a value that is not an array");
    }
    for (const json::value& name : names.get_array()) {
        const std::optional<SyncStep> step =
            name.is_string() ? sync_step_named(name.get_string()) : std::nullopt;
        if (!step) {
            fail("\"differences\" contains an unknown name");
        }
        steps |= *step;
    }
    return static_cast<std::uint8_t>(steps);
}

/// Reads the file line by line.
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
        } catch (const LineError& error) {
            return io::ParseProblem{fmt::format("line {}: {}", line_, error.text)};
        }
        return std::move(saved_);
    }

  private:
    json::object next_line() {
        ++line_;
        line_begin_ = at_;
        const std::size_t end = text_.find('\n', at_);
        if (end == std::string_view::npos) {
            fail("the file is truncated");
        }
        const std::string_view line = text_.substr(at_, end - at_);
        at_ = end + 1;
        json::error_code error;
        json::value value = json::parse(line, error);
        if (error || !value.is_object()) {
            fail("not a JSON object");
        }
        return std::move(value.get_object());
    }

    void read_header(const json::object& header) {
        if (text_member(header, "format") != kSavedPlanFormat) {
            fail("not the header of a saved plan");
        }
        const std::uint64_t version =
            count_member(header, "version", std::numeric_limits<std::int32_t>::max());
        check_version(version, header);
        read_provenance(header);
        saved_.plan.fleet_name = text_member(header, "fleet");
        saved_.review.is_surveyed = bool_member(header, "surveyed");
        saved_.review.calls =
            count_member(header, "calls", std::numeric_limits<std::int64_t>::max());
        read_calls(array_member(header, "calls_by_quota"));
        if (header.contains("keys_there")) {
            read_key_counts(array_member(header, "keys_there"));
        }
        if (header.contains("refused_accounts")) {
            saved_.review.refused_accounts = accounts_member(header, "refused_accounts");
        }
        saved_.plan.sha256 = text_member(header, "sha256");
        for (const json::value& value : array_member(header, "regions")) {
            saved_.plan.regions.push_back(region_of(value));
            numbers_.emplace(saved_.plan.regions.back().name(), numbers_.size());
        }
        if (!std::is_sorted(saved_.plan.regions.begin(), saved_.plan.regions.end()) ||
            numbers_.size() != saved_.plan.regions.size()) {
            fail("\"regions\" is not sorted or contains a duplicate");
        }
        for (const json::value& pattern : array_member(header, "allowed_regions")) {
            if (!pattern.is_string()) {
                fail("\"allowed_regions\" contains a value that is not a string");
            }
            saved_.plan.allowed_regions.emplace_back(pattern.get_string());
        }
        saved_.plan.keys_unseen = count_member(header, "keys_unseen", kFleetKeysMax);
        if (header.contains("keys_elsewhere")) {
            read_keys_elsewhere(array_member(header, "keys_elsewhere"));
        }
        for (const json::value& selection : array_member(header, "selections")) {
            read_selection(selection);
        }
        groups_ = count_member(header, "groups", kFleetGroupsMax);
        policies_ = count_member(header, "policies", kFleetKeysMax);
        keys_ = count_member(header, "keys", kFleetKeysMax);
        jobs_ = count_member(header, "jobs", kFleetJobsMax);
        io::Parsed<RunSettings> settings = read_settings_json(object_member(header, "settings"));
        if (!settings) {
            fail(settings.error().text);
        }
        saved_.plan.settings = *std::move(settings);
    }

    void read_provenance(const json::object& header) {
        PlanProvenance& provenance = saved_.provenance;
        provenance.tool = text_member(header, "tool");
        provenance.made = text_member(header, "made");
        provenance.spec = text_member(header, "spec");
        provenance.spec_sha256 = text_member(header, "spec_sha256");
        if (header.contains("callers")) {
            provenance.callers = accounts_member(header, "callers");
        }
        if (header.contains("filter")) {
            provenance.filter = text_member(header, "filter");
        }
        if (header.contains("whole_sha256")) {
            provenance.whole_sha256 = text_member(header, "whole_sha256");
        }
    }

    static void check_version(std::uint64_t version, const json::object& header) {
        if (version > kSavedPlanVersion) {
            fail(
                fmt::format("the plan has format version {}, but this version of keyferry reads "
                            "version {}; use a newer version of keyferry, or create the plan again",
                            version,
                            kSavedPlanVersion));
        }
        if (version < kSavedPlanVersion) {
            fail(
                fmt::format("the plan has format version {}, which this version of keyferry no "
                            "longer reads. Create it again: keyferry plan {} --out PLAN",
                            version,
                            io::shell_word(text_member(header, "spec"))));
        }
    }

    void read_keys_elsewhere(const json::array& keys) {
        for (const json::value& value : keys) {
            const json::array* pair = value.if_array();
            if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string() ||
                !(*pair)[1].is_string()) {
                fail("\"keys_elsewhere\" contains a value that is not [ARN, group]");
            }
            const io::Parsed<io::KeyArn> primary = io::KeyArn::parse((*pair)[0].get_string());
            if (!primary) {
                fail(primary.error().text);
            }
            saved_.plan.keys_elsewhere.emplace_back(*primary, std::string((*pair)[1].get_string()));
        }
    }

    void read_selection(const json::value& value) {
        if (!value.is_object()) {
            fail("\"selections\" contains a value that is not an object");
        }
        const json::object& object = value.get_object();
        const io::Parsed<io::AccountId> account =
            io::AccountId::parse(text_member(object, "account"));
        if (!account) {
            fail(account.error().text);
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
                fail("\"calls_by_quota\" contains a row that is not [account, Region, API, calls]");
            }
            const io::Parsed<io::AccountId> account = io::AccountId::parse((*row)[0].get_string());
            const std::optional<io::KmsApi> api = io::kms_api_named((*row)[2].get_string());
            if (!account || !api) {
                fail("\"calls_by_quota\" contains an invalid account or an unknown API");
            }
            const std::uint64_t calls = count_of((*row)[3], "calls_by_quota", saved_.review.calls);
            saved_.review.calls_by_quota.push_back(
                QuotaCalls{io::AccountRegion(*account, region_of((*row)[1])), *api, calls});
            sum += calls;
        }
        if (sum != saved_.review.calls) {
            fail("\"calls_by_quota\" does not add up to \"calls\"");
        }
    }

    void read_key_counts(const json::array& rows) {
        for (const json::value& value : rows) {
            const json::array* row = value.if_array();
            if (row == nullptr || row->size() != 3 || !(*row)[0].is_string()) {
                fail("\"keys_there\" contains a row that is not [account, Region, keys]");
            }
            const io::Parsed<io::AccountId> account = io::AccountId::parse((*row)[0].get_string());
            if (!account) {
                fail(account.error().text);
            }
            saved_.review.key_counts.emplace(
                io::AccountRegion(*account, region_of((*row)[1])),
                count_of((*row)[2], "keys_there", std::numeric_limits<std::int64_t>::max()));
        }
    }

    void read_group(const json::object& object) {
        PlannedGroup group;
        group.name = text_member(object, "group");
        group.parameters.policy = optional_text_member(object, "policy");
        group.parameters.policy_is_template = bool_member(object, "policy_is_template");
        if (!member(object, "bypass").is_null()) {
            group.parameters.bypass_policy_lockout_safety_check = bool_member(object, "bypass");
        }
        group.parameters.description = optional_text_member(object, "description");
        group.parameters.tags = tags_member(object);
        group.parameters.copied = copied_member(object);
        if (object.contains("aliases")) {
            group.parameters.aliases = aliases_member(object);
        }
        if (object.contains("primaries")) {
            for (const json::value& region : array_member(object, "primaries")) {
                group.primaries.push_back(region_of(region));
            }
        }
        if (const json::value* enabled = object.if_contains("enabled")) {
            // check_lines() refuses any other value.
            group.parameters.enabled = enabled->is_bool() ? EnabledSpec::no : EnabledSpec::copied;
        }
        saved_.plan.groups.push_back(std::move(group));
    }

    void read_key(const json::object& object) {
        io::Parsed<io::KeyArn> arn = io::KeyArn::parse(text_member(object, "key"));
        if (!arn) {
            fail(arn.error().text);
        }
        PlannedKey key{*std::move(arn), 0};
        if (groups_ == 0) {
            fail("the key belongs to a group, but the plan has no groups");
        }
        key.group = static_cast<std::uint32_t>(count_member(object, "group", groups_ - 1));
        if (!saved_.plan.keys.empty() && !(saved_.plan.keys.back().primary < key.primary)) {
            fail("the keys are not sorted or contain a duplicate");
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
        if (object.contains("moved_from")) {
            io::Region stated = region_of(member(object, "moved_from"));
            if (stated == saved_.plan.keys.back().primary.region) {
                fail("\"moved_from\" is the Region of the primary");
            }
            saved_.plan.moved_from.emplace(number, std::move(stated));
        }
        if (object.contains("deletion_dates")) {
            read_deletion_dates(object_member(object, "deletion_dates"), begin);
        }
        if (object.contains("differences")) {
            read_differences(object_member(object, "differences"), begin);
        }
        if (object.contains("content")) {
            read_content(object_member(object, "content"), number);
        }
    }

    void read_content(const json::object& object, std::uint32_t key) {
        const CopiedParts& copied = copied_parts(saved_.plan, key);
        KeyContent content;
        if (copied.policy) {
            if (copied_policies_.empty()) {
                fail("the key refers to a copied policy, but the plan has none");
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
                fail("\"jobs\" contains an unknown reason");
            }
            for (const json::value& value : regions.get_array()) {
                jobs.emplace_back(number_of(value), *reason);
            }
        }
        std::sort(jobs.begin(), jobs.end());
        for (std::size_t index = 0; index < jobs.size(); ++index) {
            if (index > 0 && jobs[index].first == jobs[index - 1].first) {
                fail("a Region appears twice");
            }
            if (saved_.plan.jobs.size() == jobs_) {
                fail("the plan has more jobs than its header states");
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
            fail("the line names a Region that is not in the header");
        }
        return static_cast<std::uint32_t>(found->second);
    }

    void read_end() {
        if (saved_.plan.jobs.size() != jobs_) {
            fail("the plan has fewer jobs than its header states");
        }
        const json::object end = next_line();
        if (!bool_member(end, "end") || count_member(end, "lines", line_) != line_) {
            fail("the last line does not state the correct number of lines");
        }
        if (text_member(end, "checksum") != io::hex(io::sha256(text_.substr(0, line_begin_)))) {
            fail(
                "the checksum does not match: the file was changed after it was written. Create "
                "the plan again");
        }
        if (at_ != text_.size()) {
            fail("there is data after the last line");
        }
        if (saved_.plan.sha256 != plan_sha256(saved_.plan)) {
            fail("the plan's sha256 does not match its jobs");
        }
        check_lines();
        if (const std::optional<std::string> problem = find_invalid_value(saved_)) {
            fail(fmt::format("{}. Create the plan again", *problem));
        }
    }

    /// Checks that every line contains what write_saved_plan() writes for the values that were
    /// read, so that nothing in the file is ignored. The order of members does not matter.
    void check_lines() {
        std::string_view rest = text_;
        std::uint64_t number = 0;
        std::optional<std::uint64_t> wrong;
        write_saved_plan(saved_, [&](std::string_view line) {
            ++number;
            const std::string_view ours = rest.substr(0, rest.find('\n') + 1);
            rest.remove_prefix(ours.size());
            const bool is_end = rest.empty();  // its checksum depends on the order of members
            if (!wrong && ours != line && !is_equivalent_line(ours, line, is_end)) {
                wrong = number;
            }
        });
        if (wrong || !rest.empty()) {
            line_ = wrong.value_or(number);
            fail("the line differs from what keyferry writes. Create the plan again");
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
    std::vector<SharedText> copied_policies_;
    std::map<std::string, std::size_t, std::less<>> numbers_;
    SavedPlan saved_;
};

}  // namespace

io::Parsed<SavedPlan> read_saved_plan(std::string_view text) {
    return PlanReader(text).read();
}

}  // namespace keyferry::planner
