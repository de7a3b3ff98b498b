// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/requests/request_checks.hpp"

#include "tools/simulator/requests/key_specs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace keyferry::simulator {

namespace {

// Constraints of the KMS service model (version 2014-11-01, as of May 2026).
constexpr std::size_t kPolicyMax = 131'072;
constexpr std::size_t kDescriptionMax = 8192;
constexpr std::size_t kTagKeyMax = 128;
constexpr std::size_t kTagValueMax = 256;
constexpr int kListKeysLimitMax = 1000;
constexpr int kListAliasesLimitMax = 100;      // documented
constexpr int kListResourceTagsLimitMax = 50;  // documented
constexpr std::size_t kPolicyNameMax = 128;
constexpr std::size_t kAliasNameMax = 256;
constexpr std::string_view kReservedAliases = "alias/aws/";
constexpr std::size_t kTagsMax = 50;

/// KMS's pattern for policy names, [\w]+, without the length check.
bool has_word_characters_only(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

void check_policy(const std::optional<std::string>& policy, ValidationFindings& findings) {
    if (!policy) {
        return;
    }
    findings.add_length(*policy, "policy", 1, kPolicyMax);
    if (!has_latin_1_only(*policy, "\t\n\r")) {
        findings.add(*policy,
                     "policy",
                     "Member must satisfy regular expression pattern: "
                     "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+");
    }
}

void check_description(const std::optional<std::string>& text, ValidationFindings& findings) {
    if (text) {
        findings.add_length(*text, "description", 0, kDescriptionMax);
    }
}

void check_tag_lengths(std::span<const io::Tag> tags, ValidationFindings& findings) {
    for (std::size_t i = 0; i < tags.size(); ++i) {
        const std::string member = fmt::format("tags.{}.member", i + 1);
        findings.add_length(tags[i].key, member + ".tagKey", 1, kTagKeyMax);
        findings.add_length(tags[i].value, member + ".tagValue", 0, kTagValueMax);
    }
}

bool begins_with_aws(std::string_view key) {
    constexpr std::string_view kReserved = "aws:";
    return key.size() >= kReserved.size() &&
           std::equal(kReserved.begin(), kReserved.end(), key.begin(), [](char want, char got) {
               return want == (got >= 'A' && got <= 'Z' ? static_cast<char>(got - 'A' + 'a') : got);
           });
}

void check_policy_name(const std::optional<std::string>& name, ValidationFindings& findings) {
    if (!name) {
        return;
    }
    findings.add_length(*name, "policyName", 1, kPolicyNameMax);
    if (!has_word_characters_only(*name)) {
        findings.add(*name, "policyName", "Member must satisfy regular expression pattern: [\\w]+");
    }
}

void check_alias_name(const std::string& name, ValidationFindings& findings) {
    findings.add_length(name, "aliasName", 1, kAliasNameMax);
    const bool fits = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view(":/_-").find(c) != std::string_view::npos;
    });
    if (!fits) {
        findings.add(name,
                     "aliasName",
                     "Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$");
    }
}

/// Checks alias names beyond the constraints of the service model.
std::optional<KmsRefusal> check_alias_form(std::string_view name) {
    constexpr std::string_view kPrefix = "alias/";
    if (name.substr(0, kPrefix.size()) != kPrefix) {
        return KmsRefusal(io::KmsErrorCode::validation,
                          "Alias must start with the prefix \"alias/\". Please see "
                          "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html");
    }
    if (name.find(':') != std::string_view::npos) {
        return KmsRefusal(io::KmsErrorCode::validation,
                          fmt::format("{} contains invalid characters for an alias", name));
    }
    return std::nullopt;
}

}  // namespace

