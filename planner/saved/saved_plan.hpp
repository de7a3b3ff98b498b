// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/plan_review.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace keyferry::planner {

// A plan in a file, to be looked at, signed off and run later. JSON Lines, so that jq and grep read
// it; in this order:
//
//     {"format":"keyferry-plan","version":1,"tool":"keyferry
//     0.1.0","made":"2026-11-24T18:00:00.000Z",
//      "spec":"fleet.toml","spec_sha256":"...","fleet":"payments","surveyed":true,"calls":12,
//      "calls_by_quota":[["111122223333","us-east-1","DescribeKey",12]],"sha256":"...",
//      "regions":["eu-west-1"],"allowed_regions":[],"selections":[],"keys_unseen":0,"groups":1,"keys":2,"jobs":2,
//      "settings":{...}}
//     {"group":"cards","policy":null,"policy_is_template":false,"bypass":null,"description":null,
//      "tags":[["team","cards"]]}
//     {"key":"arn:aws:kms:us-east-1:111122223333:key/mrk-...","group":0,
//      "jobs":{"absent":["eu-west-1"]},"extras":["us-west-2"]}
//     {"end":true,"lines":4,"checksum":"<SHA-256 of all bytes before this line>"}
//
// Where a group copies something of its primaries, the version is 2, and there are besides:
//
//     "policies":1                           in the first line
//     "copied":["policy","description"]      in the line of each group, empty where it copies
//     nothing
//     {"policy":"{...}"}                     lines behind the groups': policies that were copied,
//     by
//                                            number from 0; keys that have the same one share it
//     "content":{"policy":0,"description":"...","tags":[]}   in the lines of keys that were asked
//     for
//
// Where all keys of accounts in Regions were counted, the first line has
// "keys_there":[["111122223333","eu-west-1",1234]].
// A group of which the spec states aliases has "aliases":"copy", or their names. They are no part
// of the plan's SHA-256, since a run makes none. A key's jobs are sorted by reason
// (planner/plan_review.hpp), which says the action. `extras` and `moved_to`, `deletion_dates`
// ({"eu-west-1": epoch seconds}) and `differences`
// ({"eu-west-1": ["policy", "tags"]}) are there where they apply.
// `selections` names the groups that take the keys which KMS has:
// {"group":"cards","account":"111122223333","primary":"us-east-1","regions":["eu-west-1"],
//  "aliases":false,"tags":true,"searched":true}; the keys are those that were found.
// `calls_by_quota` is not there in plans of a keyferry that did not count so.
// `settings` has every member of the spec's [limits], [retry], [wait] and [prices]: a run of the
// file does not need the spec. The checksum is no signature: it finds what was cut short or changed
// by accident.
//
// Rejected: TOML (a million keys take minutes to parse), one JSON document (must be read whole to
// see its beginning), a binary form (nobody can review it).

inline constexpr std::string_view kSavedPlanFormat = "keyferry-plan";
/// The version that this program writes where nothing is copied.
inline constexpr int kSavedPlanVersion = 1;
/// The one where something is, and the highest that it reads: who knows version 1 only would attach
/// default policies.
inline constexpr int kSavedPlanVersionOfCopies = 2;
/// Longest file that is read: some 4 million keys.
inline constexpr std::size_t kSavedPlanBytesMax = std::size_t{1} << 30;

struct SavedPlan {
    Plan plan;
    PlanReview review;  ///< of the plan
    std::string tool;
    std::string made;         ///< when, UTC, "2026-11-24T18:00:00.000Z"
    std::string spec;         ///< the file that it was made from, as it was named
    std::string spec_sha256;  ///< identity of that spec's whole plan, before filters
};

/// Whether a file that begins so is meant to be a saved plan.
[[nodiscard]] bool looks_like_saved_plan(std::string_view text) noexcept;

/// Writes `saved` piece by piece. The same plan gives the same bytes, but for `made`.
void write_saved_plan(const SavedPlan& saved,
                      const std::function<void(std::string_view piece)>& sink);

/// Strict: every member there and of its kind, every number in range, checksum and identity right.
/// The problem's text begins with "line N: ".
[[nodiscard]] io::Parsed<SavedPlan> read_saved_plan(std::string_view text);

}  // namespace keyferry::planner
