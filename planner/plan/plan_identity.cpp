// SPDX-License-Identifier: Apache-2.0
#include "planner/plan/plan_identity.hpp"

#include "io/checksum/sha256.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace keyferry::planner {

void append_hashed_text(std::string& out, std::string_view name, std::string_view text) {
    fmt::format_to(std::back_inserter(out), "{} {}:{}\n", name, text.size(), text);
}

namespace {

void append_optional(std::string& out,
                     std::string_view name,
                     const std::optional<std::string>& text) {
    if (text) {
        append_hashed_text(out, name, *text);
    } else {
        out.append("no-").append(name).append("\n");
    }
}

void append_tags(std::string& out, const std::vector<io::Tag>& tags) {
    for (const io::Tag& tag : tags) {
        append_hashed_text(out, "tag-key", tag.key);
        append_hashed_text(out, "tag-value", tag.value);
    }
}

/// Appends all ReplicateKey parameters except the key and the Region.
void append_parameters(std::string& out,
                       const std::optional<std::string>& policy,
                       bool policy_is_template,
                       const std::optional<bool>& bypass,
                       const std::optional<std::string>& description,
                       const std::vector<io::Tag>& tags) {
    if (policy && policy_is_template) {
        append_hashed_text(out, "policy-template", *policy);
    } else {
        append_optional(out, "policy", policy);
    }
    out.append("bypass ").append(!bypass ? "not-sent" : *bypass ? "true" : "false").append("\n");
    append_optional(out, "description", description);
    append_tags(out, tags);
}

void append_copied(std::string& out, const CopiedParts& copied) {
    out.append(copied.policy ? "copied policy\n" : "");
    out.append(copied.description ? "copied description\n" : "");
    out.append(copied.tags ? "copied tags\n" : "");
}

/// Hashes copied content. Each distinct policy is hashed once.
class ContentDigests {
  public:
    std::string of(const KeyContent& content) {
        std::string text = "keyferry-content-1\n";
        if (content.policy != nullptr) {
            append_hashed_text(text, "policy-sha256", digest_of(*content.policy));
        }
        if (content.description) {
            append_hashed_text(text, "description", *content.description);
        }
        if (content.tags) {
            text.append("tags\n");
            append_tags(text, *content.tags);
        }
        return io::hex(io::sha256(text));
    }

  private:
    const std::string& digest_of(const std::string& policy) {
        const auto [place, is_new] = policies_.try_emplace(&policy);
        if (is_new) {
            place->second = io::hex(io::sha256(policy));
        }
        return place->second;
    }

    std::unordered_map<const std::string*, std::string> policies_;
};

/// Returns the end of the line of the key with index `key`.
std::string end_of_line(const KeyContents& contents, std::uint32_t key, ContentDigests& digests) {
    const auto content = contents.find(key);
    return content == contents.end() ? "\n" : " " + digests.of(content->second) + "\n";
}

}  // namespace

std::string parameters_sha256(const ReplicaParameters& parameters) {
    std::string text = "keyferry-parameters-1\n";
    append_parameters(text,
                      parameters.policy,
                      parameters.policy_is_template,
                      parameters.bypass_policy_lockout_safety_check,
                      parameters.description,
                      parameters.tags);
    append_copied(text, parameters.copied);
    return io::hex(io::sha256(text));
}

std::string plan_sha256(const Plan& plan) {
    constexpr std::size_t kBatchBytes = 64 * 1024;
    std::vector<std::string> digests;
    digests.reserve(plan.groups.size());
    for (const PlannedGroup& group : plan.groups) {
        digests.push_back(parameters_sha256(group.parameters));
    }
    io::Sha256 hash;
    std::string batch = "keyferry-plan-1\n";
    ContentDigests digests_of_contents;
    std::uint32_t last_key = 0;
    bool in_key = false;
    for (const Job& job : plan.jobs) {
        if (!in_key || job.key != last_key) {
            if (in_key) {
                batch.append(end_of_line(plan.contents, last_key, digests_of_contents));
            }
            if (batch.size() >= kBatchBytes) {
                hash.update(batch);
                batch.clear();
            }
            const PlannedKey& key = plan.keys[job.key];
            batch.append(key.primary.text()).append(" ").append(digests[key.group]).append(" ");
            last_key = job.key;
            in_key = true;
        } else {
            batch.push_back(',');
        }
        batch.append(plan.regions[job.region].name());
    }
    if (in_key) {
        batch.append(end_of_line(plan.contents, last_key, digests_of_contents));
    }
    hash.update(batch);
    return io::hex(hash.finish());
}

std::string request_digest(const io::ReplicateKeyRequest& request) {
    std::string text = "keyferry-request-1\n";
    append_hashed_text(text, "key", request.key_id);
    append_hashed_text(text, "region", request.replica_region);
    append_parameters(text,
                      request.policy,
                      false,
                      request.bypass_policy_lockout_safety_check,
                      request.description,
                      request.tags);
    return io::hex(io::sha256(text));
}

}  // namespace keyferry::planner
