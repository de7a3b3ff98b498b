// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/options/filter_options.hpp"

#include "io/file/read_file.hpp"
#include "planner/fleet/fleet_spec.hpp"
#include "planner/spec/key_lines.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace keyferry::cli {

namespace {

/// Reads "2/8".
bool read_shard(std::string_view text, planner::PlanFilter& filter) {
    const char* end = text.data() + text.size();
    std::uint32_t shard = 0;
    std::uint32_t shards = 0;
    const auto first = std::from_chars(text.data(), end, shard);
    if (first.ec != std::errc() || first.ptr == end || *first.ptr != '/') {
        return false;
    }
    const auto second = std::from_chars(first.ptr + 1, end, shards);
    if (second.ec != std::errc() || second.ptr != end || shard < 1 || shard > shards) {
        return false;
    }
    filter.shard = shard;
    filter.shards = shards;
    return true;
}

constexpr const char* kSection = "Filters";

/// Adds a repeatable option. Each occurrence takes only one value; otherwise, it would also consume
/// FLEET.
void add_list(Command command,
              const std::string& name,
              std::vector<std::string>& list,
              const std::string& text) {
    command.option(name, list, text).single_value().group(kSection);
}

/// Adds the keys in the key list at `path` to the filter, after those of --key.
void read_keys_file(const std::string& path, planner::PlanFilter& filter) {
    const auto text = io::read_input(path, planner::kKeysFileBytesMax);
    if (!text) {
        throw UsageError("--keys-file", text.error().text);
    }
    const std::string name = path == "-" ? "standard input" : path;
    const std::size_t keys_before = filter.keys.size();
    planner::for_each_key_line(*text, [&](const planner::KeyLine& line) {
        std::string problem;
        if (line.key.starts_with("arn:")) {
            const io::Parsed<io::KeyArn> arn = io::KeyArn::parse(line.key);
            problem = arn ? "" : arn.error().text;
        } else {
            const io::Parsed<io::KeyId> key_id = io::KeyId::parse(line.key);
            problem = key_id ? "" : key_id.error().text;
        }
        if (!problem.empty()) {
            throw UsageError("--keys-file",
                             fmt::format("{}:{}:{}: {}", name, line.line, line.column, problem));
        }
        filter.keys.emplace_back(line.key);
        return true;
    });
    filter.keys_in_file = filter.keys.size() - keys_before;
    if (filter.keys_in_file == 0) {
        throw UsageError("--keys-file", name + " contains no keys");
    }
    filter.keys_file = path;
}

void add_keys_file(Command command, planner::PlanFilter& filter) {
    command
        .parsed_option(
            "--keys-file",
            [&filter](const std::string& path) { read_keys_file(path, filter); },
            "Only the keys in FILE: one ID or ARN per line, '#' starts a comment; - is standard "
            "input. 'keyferry status JOURNAL --failed --format keys' writes such a file")
        .type_name("FILE")
        .group(kSection);
}

void add_shard(Command command, planner::PlanFilter& filter) {
    const auto read = [&filter](const std::string& text) {
        if (!read_shard(text, filter)) {
            throw UsageError("--shard",
                             "'" + text + "' is not a shard; write 2/8 for the second of eight");
        }
    };
    command
        .parsed_option("--shard",
                       read,
                       "Only shard I of N, to divide a fleet among machines. Each account belongs "
                       "to exactly one shard, so shards do not share quotas")
        .type_name("I/N")
        .group(kSection);
}

Option add_order(Command command, planner::PlanFilter& filter) {
    const auto read = [&filter](const std::string& word) {
        filter.order = word == "region"  ? planner::JobOrder::region
                       : word == "group" ? planner::JobOrder::group
                                         : planner::JobOrder::key;
    };
    return command
        .parsed_option("--order-by",
                       read,
                       "Order in which --first picks replicas [key]. Does not affect the order of "
                       "calls, which the scheduler determines from the quotas")
        .one_of({"key", "region", "group"})
        .group(kSection);
}

}  // namespace

void add_filter_options(Command command, FilterOptions& options) {
    planner::PlanFilter& filter = options.filter;
    add_list(command, "--key", filter.keys, "Only keys with this ID or ARN; glob, repeatable");
    add_keys_file(command, filter);
    add_list(command, "--region", filter.regions, "Only replicas in this Region; glob, repeatable");
    add_list(command, "--group", filter.groups, "Only this group; repeatable");
    add_shard(command, filter);
    Option first =
        command
            .option("--first",
                    filter.first,
                    "Only the first N replicas that match the other filters, for a trial run")
            .range(1, planner::kFleetJobsMax)
            .type_name("N")
            .group(kSection);
    add_order(command, filter).needs(first);
}

void add_only_option(Command command, FilterOptions& options) {
    const auto read = [&options](const std::string& name) {
        options.filter.actions.push_back(planner::job_action_named(name).value());
    };
    command.parsed_list("--only", read, "Only replicas with this action; repeatable")
        .one_of({"create", "exists", "sync", "unusable", "blocked"})
        .single_value()
        .group(kSection);
}

}  // namespace keyferry::cli
