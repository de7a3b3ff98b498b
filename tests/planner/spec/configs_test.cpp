// SPDX-License-Identifier: Apache-2.0
// Every example in configs/ loads and plans without diagnostics.
#include "planner/spec/load_fleet.hpp"
#include "tests/support/source_tree.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace keyferry::planner {
namespace {

io::Parsed<FileText> read_from_disk(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return io::ParseProblem{"cannot be opened"};
    }
    return FileText{std::string(std::istreambuf_iterator<char>(file), {})};
}

std::vector<std::string> example_specs() {
    std::vector<std::string> specs;
    for (const auto& entry : std::filesystem::directory_iterator(test::source_path("configs"))) {
        if (entry.path().extension() == ".toml") {
            specs.push_back(entry.path().string());
        }
    }
    return specs;
}

FleetLoad load_example(const std::string& path) {
    return load_fleet(read_from_disk(path)->text, path, read_from_disk);
}

TEST(Examples, load_and_plan_without_diagnostics) {
    const std::vector<std::string> specs = example_specs();
    EXPECT_GE(specs.size(), 5U);
    for (const std::string& spec : specs) {
        const FleetLoad loaded = load_example(spec);
        for (const Diagnostic& problem : loaded.problems) {
            ADD_FAILURE() << line_of(problem);
        }
        ASSERT_TRUE(loaded.plan || loaded.unresolved) << spec;
        EXPECT_FALSE(loaded.plan && loaded.plan->jobs.empty()) << spec;
    }
}

TEST(Examples, demo_has_600_replicas) {
    const FleetLoad loaded = load_example(test::source_path("configs/demo.toml"));
    ASSERT_TRUE(loaded.plan);
    EXPECT_EQ(loaded.plan->keys.size(), 200U);
    EXPECT_EQ(loaded.plan->jobs.size(), 600U);
    EXPECT_EQ(loaded.plan->regions.size(), 3U);
    EXPECT_TRUE(loaded.plan->groups[0].parameters.policy_is_template);
    EXPECT_EQ(loaded.plan->groups[0].parameters.tags.size(), 3U);
}

}  // namespace
}  // namespace keyferry::planner
