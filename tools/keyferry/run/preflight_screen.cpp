// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/run/preflight_screen.hpp"

#include "engine/journal/format/room.hpp"
#include "planner/text/text_table.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace keyferry::cli {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kColumnsMax = 100;
constexpr std::size_t kProblemsShown = 5;

/// The minimum clock skew for a warning. AWS accepts signatures within 5 minutes of its own time.
constexpr milliseconds kSkewShown{60'000};

/// Adds the name of a check and its result, wrapped.
void add_line(std::string& screen, std::string_view about, std::string_view text) {
    screen += planner::wrapped(fmt::format("  {:<12}", about), text, kColumnsMax);
}

/// Adds a problem below the line of its check.
void add_problem(std::string& screen, std::string_view text) {
    screen += planner::wrapped(fmt::format("  {:<12}- ", ""), text, kColumnsMax);
}

/// Explains, using the account's opt-in status, why a Region rejects the caller and what to do.
std::string_view opt_in_text(const io::Region& region,
                             const std::optional<io::RegionOptIns>& opt_ins) {
    if (!io::is_opt_in_region(region)) {
        return "rejects these credentials";
    }
    const auto known = opt_ins ? opt_ins->find(region.name()) : io::RegionOptIns::const_iterator();
    if (!opt_ins || known == opt_ins->end()) {
        return "rejects these credentials; the account might not have enabled the Region";
    }
    switch (known->second) {
        case io::RegionOptIn::enabled:
            return "rejects these credentials, although the account has enabled the Region; "
                   "session tokens from STS's global endpoint are not valid there";
        case io::RegionOptIn::enabling:
            return "the account is enabling the Region, which may take hours";
        case io::RegionOptIn::disabling:
        case io::RegionOptIn::disabled:
            return "the account has not enabled the Region; enable it (aws account enable-region) "
                   "or remove it from the spec";
    }
    return "rejects these credentials";
}

std::string problem_text(const RegionProbe& probe, const std::optional<io::RegionOptIns>& opt_ins) {
    const io::Region& region = probe.place.region;
    if (probe.result == ProbeResult::no_response) {
        return fmt::format("{}: no response; its replicas wait until it responds. {}",
                           region.name(),
                           probe.message);
    }
    return fmt::format("{}: {}. {}", region.name(), opt_in_text(region, opt_ins), probe.message);
}

std::uint64_t responding(const PreflightFacts& facts) {
    return static_cast<std::uint64_t>(
        std::count_if(facts.regions.begin(), facts.regions.end(), [](const RegionProbe& probe) {
            return probe.result == ProbeResult::responds;
        }));
}

void add_regions(std::string& screen, const PreflightFacts& facts) {
    add_line(screen,
             "Regions",
             fmt::format("{} of {} respond", responding(facts), facts.regions.size()));
    std::size_t shown = 0;
    for (const RegionProbe& probe : facts.regions) {
        if (probe.result != ProbeResult::responds && shown++ < kProblemsShown) {
            add_problem(screen, problem_text(probe, facts.opt_ins));
        }
    }
    if (shown > kProblemsShown) {
        add_problem(screen, fmt::format("and {} more", shown - kProblemsShown));
    }
}

using CountsByReason = std::vector<std::pair<planner::ActionReason, std::uint64_t>>;

std::uint64_t total_of(const CountsByReason& counts) {
    std::uint64_t total = 0;
    for (const auto& [reason, count] : counts) {
        total += count;
    }
    return total;
}

/// Adds a problem per reason, with the remedy and `note`.
void add_reasons(std::string& screen, const CountsByReason& counts, std::string_view note = "") {
    for (const auto& [reason, count] : counts) {
        add_problem(screen,
                    fmt::format("{}: {}. {}{}",
                                planner::with_thousands(count),
                                name_of(reason),
                                planner::advice_on(reason),
                                note));
    }
}

boost::json::object reasons_json(const CountsByReason& counts) {
    boost::json::object object;
    for (const auto& [reason, count] : counts) {
        object[name_of(reason)] = count;
    }
    return object;
}

void add_keys(std::string& screen, const PreflightFacts& facts) {
    if (!facts.keys) {
        add_line(screen, "primaries", "not checked: " + facts.keys_not_checked);
        return;
    }
    const PreflightKeys& keys = *facts.keys;
    add_line(screen,
             "primaries",
             fmt::format("{} of {} can be replicated",
                         planner::with_thousands(keys.checked - total_of(keys.blocked) -
                                                 total_of(keys.uncertain)),
                         planner::with_thousands(keys.checked)));
    if (keys.no_response > 0) {
        add_problem(screen,
                    fmt::format("{} more: no response", planner::with_thousands(keys.no_response)));
    }
    add_reasons(screen, keys.blocked);
    add_reasons(screen, keys.uncertain, " The run tries to replicate them all the same.");
    add_line(screen,
             "replicas",
             fmt::format("{} to create, {} exist, {} unusable",
                         planner::with_thousands(keys.to_create),
                         planner::with_thousands(keys.existing),
                         planner::with_thousands(total_of(keys.unusable))));
    if (keys.not_in_saved_plan > 0) {
        add_reasons(screen, {{planner::ActionReason::not_in_saved_plan, keys.not_in_saved_plan}});
    }
    add_reasons(screen, keys.unusable);
}

void add_policies(std::string& screen, const PreflightFacts& facts) {
    add_line(screen,
             "policies",
             facts.policies.empty() ? std::string("ok")
                                    : planner::counted(facts.policies.size(), "finding"));
    for (const planner::Finding& finding : facts.policies) {
        add_problem(
            screen,
            fmt::format("{}: {} {}", name_of(finding.severity), finding.text, finding.advice));
    }
}

/// The largest clock difference in either direction; nullopt if no response had a date.
std::optional<milliseconds> clock_ahead(const PreflightFacts& facts) {
    std::optional<milliseconds> largest;
    for (const RegionProbe& probe : facts.regions) {
        if (probe.kms_ahead &&
            (!largest || std::chrono::abs(*probe.kms_ahead) > std::chrono::abs(*largest))) {
            largest = probe.kms_ahead;
        }
    }
    return largest;
}

std::string clock_text(const std::optional<milliseconds>& ahead) {
    if (!ahead) {
        return "not compared: KMS's responses had no date";
    }
    if (*ahead == milliseconds(0)) {
        return "matches KMS's clock";
    }
    const double seconds = std::chrono::duration<double>(std::chrono::abs(*ahead)).count();
    return fmt::format("{:.1f} s {} KMS's{}",
                       seconds,
                       *ahead > milliseconds(0) ? "behind" : "ahead of",
                       std::chrono::abs(*ahead) < kSkewShown
                           ? ""
                           : "; calls are signed with KMS's time where necessary. Correct the "
                             "clock, because the expiry of credentials is checked against it");
}

}  // namespace

