// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"

#include <string>
#include <string_view>

namespace keyferry::planner {

// The input of a plan's SHA-256, so that other programs can reproduce it:
//
//     keyferry-plan-1 LF
//     then for each key with jobs, in plan order:
//     <ARN of the primary> SP <parameters> SP <Region> ("," <Region>)* [SP <content>] LF
//
// <parameters> is the SHA-256, in hexadecimal, of the parameters that the key's group sends:
//
//     keyferry-parameters-1 LF
//     policy | policy-template | no-policy, bypass: true | false | not sent, description, tags,
//     copied: policy, description, tags
//
// <content> is present for keys in Plan::contents. It is the SHA-256 of
//
//     keyferry-content-1 LF
//     policy-sha256, description, tags: those that are copied
//
// Every text is written as "<length in bytes>:<text>". A template is hashed with its placeholders,
// because the template, the key and the Region together determine the policy. This way, a plan of a
// million jobs can be hashed in milliseconds. Groups, their names and their order do not affect the
// hash.

/// Returns 64 hexadecimal digits. Ignores `plan.sha256`.
[[nodiscard]] std::string plan_sha256(const Plan& plan);

/// Returns the SHA-256, in hexadecimal, of the parameters that a group sends: <parameters> above.
[[nodiscard]] std::string parameters_sha256(const ReplicaParameters& parameters);

/// Appends "<name> <length in bytes>:<text>" LF, the form of every text hashed here.
void append_hashed_text(std::string& out, std::string_view name, std::string_view text);

}  // namespace keyferry::planner
