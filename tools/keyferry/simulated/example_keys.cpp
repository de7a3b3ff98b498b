// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/simulated/example_keys.hpp"

#include "tools/simulator/requests/key_specs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <set>
#include <string_view>
#include <utility>

namespace keyferry::cli {

namespace {

constexpr std::chrono::hours kDay{24};

/// Derived from the group's name, so that the same fleet always has the same keys.
io::KeyId example_id(const planner::FleetGroup& group, int number) {
    std::vector<std::uint32_t> seeds(group.name.begin(), group.name.end());
    seeds.push_back(static_cast<std::uint32_t>(number));
    std::seed_seq sequence(seeds.begin(), seeds.end());
    std::mt19937_64 random(sequence);
    const std::uint64_t high = random();
    const std::uint64_t low = random();
    return io::KeyId::parse(fmt::format("mrk-{:016x}{:016x}", high, low)).value();
}

/// Returns a text that matches `pattern`. If the pattern has wildcards, the text is different for
/// each number.
std::string filled(std::string_view pattern, int number) {
    std::string text;
    bool is_numbered = false;
    for (const char c : pattern) {
        if (c == '*') {
            text += std::exchange(is_numbered, true) ? "" : fmt::format("example-{}", number);
        } else if (c == '?') {
            text += static_cast<char>('a' + number % 26);
        } else {
            text += c;
        }
    }
    return text;
}

const std::string& one_of(const std::vector<std::string>& texts, int number) {
    return texts[static_cast<std::size_t>(number) % texts.size()];
}

/// The first KeySpec that supports `usage`.
std::string spec_for(simulator::KeyUsage usage) {
    for (const simulator::KeySpecEntry& entry : simulator::key_specs()) {
        if (entry.use(usage) != nullptr) {
            return std::string(entry.name);
        }
    }
    return {};
}

io::WallTime wall_time(double epoch_s) {
    return io::WallTime(
        std::chrono::duration_cast<io::WallTime::duration>(std::chrono::duration<double>(epoch_s)));
}

io::WallTime created(const planner::KeySelector& selector) {
    constexpr double kUsually_s = 1767225600;  // 2026-01-01
    if (selector.created_from_s) {
        return wall_time(*selector.created_from_s);
    }
    return wall_time(selector.created_until_s.value_or(kUsually_s)) - kDay;
}

simulator::SeededKey selected_key(const planner::KeySelector& selector, int number) {
    simulator::SeededKey key;
    key.description = fmt::format("example key {}", number);
    key.created = created(selector);
    if (!selector.key_usages.empty()) {
        key.usage = simulator::key_usage_named(one_of(selector.key_usages, number));
    }
    if (!selector.key_specs.empty()) {
        key.key_spec = one_of(selector.key_specs, number);
    } else if (key.usage) {
        key.key_spec = spec_for(*key.usage);
    }
    if (!selector.origins.empty() && one_of(selector.origins, number) == "EXTERNAL") {
        key.origin = simulator::KeyOrigin::external;
    }
    if (!selector.states.empty()) {
        key.state = selector.states[static_cast<std::size_t>(number) % selector.states.size()];
    }
    for (const planner::TagCriterion& tag : selector.tags) {
        key.tags.emplace_back(tag.key, filled(one_of(tag.values, number), number));
    }
    return key;
}

simulator::SeededKey other_key(int number) {
    simulator::SeededKey key;
    key.description = fmt::format("example key {}, not selected", number);
    key.state = io::KeyState::disabled;
    return key;
}

void add_of_group(const planner::FleetGroup& group,
                  std::set<std::string>& aliases,
                  std::vector<simulator::StartingKey>& keys) {
    const planner::KeySelector& selector = *group.select;
    for (int n = 1; n <= kExampleKeysAGroup; ++n) {
        simulator::StartingKey key{
            io::KeyArn(group.home->region, group.home->account, example_id(group, n)),
            selected_key(selector, n),
            {}};
        if (!selector.aliases.empty()) {
            std::string alias = "alias/" + filled(one_of(selector.aliases, n), n);
            if (!aliases.insert(group.home->region.name() + " " + alias).second) {
                continue;  // an alias is unique in its Region
            }
            key.aliases.push_back(std::move(alias));
        }
        keys.push_back(std::move(key));
    }
    for (int n = 1; n <= kOtherKeysAGroup; ++n) {
        keys.push_back(simulator::StartingKey{
            io::KeyArn(
                group.home->region, group.home->account, example_id(group, kExampleKeysAGroup + n)),
            other_key(n),
            {}});
    }
}

/// DescribeKey's metadata for a key without replicas.
io::KeyMetadata metadata_of(const simulator::StartingKey& key) {
    io::KeyMetadata metadata(key.primary.key_id.text());
    metadata.creation_date_s =
        std::chrono::duration<double>(key.key.created.time_since_epoch()).count();
    metadata.key_spec = key.key.key_spec;
    if (const auto spec = simulator::key_spec_index(key.key.key_spec)) {
        metadata.key_usage =
            name_of(key.key.usage.value_or(simulator::key_specs()[*spec].uses.front().usage));
    }
    metadata.origin = name_of(key.key.origin);
    metadata.key_state = key.key.state;
    metadata.multi_region = true;
    metadata.multi_region_configuration.emplace();
    metadata.multi_region_configuration->type = io::MultiRegionKeyType::primary;
    metadata.multi_region_configuration->primary_key =
        io::RelatedKey{key.primary.text(), key.primary.region.name()};
    return metadata;
}

}  // namespace

std::vector<simulator::StartingKey> example_keys(const planner::FleetSpec& fleet) {
    std::vector<simulator::StartingKey> keys;
    std::set<std::string> aliases;
    for (const planner::FleetGroup& group : fleet.groups) {
        if (group.select && group.home) {
            add_of_group(group, aliases, keys);
        }
    }
    return keys;
}

void add_example_keys(simulator::KmsModel& model, const planner::FleetSpec& fleet) {
    for (const simulator::StartingKey& key : example_keys(fleet)) {
        static_cast<void>(simulator::add_starting_key(model, key));
    }
}

std::vector<planner::SelectedKey> find_example_keys(const planner::FleetSpec& fleet) {
    std::vector<planner::SelectedKey> found;
    for (const simulator::StartingKey& key : example_keys(fleet)) {
        const io::AccountRegion place(key.primary.account, key.primary.region);
        io::KeyMetadata metadata = metadata_of(key);
        for (std::uint32_t g = 0; g < fleet.groups.size(); ++g) {
            const planner::FleetGroup& group = fleet.groups[g];
            if (group.select && group.home == place &&
                planner::matches_metadata(*group.select, metadata) &&
                planner::matches_aliases(*group.select, key.aliases) &&
                planner::matches_tags(*group.select, key.key.tags)) {
                planner::SelectedKey& selected = found.emplace_back(key.primary);
                selected.group = g;
                selected.state = key.key.state;
                selected.configuration = *metadata.multi_region_configuration;
                selected.description = key.key.description;
                break;
            }
        }
    }
    return found;
}

}  // namespace keyferry::cli
