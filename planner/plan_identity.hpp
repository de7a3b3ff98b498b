#pragma once

#include "planner/fleet_spec.hpp"
#include "planner/plan.hpp"

#include <string>

namespace keyferry {

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
std::string plan_sha256(const Plan& plan);

/// That of the same plan before KMS has told what is copied: of what its spec states.
std::string stated_sha256(const Plan& plan);

/// The identity of a spec whose groups select keys, `listed` being the plan of the keys that it
/// lists: 64 hexadecimal digits over that plan's and over each selection, where it looks, and what
/// it makes. Which keys there are does not count.
std::string selecting_spec_sha256(const FleetSpec& fleet, const Plan& listed);

}  // namespace keyferry