std::optional<KmsRefusal> check_members(const io::ReplicateKeyRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    findings.add_region(request.replica_region, "replicaRegion");
    check_policy(request.policy, findings);
    check_description(request.description, findings);
    check_tag_lengths(request.tags, findings);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const io::DescribeKeyRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const io::CreateKeyRequest& request) {
    std::vector<std::string_view> usages;
    for (int i = 0; i <= static_cast<int>(KeyUsage::encapsulate_decapsulate); ++i) {
        usages.push_back(name_of(static_cast<KeyUsage>(i)));
    }
    std::vector<std::string_view> specs;
    for (const KeySpecEntry& spec : key_specs()) {
        specs.push_back(spec.name);
    }
    constexpr std::array<std::string_view, 4> kOrigins{
        "AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"};
    ValidationFindings findings;
    check_policy(request.policy, findings);
    check_description(request.description, findings);
    findings.add_enum(request.key_usage, "keyUsage", usages);
    findings.add_enum(request.key_spec, "keySpec", specs);
    findings.add_enum(request.origin, "origin", kOrigins);
    check_tag_lengths(request.tags, findings);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const io::ListKeysRequest& request) {
    ValidationFindings findings;
    findings.add_page(request.limit, kListKeysLimitMax, request.marker);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const io::ListAliasesRequest& request) {
    ValidationFindings findings;
    if (request.key_id) {
        findings.add_length(*request.key_id, "keyId", 1, kKeyIdMax);
    }
    findings.add_page(request.limit, kListAliasesLimitMax, request.marker);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const io::ListResourceTagsRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    findings.add_page(request.limit, kListResourceTagsLimitMax, request.marker);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const io::GetKeyPolicyRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    check_policy_name(request.policy_name, findings);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const io::PutKeyPolicyRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    check_policy_name(request.policy_name, findings);
    check_policy(request.policy, findings);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const io::TagResourceRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    check_tag_lengths(request.tags, findings);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const io::UntagResourceRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    for (std::size_t i = 0; i < request.tag_keys.size(); ++i) {
        findings.add_length(
            request.tag_keys[i], fmt::format("tagKeys.{}.member", i + 1), 1, kTagKeyMax);
    }
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const io::UpdateKeyDescriptionRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    check_description(request.description, findings);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const io::CreateAliasRequest& request) {
    ValidationFindings findings;
    check_alias_name(request.alias_name, findings);
    findings.add_length(request.target_key_id, "targetKeyId", 1, kKeyIdMax);
    auto refusal = findings.refusal();
    if (!refusal) {
        refusal = check_alias_form(request.alias_name);
    }
    const std::string_view name = request.alias_name;
    if (!refusal &&
        (name == "alias/" || name.substr(0, kReservedAliases.size()) == kReservedAliases)) {
        return KmsRefusal(io::KmsErrorCode::invalid_alias_name,
                          fmt::format("{} is not a valid alias name.", name));
    }
    return refusal;
}

std::optional<KmsRefusal> check_members(const io::UpdateAliasRequest& request) {
    ValidationFindings findings;
    check_alias_name(request.alias_name, findings);
    findings.add_length(request.target_key_id, "targetKeyId", 1, kKeyIdMax);
    auto refusal = findings.refusal();
    return refusal ? refusal : check_alias_form(request.alias_name);
}

std::optional<KmsRefusal> check_members(const io::DeleteAliasRequest& request) {
    ValidationFindings findings;
    check_alias_name(request.alias_name, findings);
    auto refusal = findings.refusal();
    return refusal ? refusal : check_alias_form(request.alias_name);
}

std::optional<KmsRefusal> check_tags(std::span<const io::Tag> tags) {
    if (tags.size() > kTagsMax) {
        return KmsRefusal(io::KmsErrorCode::tag, "Too many tags");
    }
    for (std::size_t i = 0; i < tags.size(); ++i) {
        if (begins_with_aws(tags[i].key)) {
            return KmsRefusal(io::KmsErrorCode::tag, "Tags beginning with aws: are reserved");
        }
        for (std::size_t earlier = 0; earlier < i; ++earlier) {
            if (tags[earlier].key == tags[i].key) {
                return KmsRefusal(io::KmsErrorCode::tag, "Duplicate tag keys");
            }
        }
    }
    return std::nullopt;
}

std::optional<KmsRefusal> check_tag_keys(std::span<const std::string> keys) {
    if (std::any_of(keys.begin(), keys.end(), begins_with_aws)) {
        return KmsRefusal(io::KmsErrorCode::tag, "Tags beginning with aws: are reserved");
    }
    return std::nullopt;
}

}  // namespace keyferry::simulator
