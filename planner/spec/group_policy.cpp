// SPDX-License-Identifier: Apache-2.0
#include "planner/spec/group_policy.hpp"

#include "io/names/in_quotes.hpp"
#include "planner/policy/policy_check.hpp"
#include "planner/policy/policy_template.hpp"
#include "planner/text/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keyferry::planner {

namespace {

constexpr std::string_view kPolicyForms =
    "write policy = \"default\", \"copy\", { file = \"...\" }, { template = \"...\" } or "
    "{ inline = '...' }";
constexpr std::array<std::string_view, 2> kWords{"default", "copy"};
// Maximum size of a policy file that is read. The effective limit is kPolicyBytesMax, after the
// placeholders are filled in.
constexpr std::size_t kPolicyFileBytesMax = std::size_t{1} << 20;

/// The text of a policy, and how to map offsets in it to positions.
struct PolicyText {
    std::string text;
    bool is_template = false;
    SourcePosition named_at;  ///< position in the spec
    std::uint32_t file = 0;   ///< file of the text; 0 is the spec
    /// For inline text: its offset in the spec, if it appears there verbatim.
    std::optional<std::size_t> offset_in_spec;
};

/// Returns where inline text starts in the spec, after the quotes and the line break that follows
/// '''. Returns nullopt if the text has escapes, which make its offsets differ from those in the
/// spec.
std::optional<std::size_t> inline_offset(const Located<std::string>& text, std::string_view spec) {
    std::size_t offset = offset_of(text.where, spec);
    if (offset == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view rest = spec.substr(offset);
    if (rest.starts_with("'''") || rest.starts_with("\"\"\"")) {
        offset += 3;
        for (const std::string_view line_break : {"\r\n", "\n"}) {
            if (spec.substr(offset).starts_with(line_break)) {
                offset += line_break.size();
                break;
            }
        }
    } else {
        offset += 1;
    }
    if (spec.substr(offset, text.value.size()) != text.value) {
        return std::nullopt;
    }
    return offset;
}

void report(const TextFinding& finding, const PolicyText& policy, const SpecSource& source) {
    if (policy.file != 0) {
        source.problems.add(
            finding.severity, position_in(policy.file, policy.text, finding.offset), finding.text);
    } else if (policy.offset_in_spec) {
        source.problems.add(finding.severity,
                            position_in(0, source.text, *policy.offset_in_spec + finding.offset),
                            finding.text);
    } else {
        const SourcePosition inside = position_in(0, policy.text, finding.offset);
        source.problems.add(
            finding.severity,
            policy.named_at,
            fmt::format(
                "line {}, column {} of this policy: {}", inside.line, inside.column, finding.text));
    }
}

std::optional<PolicyText> read_policy_table(const SpecNode& node, const SpecSource& source) {
    TableReader table(node, "policy", source.problems);
    PolicyText policy;
    std::optional<Located<std::string>> path = table.string("file");
    const std::optional<Located<std::string>> template_path = table.string("template");
    const std::optional<Located<std::string>> text = table.string("inline");
    table.finish();
    const std::size_t members = std::get<SpecNode::Table>(node.value).size();
    const int sources = (path ? 1 : 0) + (template_path ? 1 : 0) + (text ? 1 : 0);
    if (members == 0 || sources > 1) {
        source.problems.error(
            node.where, fmt::format("a policy must have exactly one source: {}", kPolicyForms));
        return std::nullopt;
    }
    if (text) {
        policy.text = text->value;
        policy.named_at = text->where;
        policy.offset_in_spec = inline_offset(*text, source.text);
        return policy;
    }
    policy.is_template = template_path.has_value();
    if (template_path) {
        path = template_path;
    }
    if (!path) {
        return std::nullopt;  // the error has been reported
    }
    std::optional<NamedFile> file = read_named_file(*path, kPolicyFileBytesMax, source);
    if (!file) {
        return std::nullopt;
    }
    policy.named_at = path->where;
    policy.file = file->index;
    policy.text = std::move(file->text);
    return policy;
}

void check_text(const PolicyText& policy,
                std::size_t longest_region_bytes,
                const SpecSource& source) {
    std::string filled = policy.text;
    if (policy.is_template) {
        for (const TextFinding& finding : check_placeholders(policy.text)) {
            report(finding, policy, source);
        }
        for (const TextFinding& finding : check_policy(mask_placeholders(policy.text))) {
            report(finding, policy, source);
        }
        const std::string longest_region(longest_region_bytes, 'x');
        filled = fill_template(
            policy.text, {longest_region, "111122223333", "mrk-00000000000000000000000000000000"});
    } else {
        for (const TextFinding& finding : check_policy(policy.text)) {
            report(finding, policy, source);
        }
    }
    if (filled.size() > kPolicyBytesMax) {
        source.problems.error(
            policy.named_at,
            fmt::format("the policy is {} bytes{}; KMS allows at most {}",
                        filled.size(),
                        policy.is_template ? " with its placeholders filled in" : "",
                        kPolicyBytesMax));
    }
}

void read_policy_value(const SpecNode& node,
                       std::size_t longest_region_bytes,
                       const SpecSource& source,
                       ReplicaParameters& parameters) {
    if (const auto* word = std::get_if<std::string>(&node.value)) {
        parameters.copied.policy = *word == "copy";
        if (std::find(kWords.begin(), kWords.end(), *word) == kWords.end()) {
            source.problems.error(node.where,
                                  fmt::format("{} is not a policy{}; {}",
                                              io::in_quotes(*word),
                                              did_you_mean(*word, kWords),
                                              kPolicyForms));
        }
        return;
    }
    if (!std::holds_alternative<SpecNode::Table>(node.value)) {
        source.problems.error(node.where,
                              fmt::format("policy cannot be {}; {}", kind_of(node), kPolicyForms));
        return;
    }
    std::optional<PolicyText> policy = read_policy_table(node, source);
    if (!policy) {
        return;
    }
    check_text(*policy, longest_region_bytes, source);
    // A template without placeholders is a plain policy: the plan must not depend on which of the
    // two forms the spec uses.
    parameters.policy_is_template = policy->is_template && has_placeholder(policy->text);
    if (policy->is_template && !parameters.policy_is_template) {
        source.problems.warning(policy->named_at,
                                "the template has no placeholder ({region}, {account}, {key_id}); "
                                "use file instead");
    }
    parameters.policy = std::move(policy->text);
}

}  // namespace

void read_policy(TableReader& group,
                 std::size_t longest_region_bytes,
                 const SpecSource& source,
                 ReplicaParameters& parameters) {
    const SpecNode* node = group.find("policy");
    if (node == nullptr) {
        source.problems.error(
            group.where(),
            fmt::format(
                "{} has no policy: KMS does not copy the primary's policy and would attach "
                "its default key policy; write policy = \"default\" to accept that, \"copy\" "
                "to use the primary's policy, or {{ file = \"...\" }}, {{ template = \"...\" }} or "
                "{{ inline = '...' }}",
                group.name()));
    } else {
        read_policy_value(*node, longest_region_bytes, source, parameters);
    }
    const auto bypass = group.boolean("bypass_policy_lockout_safety_check");
    if (!bypass) {
        return;
    }
    parameters.bypass_policy_lockout_safety_check = bypass->value;
    const auto* word = node == nullptr ? nullptr : std::get_if<std::string>(&node->value);
    if (bypass->value && word != nullptr && *word == "default") {
        source.problems.warning(bypass->where,
                                "KMS's default policy passes the safety check and needs no bypass; "
                                "remove bypass_policy_lockout_safety_check");
    }
}

}  // namespace keyferry::planner
