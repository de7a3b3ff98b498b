// SPDX-License-Identifier: Apache-2.0
#include "planner/summary/permissions.hpp"

#include "planner/policy/policy_template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace keyferry::planner {

namespace {

using Names = std::vector<std::string>;

/// The primaries whose policy or tags are read: the listed keys, and the Regions of all keys,
/// including those that a selection finds.
struct PrimaryReads {
    std::vector<const io::KeyArn*> keys;
    std::set<std::string> regions;

    void add(const io::KeyArn& key) {
        keys.push_back(&key);
        regions.insert(key.region.name());
    }
};

/// The actions that keyferry must be able to perform in one account.
struct Needs {
    /// Primaries by the set of Regions to which they are replicated.
    std::map<Names, std::vector<const io::KeyArn*>> keys_by_replicas;
    std::set<std::string> replica_regions;
    std::set<std::string> primary_regions;
    std::set<std::string> partitions;
    std::size_t keys = 0;
    bool states_policy = false;   // the spec sets the policy, so --drift compares it
    bool checks_lockout = false;  // KMS checks that the caller of a run may change that policy
    bool bypasses_lockout_check = false;
    bool states_tags = false;  // the spec sets tags, so --drift compares them; a run also sends
                               // them
    bool states_description = false;
    bool states_aliases = false;
    std::set<std::string> alias_names;           // names of the aliases that the spec sets, as
                                                 // patterns
    std::set<std::string> copied_alias_regions;  // Regions of primaries whose aliases are copied
    PrimaryReads policies;                       // reads needed for copied policies
    PrimaryReads tags;                           // reads needed for copied tags and for selections
                                                 // by tag
    /// Listed keys in the other Regions in which the spec allows their primaries.
    std::deque<io::KeyArn> possible_primaries;
    /// Groups that select keys. The keys that they will find are not known in advance.
    std::vector<const Selection*> selections;

