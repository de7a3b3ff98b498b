// SPDX-License-Identifier: Apache-2.0
#include "planner/review/plan_filter.hpp"

#include "io/checksum/sha256.hpp"
#include "io/names/in_quotes.hpp"
#include "io/names/shell_word.hpp"
#include "planner/plan/group_name.hpp"
#include "planner/plan/plan_identity.hpp"
#include "planner/review/key_patterns.hpp"
#include "planner/text/glob.hpp"
#include "planner/text/suggestion.hpp"
#include "planner/text/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>

namespace keyferry::planner {

namespace {

constexpr std::size_t kMarkDigits = 8;

/// For each key, Region or group, whether it is selected.
using Choice = std::vector<bool>;

/// The selection of keys, Regions and groups, with one element per key, Region or group of the
/// plan.
struct Selected {
    Choice keys;
    Choice regions;
    Choice groups;
};

/// " (did you mean ...?)" for a key that is not in the plan. Considers only key IDs with the same
/// beginning or end, since there may be a million and a typo rarely affects both.
std::string near_key(const std::string& pattern, const Plan& plan) {
    constexpr std::size_t kSameBytes = 8;
    const bool is_arn = pattern.starts_with("arn:");
    const std::string_view id = std::string_view(pattern).substr(
        is_arn ? std::min(pattern.rfind('/') + 1, pattern.size()) : 0);
    const std::string_view begin = id.substr(0, kSameBytes);
    const std::string_view end = id.substr(id.size() - std::min(id.size(), kSameBytes));
    std::vector<std::string_view> candidates;
    for (const PlannedKey& key : plan.keys) {
        const std::string_view known = key.primary.key_id.text();
        if (known.starts_with(begin) || known.ends_with(end)) {
            candidates.push_back(known);
        }
    }
    return did_you_mean(id, candidates);
}

std::string near_region(const std::string& pattern, const Plan& plan) {
    std::vector<std::string_view> names;
    for (const io::Region& region : plan.regions) {
        names.push_back(region.name());
    }
    return did_you_mean(pattern, names);
}

std::string near_group(const std::string& pattern, const Plan& plan) {
    std::vector<std::string_view> names;
    for (const PlannedGroup& group : plan.groups) {
        names.push_back(group.name);
    }
    return did_you_mean(pattern, names);
}

/// Selects those of `count` elements for which matches(index, pattern) is true for at least one of
/// `patterns`. Selects all if `patterns` is empty. Stores the first pattern without any match in
/// `unmatched`.
template <typename Matches>
Choice choose(std::size_t count,
              const std::vector<std::string>& patterns,
              Matches matches,
              const std::string*& unmatched) {
    Choice choice(count, patterns.empty());
    for (const std::string& pattern : patterns) {
        bool is_matched = false;
        for (std::size_t i = 0; i < count; ++i) {
            if (matches(i, pattern)) {
                choice[i] = true;
                is_matched = true;
            }
        }
        if (!is_matched && unmatched == nullptr) {
            unmatched = &pattern;
        }
    }
    return choice;
}

io::ParseProblem no_match_error(std::string_view option,
                                const std::string& pattern,
                                const std::string& elements,
                                std::string_view advice) {
    return io::ParseProblem{fmt::format(
        "{} {} matches none of the plan's {}{}", option, io::in_quotes(pattern), elements, advice)};
}

/// Returns whether a selection replicates to a matching Region. The selection may currently find no
/// keys.
bool is_selecting_for(const Plan& plan, const std::string& pattern) {
    return std::any_of(plan.selections.begin(), plan.selections.end(), [&](const auto& selection) {
        return std::any_of(
            selection.regions.begin(), selection.regions.end(), [&](const io::Region& region) {
                return matches_glob(region.name(), pattern);
            });
    });
}

/// Selects the keys that match `patterns`; all if there are none. Stores the first pattern without
/// any match in `unmatched`.
Choice choose_keys(const Plan& plan,
                   const std::vector<std::string>& patterns,
                   const std::string*& unmatched) {
    Choice choice(plan.keys.size(), patterns.empty());
    if (patterns.empty()) {
        return choice;
    }
    KeyPatterns matcher(patterns);
    for (std::size_t k = 0; k < plan.keys.size(); ++k) {
        choice[k] = matcher.matches(plan.keys[k].primary);
    }
    const std::vector<const std::string*> missed = matcher.unmatched();
    unmatched = missed.empty() ? nullptr : missed.front();
    return choice;
}

/// Whether the plan contains every key that matches the pattern: its selections are resolved, and
/// no matching key is left out. Not if the selections found no keys, because this does not show
/// that the pattern is wrong.
bool lists_all_keys(const Plan& plan, const std::string& pattern) {
    return plan.keys_unseen == 0 && (plan.selections.empty() || !plan.keys.empty()) &&
           std::all_of(plan.selections.begin(),
                       plan.selections.end(),
                       [](const Selection& selection) { return selection.is_resolved; }) &&
           std::none_of(plan.keys_elsewhere.begin(),
                        plan.keys_elsewhere.end(),
                        [&](const KeyElsewhere& key) { return matches_key(key.primary, pattern); });
}

io::Parsed<Selected> choose_by_patterns(const Plan& plan, const PlanFilter& filter) {
    Selected selected;
    const std::string* unmatched = nullptr;
    selected.keys = choose_keys(plan, filter.keys, unmatched);
    if (unmatched != nullptr && lists_all_keys(plan, *unmatched)) {
        return no_match_error(
            filter.keys_file.empty() ? filter.key_option : filter.key_option + " or --keys-file:",
            *unmatched,
            counted(plan.keys.size(), "key"),
            near_key(*unmatched, plan));
    }
    const auto region_matches = [&](std::size_t r, const std::string& pattern) {
        return matches_glob(plan.regions[r].name(), pattern);
    };
    unmatched = nullptr;
    selected.regions = choose(plan.regions.size(), filter.regions, region_matches, unmatched);
    if (unmatched != nullptr && !is_selecting_for(plan, *unmatched)) {
        return no_match_error("--region",
                              *unmatched,
                              counted(plan.regions.size(), "Region"),
                              near_region(*unmatched, plan));
    }
    unmatched = nullptr;
    const auto group_matches = [&](std::size_t g, const std::string& pattern) {
        return is_group_named(plan.groups[g].name, pattern);
    };
    selected.groups = choose(plan.groups.size(), filter.groups, group_matches, unmatched);
    if (unmatched != nullptr) {
        return no_match_error("--group",
                              *unmatched,
                              counted(plan.groups.size(), "group"),
                              near_group(*unmatched, plan));
    }
    return selected;
}

/// Deselects the keys of accounts that belong to other shards.
std::optional<io::ParseProblem> choose_shard(const Plan& plan,
                                             const PlanFilter& filter,
                                             Choice& keys) {
    if (filter.shards == 1) {
        return std::nullopt;
    }
    std::map<std::string_view, std::uint32_t> shard_of;  // shard number by account
    for (const PlannedKey& key : plan.keys) {
        shard_of.emplace(key.primary.account.digits(), 0);
    }
    if (shard_of.size() < filter.shards && plan.selections.empty()) {
        return io::ParseProblem{fmt::format(
            "--shard {}/{}: the plan has {} {}, and an account is never split between "
            "shards: use at most {}",
            filter.shard,
            filter.shards,
            shard_of.size(),
            shard_of.size() == 1 ? "account" : "accounts",
            shard_of.size() == 1 ? "1 shard" : fmt::format("{} shards", shard_of.size()))};
    }
    std::uint32_t next = 0;
    for (auto& [account, shard] : shard_of) {
        shard = next++ % filter.shards + 1;
    }
    for (std::size_t k = 0; k < plan.keys.size(); ++k) {
        if (shard_of[plan.keys[k].primary.account.digits()] != filter.shard) {
            keys[k] = false;
        }
    }
    return std::nullopt;
}

bool is_selected(JobAction action, const PlanFilter& filter) {
    return std::find(filter.actions.begin(), filter.actions.end(), action) != filter.actions.end();
}

/// Whether a key that is not part of the plan passes the filters that apply to its kind.
bool is_selected(const KeyElsewhere& key, const PlanFilter& filter) {
    const auto matches = [](const auto& patterns, auto&& test) {
        return patterns.empty() || std::any_of(patterns.begin(), patterns.end(), test);
    };
    return matches(filter.keys,
                   [&](const std::string& pattern) { return matches_key(key.primary, pattern); }) &&
           matches(filter.groups,
                   [&](const std::string& name) { return is_group_named(key.group, name); });
}

/// `verdicts` may be empty if the filter does not select by action.
std::vector<JobIndex> selected_jobs(const Plan& plan,
                                    const Selected& selected,
                                    const PlanFilter& filter,
                                    const std::vector<JobVerdict>& verdicts) {
    std::vector<JobIndex> jobs;
    for (JobIndex j = 0; j < plan.jobs.size(); ++j) {
        const Job& job = plan.jobs[j];
        if (selected.keys[job.key] && selected.regions[job.region] &&
            selected.groups[plan.keys[job.key].group] &&
            (filter.actions.empty() || is_selected(verdicts[j].action, filter))) {
            jobs.push_back(j);
        }
    }
    return jobs;
}

/// Keeps the first filter.first of `jobs` in the filter's order. Avoids sorting them: counts how
/// many jobs of each Region or group to keep, then keeps that many of each.
void keep_first(std::vector<JobIndex>& jobs, const Plan& plan, const PlanFilter& filter) {
    if (!filter.first || *filter.first >= jobs.size()) {
        return;
    }
    if (filter.order == JobOrder::key) {
        jobs.resize(*filter.first);
        return;
    }
    const auto rank_of = [&](JobIndex j) {
        const Job& job = plan.jobs[j];
        return filter.order == JobOrder::region ? job.region : plan.keys[job.key].group;
    };
    std::vector<std::uint64_t> left(std::max(plan.regions.size(), plan.groups.size()));
    for (const JobIndex j : jobs) {
        ++left[rank_of(j)];
    }
    std::uint64_t wanted = *filter.first;
    for (std::uint64_t& count : left) {
        count = std::min(count, wanted);
        wanted -= count;
    }
    std::erase_if(jobs, [&](JobIndex j) {
        std::uint64_t& count = left[rank_of(j)];
        if (count == 0) {
            return true;
        }
        --count;
        return false;
    });
}

/// Removes the unused elements. Returns the new index of each old element.
template <typename Element>
std::vector<std::uint32_t> remove_unused(std::vector<Element>& elements, const Choice& is_used) {
    std::vector<std::uint32_t> new_index(elements.size());
    std::uint32_t kept = 0;
    for (std::size_t i = 0; i < elements.size(); ++i) {
        new_index[i] = kept;
        if (is_used[i]) {
            if (kept != i) {
                elements[kept] = std::move(elements[i]);
            }
            ++kept;
        }
    }
    elements.erase(elements.begin() + kept, elements.end());
    return new_index;
}

/// Reduces `plan` to the jobs `kept` and what they use. Returns the old index of each remaining
/// key.
std::vector<std::uint32_t> keep_jobs(Plan& plan, const std::vector<JobIndex>& kept) {
    for (std::size_t j = 0; j < kept.size(); ++j) {
        plan.jobs[j] = plan.jobs[kept[j]];  // kept[j] >= j
    }
    plan.jobs.resize(kept.size());
    Choice keys(plan.keys.size());
    Choice regions(plan.regions.size());
    Choice groups(plan.groups.size());
    for (const Job& job : plan.jobs) {
        keys[job.key] = true;
        regions[job.region] = true;
        groups[plan.keys[job.key].group] = true;
    }
    const std::vector<std::uint32_t> new_group = remove_unused(plan.groups, groups);
    std::erase_if(plan.selections, [&](const Selection& selection) {
        // An unresolved selection may still find keys for the kept part.
        return selection.is_resolved &&
               std::none_of(plan.groups.begin(), plan.groups.end(), [&](const auto& group) {
                   return group.name == selection.group;
               });
    });
    const std::vector<std::uint32_t> new_region = remove_unused(plan.regions, regions);
    const std::vector<std::uint32_t> new_key = remove_unused(plan.keys, keys);
    for (PlannedKey& key : plan.keys) {
        key.group = new_group[key.group];
    }
    for (Job& job : plan.jobs) {
        job = Job{new_key[job.key], new_region[job.region]};
    }
    std::vector<std::uint32_t> kept_keys;
    kept_keys.reserve(plan.keys.size());
    KeyContents contents;
    std::map<std::uint32_t, io::Region> moved_from;
    for (std::uint32_t k = 0; k < keys.size(); ++k) {
        if (!keys[k]) {
            continue;
        }
        const auto moved = plan.moved_from.find(k);
        if (moved != plan.moved_from.end()) {
            moved_from.emplace(new_key[k], moved->second);
        }
        const auto content = plan.contents.find(k);
        if (content != plan.contents.end()) {
            contents.emplace(new_key[k], std::move(content->second));
        }
        kept_keys.push_back(k);
    }
    plan.contents = std::move(contents);
    plan.moved_from = std::move(moved_from);
    return kept_keys;
}

/// Returns the names of the options in use, for the error message if no job matches.
std::string options_text(const PlanFilter& filter) {
    std::string text;
    const auto add = [&](std::string_view option, bool is_used) {
        if (is_used) {
            text.append(text.empty() ? "" : ", ").append(option);
        }
    };
    add(filter.key_option, filter.keys.size() > filter.keys_in_file);
    add("--keys-file", !filter.keys_file.empty());
    add("--region", !filter.regions.empty());
    add("--group", !filter.groups.empty());
    add("--shard", filter.shards > 1);
    add("--only", !filter.actions.empty());
    add("--first", filter.first.has_value());
    return text;
}

/// Returns the jobs that pass `filter`, or the error of filter_plan(). `verdicts` may be empty if
/// the filter does not select by action.
io::Parsed<std::vector<JobIndex>> matching_jobs(const Plan& plan,
                                                const PlanFilter& filter,
                                                const std::vector<JobVerdict>& verdicts) {
    assert(filter.actions.empty() || verdicts.size() == plan.jobs.size());
    io::Parsed<Selected> selected = choose_by_patterns(plan, filter);
    if (!selected) {
        return selected.error();
    }
    if (std::optional<io::ParseProblem> problem = choose_shard(plan, filter, selected->keys)) {
        return *std::move(problem);
    }
    std::vector<JobIndex> jobs = selected_jobs(plan, *selected, filter, verdicts);
    keep_first(jobs, plan, filter);
    if (jobs.empty() && plan.selections.empty()) {
        const std::string options = options_text(filter);
        return io::ParseProblem{
            fmt::format("none of the plan's {} matches {}{}",
                        counted(plan.jobs.size(), "replica"),
                        options,
                        options.find(',') == std::string::npos ? "" : " together")};
    }
    return jobs;
}

/// Reduces `plan` to the jobs `kept`, which pass `filter`. Returns the old index of each remaining
/// key.
std::vector<std::uint32_t> keep_part(Plan& plan,
                                     const std::vector<JobIndex>& kept,
                                     const PlanFilter& filter) {
    std::erase_if(plan.keys_elsewhere,
                  [&](const KeyElsewhere& key) { return !is_selected(key, filter); });
    std::vector<std::uint32_t> keys = keep_jobs(plan, kept);
    plan.sha256 = plan_sha256(plan);
    return keys;
}

/// Returns `plan` as a part of itself.
PlanPart whole_part(const Plan& plan) {
    PlanPart part;
    part.jobs.resize(plan.jobs.size());
    std::iota(part.jobs.begin(), part.jobs.end(), 0U);
    part.keys.resize(plan.keys.size());
    std::iota(part.keys.begin(), part.keys.end(), 0U);
    return part;
}

}  // namespace

PlanFilter PlanFilter::before_review() const {
    PlanFilter filter;
    filter.keys = keys;
    filter.keys_file = keys_file;
    filter.key_option = key_option;
    filter.keys_in_file = keys_in_file;
    filter.groups = groups;
    filter.shard = shard;
    filter.shards = shards;
    return filter;
}

PlanFilter PlanFilter::after_review() const {
    PlanFilter filter;
    filter.regions = regions;
    filter.actions = actions;
    filter.first = first;
    filter.order = order;
    return filter;
}

PlanFilter PlanFilter::without_shard() const {
    PlanFilter filter = *this;
    filter.shard = 1;
    filter.shards = 1;
    return filter;
}

io::Parsed<Plan> filter_plan(Plan plan, const PlanFilter& filter) {
    if (filter.is_empty()) {
        return plan;
    }
    const io::Parsed<std::vector<JobIndex>> jobs = matching_jobs(plan, filter, {});
    if (!jobs) {
        return jobs.error();
    }
    keep_part(plan, *jobs, filter);
    return plan;
}

io::Parsed<PlanPart> filter(ReviewedPlan& reviewed, const PlanFilter& filter) {
    assert(reviewed.review.verdicts.size() == reviewed.plan.jobs.size());
    if (filter.is_empty()) {
        return whole_part(reviewed.plan);
    }
    io::Parsed<std::vector<JobIndex>> jobs =
        matching_jobs(reviewed.plan, filter, reviewed.review.verdicts);
    if (!jobs) {
        return jobs.error();
    }
    PlanPart part;
    part.jobs = *std::move(jobs);
    part.keys = keep_part(reviewed.plan, part.jobs, filter);
    reviewed.review = filter_review(reviewed.review, part);
    return part;
}

PlanReview filter_review(const PlanReview& review, const PlanPart& part) {
    PlanReview filtered;
    filtered.is_surveyed = review.is_surveyed;
    filtered.calls = review.calls;
    filtered.calls_by_quota = review.calls_by_quota;
    filtered.key_counts = review.key_counts;
    filtered.refused_accounts = review.refused_accounts;
    filtered.regions_enabled = review.regions_enabled;
    filtered.verdicts.reserve(part.jobs.size());
    for (JobIndex j = 0; j < part.jobs.size(); ++j) {
        filtered.verdicts.push_back(review.verdicts[part.jobs[j]]);
        const auto date = review.deletion_dates_s.find(part.jobs[j]);
        if (date != review.deletion_dates_s.end()) {
            filtered.deletion_dates_s.emplace(j, date->second);
        }
    }
    for (const ExtraReplica& extra : review.extras) {
        const auto key = std::lower_bound(part.keys.begin(), part.keys.end(), extra.key);
        if (key != part.keys.end() && *key == extra.key) {
            filtered.extras.push_back(
                ExtraReplica{static_cast<std::uint32_t>(key - part.keys.begin()), extra.region});
        }
    }
    for (std::uint32_t k = 0; k < part.keys.size(); ++k) {
        const auto region = review.moved_to.find(part.keys[k]);
        if (region != review.moved_to.end()) {
            filtered.moved_to.emplace(k, region->second);
        }
    }
    return filtered;
}

std::string filter_mark(const PlanFilter& filter) {
    std::string text = "keyferry-filter-1\n";
    const auto add_all = [&](std::string_view name, std::vector<std::string> patterns) {
        std::sort(patterns.begin(), patterns.end());
        patterns.erase(std::unique(patterns.begin(), patterns.end()), patterns.end());
        for (const std::string& pattern : patterns) {
            text += fmt::format("{} {}:{}\n", name, pattern.size(), pattern);
        }
    };
    add_all("key", filter.keys);
    add_all("region", filter.regions);
    add_all("group", filter.groups);
    for (std::size_t action = 0; action < kJobActions; ++action) {
        if (is_selected(static_cast<JobAction>(action), filter)) {
            text += fmt::format("only {}\n", name_of(static_cast<JobAction>(action)));
        }
    }
    text += fmt::format("shard {}/{}\n", filter.shard, filter.shards);
    if (filter.first) {
        text += fmt::format("first {} {}\n", *filter.first, static_cast<int>(filter.order));
    }
    return io::hex(io::sha256(text)).substr(0, kMarkDigits);
}

std::string filter_text(const PlanFilter& filter) {
    std::string text;
    const auto add = [&](std::string_view option, std::string_view value) {
        text += fmt::format("{}{} {}", text.empty() ? "" : " ", option, io::shell_word(value));
    };
    const auto add_all = [&](std::string_view option, std::span<const std::string> values) {
        for (const std::string& value : values) {
            add(option, value);
        }
    };
    add_all("--key", std::span(filter.keys).first(filter.keys.size() - filter.keys_in_file));
    if (!filter.keys_file.empty()) {
        add("--keys-file", filter.keys_file);
        text += fmt::format(" ({})", counted(filter.keys_in_file, "key"));
    }
    add_all("--region", filter.regions);
    add_all("--group", filter.groups);
    if (filter.shards > 1) {
        add("--shard", fmt::format("{}/{}", filter.shard, filter.shards));
    }
    for (const JobAction action : filter.actions) {
        add("--only", name_of(action));
    }
    if (filter.first) {
        add("--first", std::to_string(*filter.first));
        if (filter.order != JobOrder::key) {
            add("--order-by", filter.order == JobOrder::region ? "region" : "group");
        }
    }
    return text;
}

}  // namespace keyferry::planner
