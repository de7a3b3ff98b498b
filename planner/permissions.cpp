#include "planner/permissions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace keyferry {

namespace {

using Names = std::vector<std::string>;

/// What a run does in one account.
struct Needs {
    /// Replica Regions -> primaries that go to exactly those.
    std::map<Names, std::vector<const KeyArn*>> keys_by_replicas;
    std::set<std::string> replica_regions;
    std::set<std::string> primary_regions;
    std::set<std::string> partitions;
    std::size_t keys = 0;
    bool sends_tags = false;
    // Of which something is copied.
    std::vector<const KeyArn*> keys_with_policy;
    std::vector<const KeyArn*> keys_with_tags;
};

Needs needs_of(const Plan& plan, const AccountId& account) {
    Needs needs;
    for (std::size_t j = 0; j < plan.jobs.size();) {
        const std::uint32_t key = plan.jobs[j].key;
        const PlannedKey& planned = plan.keys[key];
        Names replicas;
        for (; j < plan.jobs.size() && plan.jobs[j].key == key; ++j) {
            replicas.push_back(plan.regions[plan.jobs[j].region].name());
        }
        if (planned.primary.account != account) {
            continue;
        }
        needs.replica_regions.insert(replicas.begin(), replicas.end());
        needs.primary_regions.insert(planned.primary.region.name());
        needs.partitions.insert(std::string(planned.primary.region.partition().name));
        const ReplicaParameters& parameters = plan.groups[planned.group].parameters;
        needs.sends_tags |= !parameters.tags.empty() || parameters.copied.tags;
        if (parameters.copied.policy) {
            needs.keys_with_policy.push_back(&planned.primary);
        }
        if (parameters.copied.tags) {
            needs.keys_with_tags.push_back(&planned.primary);
        }
        needs.keys_by_replicas[std::move(replicas)].push_back(&planned.primary);
        ++needs.keys;
    }
    return needs;
}

Names listed_all(const std::set<std::string>& names) {
    return {names.begin(), names.end()};
}

std::string in_a_row(const std::set<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

/// Nothing of what is written here can hold a character that JSON would escape.
std::string array_json(const Names& texts, std::string_view indent) {
    std::string json = "[";
    for (const std::string& text : texts) {
        json += fmt::format("{}\n{}  \"{}\"", json.size() == 1 ? "" : ",", indent, text);
    }
    return json + fmt::format("\n{}]", indent);
}

struct Statement {
    std::string_view sid;
    std::string_view action;
    Names resources;
    std::vector<std::pair<std::string_view, Names>> conditions;  // all of StringEquals
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
    json += ",\n      \"Condition\": {\n        \"StringEquals\": {";
    for (std::size_t c = 0; c < statement.conditions.size(); ++c) {
        json += fmt::format("{}\n          \"{}\": {}",
                            c == 0 ? "" : ",",
                            statement.conditions[c].first,
                            array_json(statement.conditions[c].second, "          "));
    }
    return json + "\n        }\n      }\n    }";
}

/// An ARN of the account's keys whose ids look like `key_id`, in `region` ("*": any).
std::string key_arn(std::string_view partition,
                    std::string_view region,
                    const AccountId& account,
                    std::string_view key_id) {
    return fmt::format("arn:{}:kms:{}:{}:key/{}", partition, region, account.digits(), key_id);
}

std::vector<Statement> replicate_statements(const Needs& needs, const AccountId& account) {
    constexpr std::string_view kAction = "kms:ReplicateKey";
    std::vector<Statement> statements;
    if (needs.keys <= kNamedKeysMax) {
        for (const auto& [replicas, keys] : needs.keys_by_replicas) {
            Names arns;
            for (const KeyArn* key : keys) {
                arns.push_back(key->text());
            }
            statements.push_back({"Replicate", kAction, arns, {{"kms:ReplicaRegion", replicas}}});
        }
        return statements;
    }
    std::map<std::pair<std::string, std::string>, std::set<std::string>> replicas_of;
    for (const auto& [replicas, keys] : needs.keys_by_replicas) {
        for (const KeyArn* key : keys) {
            auto& all =
                replicas_of[{std::string(key->region.partition().name), key->region.name()}];
            all.insert(replicas.begin(), replicas.end());
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

/// Primaries and replicas have one key id: an ARN of any Region names them all.
Statement describe_statement(const Needs& needs, const AccountId& account) {
    Names arns;
    if (needs.keys <= kNamedKeysMax) {
        for (const auto& [replicas, keys] : needs.keys_by_replicas) {
            for (const KeyArn* key : keys) {
                arns.push_back(
                    key_arn(key->region.partition().name, "*", account, key->key_id.text()));
            }
        }
        std::sort(arns.begin(), arns.end());
    } else {
        for (const std::string& partition : needs.partitions) {
            arns.push_back(key_arn(partition, "*", account, "mrk-*"));
        }
    }
    std::set<std::string> regions = needs.replica_regions;
    regions.insert(needs.primary_regions.begin(), needs.primary_regions.end());
    return {"Look", "kms:DescribeKey", arns, {{"aws:RequestedRegion", listed_all(regions)}}};
}

/// To read of the primaries `keys`, where they are; nothing where there are none.
void add_reading(std::string_view sid,
                 std::string_view action,
                 const std::vector<const KeyArn*>& keys,
                 const AccountId& account,
                 std::vector<Statement>& statements) {
    std::set<std::string> arns;
    std::set<std::string> regions;
    for (const KeyArn* key : keys) {
        regions.insert(key->region.name());
        arns.insert(keys.size() <= kNamedKeysMax
                        ? key->text()
                        : key_arn(key->region.partition().name, "*", account, "mrk-*"));
    }
    if (!keys.empty()) {
        statements.push_back(
            {sid, action, listed_all(arns), {{"aws:RequestedRegion", listed_all(regions)}}});
    }
}

std::vector<Statement> statements_of(const Needs& needs, const AccountId& account) {
    std::vector<Statement> statements = replicate_statements(needs, account);
    const Names regions = listed_all(needs.replica_regions);
    statements.push_back({"Create", "kms:CreateKey", {"*"}, {{"aws:RequestedRegion", regions}}});
    if (needs.sends_tags) {
        Names arns;
        for (const std::string& partition : needs.partitions) {
            arns.push_back(key_arn(partition, "*", account, "mrk-*"));
        }
        statements.push_back({"Tag", "kms:TagResource", arns, {{"aws:RequestedRegion", regions}}});
    }
    statements.push_back(describe_statement(needs, account));
    add_reading("Policy", "kms:GetKeyPolicy", needs.keys_with_policy, account, statements);
    add_reading("ListTags", "kms:ListResourceTags", needs.keys_with_tags, account, statements);
    return statements;
}

std::string document_of(const std::string& statements) {
    return "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n" + statements + "\n  ]\n}\n";
}

}  // namespace

std::size_t iam_characters(const std::string& policy) {
    return static_cast<std::size_t>(
        std::count_if(policy.begin(), policy.end(), [](char c) { return c != ' ' && c != '\n'; }));
}

std::vector<std::string> iam_policies(const Plan& plan, const AccountId& account) {
    const Needs needs = needs_of(plan, account);
    std::vector<std::string> policies;
    if (needs.keys == 0) {
        return policies;
    }
    std::string part;
    int number = 0;
    for (const Statement& statement : statements_of(needs, account)) {
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

std::vector<std::string> scp_checklist(const Plan& plan, const AccountId& account) {
    const Needs needs = needs_of(plan, account);
    const std::string replicas = in_a_row(needs.replica_regions);
    const std::string primaries = in_a_row(needs.primary_regions);
    const std::string reading =
        fmt::format("{}{}",
                    needs.keys_with_policy.empty() ? "" : " and kms:GetKeyPolicy",
                    needs.keys_with_tags.empty() ? "" : " and kms:ListResourceTags");
    return {
        fmt::format("aws:RequestedRegion: no deny of kms:ReplicateKey{} in {}, nor of "
                    "kms:CreateKey, kms:TagResource and kms:DescribeKey in {}",
                    reading,
                    primaries,
                    replicas),
        fmt::format("kms:ReplicaRegion: no deny of kms:ReplicateKey to {}", replicas),
        fmt::format(
            "kms:PrimaryRegion: no deny of kms:ReplicateKey and kms:CreateKey for keys whose "
            "primary is in {}",
            primaries),
        "kms:MultiRegion: no deny of kms:CreateKey where it is true",
        "kms:MultiRegionKeyType: no deny of kms:CreateKey where it is REPLICA, nor of "
        "kms:ReplicateKey where it is PRIMARY",
    };
}

}  // namespace keyferry
