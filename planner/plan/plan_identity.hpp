// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"

#include <string>
#include <string_view>

namespace keyferry::planner {

// What a plan's SHA-256 is taken over, so that other programs can make it again:
//
//     keyferry-plan-1 LF
//     and for each key that has jobs, in the plan's order:
//     <ARN of the primary> SP <parameters> SP <Region> ("," <Region>)* [SP <content>] LF
//
// <parameters> is the SHA-256, in hexadecimal, over the members that the key's group sends along:
//
//     keyferry-parameters-1 LF
//     policy | policy-template | no-policy, bypass: true | false | not sent, description, tags,
//     copied: policy, description, tags
//
// <content> is there for a key of which Plan::contents has something, the SHA-256 over
//
//     keyferry-content-1 LF
//     policy-sha256, description, tags: those that are copied
//
// each text as "<length in bytes>:<text>". A template is hashed as it is written: together with the
// key and the Region it determines the policy, and a plan of a million jobs is hashed in
// milliseconds. Groups, their names and their order do not count.

/// 64 hexadecimal digits. `plan.sha256` itself is not looked at.
[[nodiscard]] std::string plan_sha256(const Plan& plan);

/// That of the same plan before KMS has told what is copied: of what its spec states.
[[nodiscard]] std::string sha256_without_contents(const Plan& plan);

/// The SHA-256, in hexadecimal, over what a group sends along: <parameters> above.
[[nodiscard]] std::string parameters_sha256(const ReplicaParameters& parameters);

/// Appends "<name> <length in bytes>:<text>" LF, the form of a text in all that is hashed here.
void append_hashed_text(std::string& out, std::string_view name, std::string_view text);

}  // namespace keyferry::planner