    /// Returns whether the IAM policy lists key ARNs individually.
    bool names_keys() const { return keys <= kNamedKeysMax && selections.empty(); }
};

/// Adds the parts that the spec sets, which --drift compares and sync changes.
void add_stated(const ReplicaParameters& parameters, const std::string& home, Needs& needs) {
    const bool states_policy = parameters.policy || parameters.copied.policy;
    const bool bypasses = parameters.bypass_policy_lockout_safety_check.value_or(false);
    needs.states_policy |= states_policy;
    needs.checks_lockout |= states_policy && !bypasses;
    needs.bypasses_lockout_check |= bypasses;
    needs.states_tags |= !parameters.tags.empty() || parameters.copied.tags;
    needs.states_description |= parameters.description || parameters.copied.description;
    needs.states_aliases |= parameters.aliases.any();
    if (parameters.aliases.copied) {
        needs.alias_names.insert("alias/*");
        needs.copied_alias_regions.insert(home);
    }
    for (const std::string& name : parameters.aliases.templates) {
        needs.alias_names.insert(fill_template(name, {"*", "*", "*"}));
    }
}

void add_selection(const Plan& plan, const Selection& selection, Needs& needs) {
    needs.selections.push_back(&selection);
    needs.primary_regions.insert(selection.home.region.name());
    needs.partitions.insert(std::string(selection.home.region.partition().name));
    for (const io::Region& region : selection.regions) {
        if (region != selection.home.region) {
            needs.replica_regions.insert(region.name());
        }
    }
    const std::string& home = selection.home.region.name();
    if (selection.needs_tags) {
        needs.tags.regions.insert(home);
    }
    for (const PlannedGroup& group : plan.groups) {
        if (group.name != selection.group) {
            continue;
        }
        const CopiedParts& copied = group.parameters.copied;
        add_stated(group.parameters, home, needs);
        if (copied.policy) {
            needs.policies.regions.insert(home);
        }
        if (copied.tags) {
            needs.tags.regions.insert(home);
        }
    }
}

/// Adds a listed key whose primary may be `primary`, with replicas in the sorted Regions
/// `replicas`.
void add_primary(const io::KeyArn& primary,
                 Names replicas,
                 const ReplicaParameters& parameters,
                 Needs& needs) {
    needs.primary_regions.insert(primary.region.name());
    add_stated(parameters, primary.region.name(), needs);
    if (parameters.copied.policy) {
        needs.policies.add(primary);
    }
    if (parameters.copied.tags) {
        needs.tags.add(primary);
    }
    const auto [keys, is_new] = needs.keys_by_replicas.try_emplace(std::move(replicas));
    if (is_new) {
        needs.replica_regions.insert(keys->first.begin(), keys->first.end());
    }
    keys->second.push_back(&primary);
}

/// Uses one pass for all accounts, since there can be a thousand accounts and a million jobs.
std::map<io::AccountId, Needs> needs_by_account(const Plan& plan) {
    std::map<io::AccountId, Needs> all;
    for (std::size_t j = 0; j < plan.jobs.size();) {
        const std::uint32_t key = plan.jobs[j].key;
        const PlannedKey& planned = plan.keys[key];
        Names replicas;
        for (; j < plan.jobs.size() && plan.jobs[j].key == key; ++j) {
            replicas.push_back(plan.regions[plan.jobs[j].region].name());
        }
        Needs& needs = all[planned.primary.account];
        needs.partitions.insert(std::string(planned.primary.region.partition().name));
        const PlannedGroup& group = plan.groups[planned.group];
        for (const io::Region& region : group.primaries) {
            if (region != planned.primary.region) {
                Names others = replicas;
                std::erase(others, region.name());
                others.push_back(planned.primary.region.name());
                std::sort(others.begin(), others.end());
                add_primary(needs.possible_primaries.emplace_back(planned.primary.in(region)),
                            std::move(others),
                            group.parameters,
                            needs);
            }
        }
        add_primary(planned.primary, std::move(replicas), group.parameters, needs);
        ++needs.keys;
    }
    for (const Selection& selection : plan.selections) {
        add_selection(plan, selection, all[selection.home.account]);
    }
    return all;
}

Names listed_all(const std::set<std::string>& names) {
    return {names.begin(), names.end()};
}

std::string comma_separated(const std::set<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

/// Returns a JSON array, on one line if it is short. `texts` contain no characters that JSON
/// escapes.
std::string array_json(const Names& texts, std::string_view indent) {
    constexpr std::size_t kLineMax = 62;
    std::string line;
    std::string lines;
    for (const std::string& text : texts) {
        line += fmt::format("{}\"{}\"", line.empty() ? "" : ", ", text);
        lines += fmt::format("{}\n{}  \"{}\"", lines.empty() ? "" : ",", indent, text);
    }
    return line.size() <= kLineMax ? "[" + line + "]" : fmt::format("[{}\n{}]", lines, indent);
}

struct Statement {
    std::string_view sid;
    std::string_view action;
    Names resources;
    std::vector<std::pair<std::string_view, Names>> conditions;  // all StringEquals
};

std::string statement_json(const Statement& statement, int number) {
    constexpr std::string_view kIndent = "      ";
    std::string json = fmt::format(
        "    {{\n      \"Sid\": \"{}{}\",\n      \"Effect\": \"Allow\",\n      \"Action\": "
        "\"{}\",\n"
        "      \"Resource\": {}",
        statement.sid,
        number,
        statement.action,
        array_json(statement.resources, kIndent));
    json += ",\n      \"Condition\": {\"StringEquals\": {";
    for (std::size_t c = 0; c < statement.conditions.size(); ++c) {
        json += fmt::format("{}\n        \"{}\": {}",
                            c == 0 ? "" : ",",
                            statement.conditions[c].first,
                            array_json(statement.conditions[c].second, "        "));
    }
    return json + "\n      }}\n    }";
}

/// Returns the ARN of the key `key_id`, which may contain wildcards, in `region` ("*": any).
std::string key_arn(std::string_view partition,
                    std::string_view region,
                    const io::AccountId& account,
                    std::string_view key_id) {
    return fmt::format("arn:{}:kms:{}:{}:key/{}", partition, region, account.digits(), key_id);
}

std::vector<Statement> replicate_statements(const Needs& needs, const io::AccountId& account) {
    constexpr std::string_view kAction = "kms:ReplicateKey";
    std::vector<Statement> statements;
    if (needs.names_keys()) {
        for (const auto& [replicas, keys] : needs.keys_by_replicas) {
            Names arns;
            for (const io::KeyArn* key : keys) {
                arns.push_back(key->text());
            }
            statements.push_back({"Replicate", kAction, arns, {{"kms:ReplicaRegion", replicas}}});
        }
        return statements;
    }
    std::map<std::pair<std::string, std::string>, std::set<std::string>> replicas_of;
    for (const auto& [replicas, keys] : needs.keys_by_replicas) {
        for (const io::KeyArn* key : keys) {
            auto& all =
                replicas_of[{std::string(key->region.partition().name), key->region.name()}];
            all.insert(replicas.begin(), replicas.end());
        }
    }
    for (const Selection* selection : needs.selections) {
        std::set<std::string>& all = replicas_of[{
            std::string(selection->home.region.partition().name), selection->home.region.name()}];
        for (const io::Region& region : selection->regions) {
            if (region != selection->home.region) {
                all.insert(region.name());
            }
        }
    }
    for (const auto& [home, replicas] : replicas_of) {
        statements.push_back({"Replicate",
                              kAction,
                              {key_arn(home.first, home.second, account, "mrk-*")},
                              {{"kms:MultiRegionKeyType", {"PRIMARY"}},
                               {"kms:ReplicaRegion", listed_all(replicas)}}});
    }
    return statements;
}

/// Returns ARNs with a wildcard for all multi-Region keys of the account.
Names all_keys(const Needs& needs, const io::AccountId& account) {
    Names arns;
    for (const std::string& partition : needs.partitions) {
        arns.push_back(key_arn(partition, "*", account, "mrk-*"));
    }
    return arns;
}

/// Allows `action` on `resources` for requests to `regions`.
Statement in_regions(std::string_view sid,
                     std::string_view action,
                     Names resources,
                     const std::set<std::string>& regions) {
    return {sid, action, std::move(resources), {{"aws:RequestedRegion", listed_all(regions)}}};
}

/// Returns the ARNs of the fleet's keys in any Region. A primary and its replicas have the same key
/// ID, so one ARN with Region "*" covers them all.
Names fleet_keys(const Needs& needs, const io::AccountId& account) {
    if (!needs.names_keys()) {
        return all_keys(needs, account);
    }
    Names arns;
    for (const auto& [replicas, keys] : needs.keys_by_replicas) {
        for (const io::KeyArn* key : keys) {
            arns.push_back(key_arn(key->region.partition().name, "*", account, key->key_id.text()));
        }
    }
    std::sort(arns.begin(), arns.end());
    // A key with several primary Regions is in the list once for each of them.
    arns.erase(std::unique(arns.begin(), arns.end()), arns.end());
    return arns;
}

Statement describe_statement(const Needs& needs, const io::AccountId& account) {
    std::set<std::string> regions = needs.replica_regions;
    regions.insert(needs.primary_regions.begin(), needs.primary_regions.end());
    return in_regions("ReadKeys", "kms:DescribeKey", fleet_keys(needs, account), regions);
}

/// Allows `action` on the fleet's replicas, but not on primaries, such as a key of another fleet
/// whose primary is in a replica Region of this one.
Statement on_replicas(std::string_view sid,
                      std::string_view action,
                      const Needs& needs,
                      const io::AccountId& account) {
    Statement statement =
        in_regions(sid, action, fleet_keys(needs, account), needs.replica_regions);
    statement.conditions.emplace_back("kms:MultiRegionKeyType", Names{"REPLICA"});
    return statement;
}

/// Adds the permission to read the policy or tags of primaries, if `reads` is not empty.
void add_primary_reads(std::string_view sid,
                       std::string_view action,
                       const PrimaryReads& reads,
                       const Needs& needs,
                       const io::AccountId& account,
                       std::vector<Statement>& statements) {
    if (reads.regions.empty()) {
        return;
    }
    std::set<std::string> listed;
    if (needs.selections.empty() && reads.keys.size() <= kNamedKeysMax) {
        for (const io::KeyArn* key : reads.keys) {
            listed.insert(key->text());
        }
    }
    Names arns = listed.empty() ? all_keys(needs, account) : listed_all(listed);
    statements.push_back(in_regions(sid, action, std::move(arns), reads.regions));
}

/// Adds the permissions that --drift needs to compare replicas with the spec.
void add_drift_reads(const Needs& needs,
                     const io::AccountId& account,
                     std::vector<Statement>& statements) {
    const Names keys = fleet_keys(needs, account);
    const std::set<std::string>& regions = needs.replica_regions;
    if (needs.states_policy) {
        statements.push_back(in_regions("ReadReplicaPolicy", "kms:GetKeyPolicy", keys, regions));
    }
    if (needs.states_tags) {
        statements.push_back(in_regions("ReadReplicaTags", "kms:ListResourceTags", keys, regions));
    }
    if (needs.states_aliases) {
        std::set<std::string> all = needs.replica_regions;
        all.insert(needs.copied_alias_regions.begin(), needs.copied_alias_regions.end());
        // kms:ListAliases supports only the resource "*".
        statements.push_back(in_regions("ReadAliases", "kms:ListAliases", {"*"}, all));
    }
}

/// Adds the permissions that sync and its undo need to change replicas, except for those that a run
/// already has: kms:TagResource, and kms:PutKeyPolicy unless the spec bypasses the lockout check.
void add_changes(const Needs& needs,
                 const io::AccountId& account,
                 std::vector<Statement>& statements) {
    const auto add = [&](std::string_view sid, std::string_view action) {
        statements.push_back(on_replicas(sid, action, needs, account));
    };
    if (needs.states_policy && !needs.checks_lockout) {
        add("ChangePolicy", "kms:PutKeyPolicy");
    }
    if (needs.states_tags) {
        add("RemoveTags", "kms:UntagResource");
    }
    if (needs.states_description) {
        add("ChangeDescription", "kms:UpdateKeyDescription");
    }
    if (needs.states_aliases) {
        // KMS requires both actions on the key and on the alias. Aliases have no key type.
        Names aliases;
        for (const std::string& partition : needs.partitions) {
            for (const std::string& name : needs.alias_names) {
                aliases.push_back(
                    fmt::format("arn:{}:kms:*:{}:{}", partition, account.digits(), name));
            }
        }
        const std::set<std::string>& regions = needs.replica_regions;
        add("CreateAliases", "kms:CreateAlias");
        statements.push_back(in_regions("AliasNames", "kms:CreateAlias", aliases, regions));
        add("DeleteAliases", "kms:DeleteAlias");
        statements.push_back(in_regions("OldAliasNames", "kms:DeleteAlias", aliases, regions));
    }
    // The spec always sets a state (Enabled by default), and an undo restores the other one.
    add("EnableKeys", "kms:EnableKey");
    add("DisableKeys", "kms:DisableKey");
}

/// Adds the permissions that a key selection needs: list operations, which IAM can allow only for
/// all keys or for none.
void add_key_search(const Needs& needs, std::vector<Statement>& statements) {
    std::set<std::string> homes;
    std::set<std::string> homes_with_aliases;
    for (const Selection* selection : needs.selections) {
        homes.insert(selection->home.region.name());
        if (selection->needs_aliases) {
            homes_with_aliases.insert(selection->home.region.name());
        }
    }
    if (!homes.empty()) {
        statements.push_back(
            {"ReadKeyList", "kms:ListKeys", {"*"}, {{"aws:RequestedRegion", listed_all(homes)}}});
    }
    if (!homes_with_aliases.empty()) {
        statements.push_back({"ReadAliasList",
                              "kms:ListAliases",
                              {"*"},
                              {{"aws:RequestedRegion", listed_all(homes_with_aliases)}}});
    }
}

std::vector<Statement> statements_of(const Needs& needs,
                                     const io::AccountId& account,
                                     PermittedWork work) {
    std::vector<Statement> statements = replicate_statements(needs, account);
    const std::set<std::string>& regions = needs.replica_regions;
    statements.push_back(in_regions("Create", "kms:CreateKey", {"*"}, regions));
    if (needs.states_tags) {
        statements.push_back(
            in_regions("Tag", "kms:TagResource", all_keys(needs, account), regions));
    }
    if (needs.checks_lockout) {
        // "The key policy must allow the calling principal to make a subsequent PutKeyPolicy
        // request" (KMS API reference, ReplicateKey). If the policy delegates to IAM, as with
        // :root, this depends on the IAM policy.
        statements.push_back(
            on_replicas("KeepPolicyChangeable", "kms:PutKeyPolicy", needs, account));
    }
    statements.push_back(describe_statement(needs, account));
    add_primary_reads("ReadPolicy", "kms:GetKeyPolicy", needs.policies, needs, account, statements);
    add_primary_reads("ReadTags", "kms:ListResourceTags", needs.tags, needs, account, statements);
    add_key_search(needs, statements);
    if (work >= PermittedWork::drift) {
        add_drift_reads(needs, account, statements);
    }
    if (work >= PermittedWork::sync) {
        add_changes(needs, account, statements);
    }
    return statements;
}

std::string document_of(const std::string& statements) {
    return "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n" + statements + "\n  ]\n}\n";
}

std::vector<std::string> policies_of(const Needs& needs,
                                     const io::AccountId& account,
                                     PermittedWork work) {
    std::vector<std::string> policies;
    std::string part;
    int number = 0;
    for (const Statement& statement : statements_of(needs, account, work)) {
        const std::string json = statement_json(statement, ++number);
        const std::string longer = part.empty() ? json : part + ",\n" + json;
        if (!part.empty() && iam_characters(document_of(longer)) > kIamPolicyCharactersMax) {
            policies.push_back(document_of(part));
            part = json;
        } else {
            part = longer;
        }
    }
    policies.push_back(document_of(part));
    return policies;
}

std::vector<std::string> checklist_of(const Needs& needs) {
    const std::string replicas = comma_separated(needs.replica_regions);
    const std::string primaries = comma_separated(needs.primary_regions);
    const std::string read_actions =
        fmt::format("{}{}{}",
                    needs.policies.regions.empty() ? "" : ", kms:GetKeyPolicy",
                    needs.tags.regions.empty() ? "" : ", kms:ListResourceTags",
                    needs.selections.empty() ? "" : ", kms:ListKeys, kms:ListAliases");
    const bool sends_policy = needs.checks_lockout;
    std::vector<std::string> lines{
        fmt::format("aws:RequestedRegion: must not deny kms:ReplicateKey{} and kms:DescribeKey in "
                    "{}, or kms:CreateKey{}{} and kms:DescribeKey in {}",
                    read_actions,
                    primaries,
                    needs.states_tags ? ", kms:TagResource" : "",
                    sends_policy ? ", kms:PutKeyPolicy" : "",
                    replicas),
        fmt::format("kms:ReplicaRegion: must not deny kms:ReplicateKey to {}", replicas),
        "kms:MultiRegion: must not deny kms:CreateKey when its value is true",
        fmt::format("kms:MultiRegionKeyType: must not deny kms:CreateKey{} when its value is "
                    "REPLICA, or kms:ReplicateKey when it is PRIMARY",
                    sends_policy ? " or kms:PutKeyPolicy" : ""),
        ("kms:KeyOrigin, kms:KeySpec, kms:KeyUsage: must not deny kms:CreateKey for the values of "
         "the primaries")};
    if (needs.states_tags) {
        lines.emplace_back(
            "aws:RequestTag, aws:TagKeys: must not deny kms:TagResource for the "
            "tags of the spec, and must not require other tags");
    }
    if (needs.bypasses_lockout_check) {
        lines.emplace_back(
            "kms:BypassPolicyLockoutSafetyCheck: must not deny kms:ReplicateKey or "
            "kms:CreateKey when its value is true");
    }
    lines.emplace_back(
        "Resource control policies, the role's permissions boundary and VPC endpoint "
        "policies must allow the same actions");
    return lines;
}

}  // namespace

std::size_t iam_characters(const std::string& policy) {
    return static_cast<std::size_t>(
        std::count_if(policy.begin(), policy.end(), [](char c) { return c != ' ' && c != '\n'; }));
}

std::vector<AccountPermissions> permissions_of(const Plan& plan, PermittedWork work) {
    std::vector<AccountPermissions> all;
    for (const auto& [account, needs] : needs_by_account(plan)) {
        all.push_back({account, policies_of(needs, account, work), checklist_of(needs)});
    }
    return all;
}

}  // namespace keyferry::planner