std::string bytes_text(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 4> kUnits{"KB", "MB", "GB", "TB"};
    constexpr double kStep = 1000;
    if (bytes < static_cast<std::uint64_t>(kStep)) {
        return fmt::format("{} B", bytes);
    }
    double amount = static_cast<double>(bytes) / kStep;
    std::size_t unit = 0;
    while (amount >= kStep && unit + 1 < kUnits.size()) {
        amount /= kStep;
        ++unit;
    }
    return fmt::format("{:.1f} {}", amount, kUnits[unit]);
}

namespace {

std::string disk_text(const PreflightFacts& facts) {
    const engine::JournalRoom room(facts.journal_bytes);
    std::string text = bytes_text(room.reserved) + " reserved for the journal";
    if (room.still_needed > 0) {
        text += fmt::format(", up to {} in total", bytes_text(facts.journal_bytes));
    }
    if (facts.free_bytes) {
        text += fmt::format(", {} more free", bytes_text(*facts.free_bytes));
        if (*facts.free_bytes < room.still_needed) {
            text +=
                ", which may be too little. If the disk becomes full, the run stops without data "
                "loss";
        }
    }
    return text;
}

}  // namespace

std::string preflight_text(const PreflightFacts& facts) {
    std::string screen = "preflight (skip with --no-preflight)\n";
    add_line(screen, "identity", facts.identity);
    add_regions(screen, facts);
    add_keys(screen, facts);
    add_policies(screen, facts);
    add_line(screen, "clock", clock_text(clock_ahead(facts)));
    add_line(screen, "disk", disk_text(facts));
    screen.pop_back();
    return screen;
}

std::string preflight_json(const PreflightFacts& facts) {
    namespace json = boost::json;
    json::object object;
    object["identity"] = facts.identity;
    json::array& regions = object["regions"].emplace_array();
    for (const RegionProbe& probe : facts.regions) {
        json::object region;
        region["account"] = probe.place.account.digits();
        region["region"] = probe.place.region.name();
        region["result"] = name_of(probe.result);
        if (!probe.message.empty()) {
            region["message"] = probe.message;
        }
        if (probe.kms_ahead) {
            region["kms_clock_ahead_ms"] = probe.kms_ahead->count();
        }
        regions.push_back(std::move(region));
    }
    if (facts.keys) {
        json::object& keys = object["keys"].emplace_object();
        keys["checked"] = facts.keys->checked;
        keys["no_response"] = facts.keys->no_response;
        keys["blocked"] = reasons_json(facts.keys->blocked);
        keys["uncertain"] = reasons_json(facts.keys->uncertain);
        keys["not_in_saved_plan"] = facts.keys->not_in_saved_plan;
        keys["to_create"] = facts.keys->to_create;
        keys["existing"] = facts.keys->existing;
        keys["unusable"] = reasons_json(facts.keys->unusable);
    } else {
        object["keys_not_checked"] = facts.keys_not_checked;
    }
    json::array& policies = object["policies"].emplace_array();
    for (const planner::Finding& finding : facts.policies) {
        json::object one;
        one["severity"] = name_of(finding.severity);
        one["code"] = finding.code;
        one["replicas"] = finding.affected;
        policies.push_back(std::move(one));
    }
    object["journal_bytes"] = facts.journal_bytes;
    if (facts.free_bytes) {
        object["free_bytes"] = *facts.free_bytes;
    }
    json::object line;
    line["preflight"] = std::move(object);
    return json::serialize(line);
}

}  // namespace keyferry::cli
