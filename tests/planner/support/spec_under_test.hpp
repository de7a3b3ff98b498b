// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/spec/load_fleet.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

using Files = std::map<std::string, std::string>;

inline FileReader reader_of(const Files& files) {
    return [&files](const std::string& path) -> io::Parsed<FileText> {
        const auto file = files.find(path);
        if (file == files.end()) {
            return io::ParseProblem{"No such file or directory"};
        }
        return FileText{file->second};
    };
}

inline FleetLoad load(std::string_view text, const Files& files = {}) {
    const FileReader reader = reader_of(files);
    return load_fleet(text, "fleet.toml", reader);
}

/// Returns all diagnostics as the user sees them.
inline std::vector<std::string> diagnostics(std::string_view text, const Files& files = {}) {
    std::vector<std::string> lines;
    for (const Diagnostic& problem : load(text, files).problems) {
        lines.push_back(line_of(problem));
    }
    return lines;
}

/// Returns the plan of a spec, which must not have diagnostics.
inline Plan plan_of(std::string_view text, const Files& files = {}) {
    FleetLoad loaded = load(text, files);
    for (const Diagnostic& problem : loaded.problems) {
        ADD_FAILURE() << line_of(problem);
    }
    return loaded.plan ? *std::move(loaded.plan) : Plan();
}

/// A fleet with one group: `group_lines` follow the lines that every group needs, from line 9 on.
inline std::string group_with(std::string_view group_lines) {
    return R"([fleet]
name = "test"
account = "111122223333"
primary = "us-east-1"
[[group]]
name = "orders"
keys = ["mrk-1234abcd12ab34cd56ef1234567890ab"]
replicate_to = ["eu-west-1"]
)" + std::string(group_lines);
}

inline const std::string kPolicyLine = "policy = \"default\"\n";

/// Formats every job as "<key ID prefix> <replica Region>", in order.
inline std::vector<std::string> replicas_of(const Plan& plan) {
    std::vector<std::string> replicas;
    for (const Job& job : plan.jobs) {
        const io::KeyArn arn = replica_arn(plan, job);
        replicas.push_back(arn.key_id.text().substr(0, 8) + " " + arn.region.name());
    }
    return replicas;
}

}  // namespace keyferry::planner
