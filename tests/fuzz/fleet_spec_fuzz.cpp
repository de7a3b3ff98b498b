// SPDX-License-Identifier: Apache-2.0
#include "planner/spec/load_fleet.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

// Interprets arbitrary bytes as a fleet spec and the files that it references. An input consists of
// a spec, a keys file and a policy file, separated by kSeparator. Any path in the spec resolves to
// the keys file if it ends in "keys", and to the policy file otherwise.

namespace keyferry::fuzz {
namespace {

constexpr std::string_view kSeparator = "\n----\n";
constexpr const char* kSpecFile = "fleet.toml";

struct Input {
    explicit Input(std::string_view bytes) {
        for (std::string* part : {&spec, &keys}) {
            const std::size_t end = std::min(bytes.find(kSeparator), bytes.size());
            *part = bytes.substr(0, end);
            bytes.remove_prefix(std::min(end + kSeparator.size(), bytes.size()));
        }
        policy = bytes;
    }

    std::string text() const {
        return spec + std::string(kSeparator) + keys + std::string(kSeparator) + policy;
    }
    const std::string& named(std::string_view path) const {
        return path == kSpecFile ? spec : path.ends_with("keys") ? keys : policy;
    }

    std::string spec;
    std::string keys;
    std::string policy;
};

planner::FleetLoad load(const Input& input) {
    return planner::load_fleet(
        input.spec, kSpecFile, [&](const std::string& path) -> io::Parsed<planner::FileText> {
            if (path.ends_with("none")) {
                return io::ParseProblem{"No such file or directory"};
            }
            return planner::FileText{input.named(path)};
        });
}

void require(bool holds, const char* invariant, const planner::Diagnostic* problem = nullptr) {
    if (!holds) {
        std::fprintf(stderr,
                     "broken invariant: %s %s\n",
                     invariant,
                     problem ? planner::line_of(*problem).c_str() : "");
        std::abort();
    }
}

/// Whether the position is in the text, or directly after one of its lines. Uses the number of
/// bytes as an upper bound for columns.
bool is_position_in(const std::string& text, const planner::Diagnostic& problem) {
    std::size_t begin = 0;
    for (std::uint32_t line = 1; line < problem.line; ++line) {
        begin = text.find('\n', begin);
        if (begin == std::string::npos) {
            return false;
        }
        ++begin;
    }
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    return problem.column >= 1 && problem.column <= end - begin + 1;
}

void check_problems(const std::vector<planner::Diagnostic>& problems, const Input& input) {
    std::set<std::string> files;
    const planner::Diagnostic* last = nullptr;
    for (const planner::Diagnostic& problem : problems) {
        require(is_position_in(input.named(problem.file), problem),
                "positions are in their file",
                &problem);
        require(problem.text.find('\n') == std::string::npos,
                "a diagnostic is a single line",
                &problem);
        require(!problem.text.empty(), "a diagnostic has text", &problem);
        if (problem.text.ends_with(" are not shown")) {
            continue;
        }
        const bool same_file = last != nullptr && last->file == problem.file;
        require(same_file || files.insert(problem.file).second, "diagnostics are grouped by file");
        require(last != nullptr || files.size() == 1,
                "the first diagnostic starts the first file",
                &problem);
        require(!same_file ||
                    std::tie(last->line, last->column) <= std::tie(problem.line, problem.column),
                "diagnostics are sorted",
                &problem);
        last = &problem;
    }
}

void check_invariants(const Input& input) {
    const planner::FleetLoad first = load(input);
    const bool has_errors = std::any_of(
        first.problems.begin(), first.problems.end(), [](const planner::Diagnostic& problem) {
            return problem.severity == planner::Severity::error;
        });
    require((first.plan || first.unresolved) != has_errors,
            "a plan or an unresolved fleet is returned if and only if there are no errors");
    require(!(first.plan && first.unresolved), "a plan and an unresolved fleet exclude each other");
    check_problems(first.problems, input);
    const planner::FleetLoad second = load(input);
    require(first.problems == second.problems, "loading is deterministic: diagnostics");
    if (first.unresolved) {
        require(first.unresolved->sha256 == second.unresolved->sha256,
                "loading is deterministic: identity");
        static_cast<void>(planner::plan_listed_keys(*first.unresolved));
    }
    if (first.plan) {
        require(!first.plan->jobs.empty(), "a plan has jobs");
        require(first.plan->sha256 == second.plan->sha256, "loading is deterministic: plan");
        for (const planner::Job& job : first.plan->jobs) {
            require(planner::replica_arn(*first.plan, job) != first.plan->keys[job.key].primary,
                    "a replica is not in the Region of its primary");
        }
    }
}

constexpr std::array<std::string_view, 39> kWords{"[fleet]\n",
                                                  "[[group]]\n",
                                                  "[region_sets]\n",
                                                  "[limits]\n",
                                                  "[[limits.quota]]\n",
                                                  "[retry]\n",
                                                  "[wait]\n",
                                                  "name = ",
                                                  "account = ",
                                                  "primary = ",
                                                  "keys = ",
                                                  "keys_file = ",
                                                  "replicate_to = ",
                                                  "exclude = ",
                                                  "policy = ",
                                                  "description = ",
                                                  "tags = ",
                                                  "file = ",
                                                  "template = ",
                                                  "inline = ",
                                                  "\"default\"",
                                                  "\"copy\"",
                                                  "\"a.keys\"",
                                                  "\"a.json\"",
                                                  "\"none\"",
                                                  "\"us-east-1\"",
                                                  "\"eu-west-1\"",
                                                  "\"cn-north-1\"",
                                                  "\"@a\"",
                                                  "\"111122223333\"",
                                                  "'''",
                                                  "\"\"\"",
                                                  "\"mrk-1234abcd12ab34cd56ef1234567890ab\"",
                                                  "true",
                                                  "1e309",
                                                  "\"5m\"",
                                                  "\\u202E",
                                                  "\xe2\x80\xae",
                                                  "1979-05-27"};

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
    const std::filesystem::path configs = KEYFERRY_SOURCE_DIR "/configs";
    Input seed("");
    seed.keys = text_of(configs / "archive.keys");
    seed.policy = text_of(configs / "policies/per-region-template.json");
    std::set<std::filesystem::path> specs;
    for (const auto& entry : std::filesystem::directory_iterator(configs)) {
        if (entry.path().extension() == ".toml") {
            specs.insert(entry.path());
        }
    }
    std::vector<std::string> seeds;
    for (const std::filesystem::path& spec : specs) {
        seed.spec = text_of(spec);
        seeds.push_back(seed.text());
    }
    return seeds;
}

}  // namespace keyferry::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    keyferry::fuzz::check_invariants(keyferry::fuzz::Input(
        std::string_view(reinterpret_cast<const char*>(data), data == nullptr ? 0 : size)));
    return 0;
}

/// Mutates bytes half of the time; otherwise, inserts a word of the spec format or replaces some
/// bytes with it.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data,
                                               std::size_t size,
                                               std::size_t size_max,
                                               unsigned int seed) {
    std::minstd_rand random(seed);
    if (random() % 2 == 0) {
        return LLVMFuzzerMutate(data, size, size_max);
    }
    std::string text(reinterpret_cast<const char*>(data), size);
    const std::size_t at = random() % (size + 1);
    const std::size_t replaced = random() % 2 == 0 ? 0 : random() % 24;
    text.replace(at, replaced, keyferry::fuzz::kWords[random() % keyferry::fuzz::kWords.size()]);
    const std::size_t length = std::min(text.size(), size_max);
    // NOLINTNEXTLINE(bugprone-not-null-terminated-result): bytes, and no C string
    std::memcpy(data, text.data(), length);
    return length;
}
