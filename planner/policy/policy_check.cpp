// SPDX-License-Identifier: Apache-2.0
#include "planner/policy/policy_check.hpp"

#include "io/names/in_quotes.hpp"
#include "io/names/utf8.hpp"
#include "planner/text/json_scan.hpp"
#include "planner/text/suggestion.hpp"

#include <boost/json/parser.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>

namespace keyferry::planner {

namespace {

constexpr std::array<std::string_view, 3> kPolicyMembers{"Version", "Id", "Statement"};
constexpr std::array<std::string_view, 9> kStatementMembers{"Sid",
                                                            "Effect",
                                                            "Principal",
                                                            "NotPrincipal",
                                                            "Action",
                                                            "NotAction",
                                                            "Resource",
                                                            "NotResource",
                                                            "Condition"};

/// Whether KMS accepts a character in a policy.
bool is_allowed(char32_t code_point) {
    return code_point == '\t' || code_point == '\n' || code_point == '\r' ||
           (code_point >= 0x20 && code_point <= 0xff);
}

/// Returns the first character that KMS would reject.
std::optional<TextFinding> check_characters(std::string_view policy) {
    for (std::size_t offset = 0; offset < policy.size();) {
        const io::Utf8Character character = io::first_character(policy.substr(offset));
        if (!character.is_valid) {
            return TextFinding{Severity::error, offset, "the policy is not valid UTF-8"};
        }
        if (!is_allowed(character.code_point)) {
            return TextFinding{
                Severity::error,
                offset,
                fmt::format("the policy contains the character {}; KMS accepts tab, line feed, "
                            "carriage return and U+0020 to U+00FF (write others as \\uXXXX)",
                            io::in_quotes(policy.substr(offset, character.bytes)))};
        }
        offset += character.bytes;
    }
    return std::nullopt;
}

std::optional<TextFinding> check_json(std::string_view policy) {
    boost::json::parse_options options;
    options.max_depth = kPolicyDepthMax;
    boost::json::parser parser({}, options);
    boost::system::error_code failure;
    std::size_t offset = parser.write_some(policy.data(), policy.size(), failure);
    if (!failure) {
        offset = skip_json_space(policy, offset);
        if (offset < policy.size()) {
            failure = boost::json::error::extra_data;
        }
    }
    if (!failure) {
        return std::nullopt;
    }
    return TextFinding{Severity::error,
                       std::min(offset, policy.size()),
                       fmt::format("the policy is not valid JSON: {}", failure.message())};
}

/// Checks the structure of a policy that is known to be valid JSON.
class FormCheck {
  public:
    explicit FormCheck(std::string_view policy) : policy_(policy) {}

    std::vector<TextFinding> run() && {
        const std::size_t root = skip_json_space(policy_, 0);
        if (policy_[root] != '{') {
            error(root, "a policy must be a JSON object: {\"Version\": ..., \"Statement\": [...]}");
            return std::move(findings_);
        }
        const std::vector<JsonMember> members = json_members(policy_, root);
        check_names(members, kPolicyMembers, "a policy");
        const JsonMember* statement = find(members, "Statement");
        if (statement == nullptr) {
            error(root, "the policy has no Statement");
        } else {
            check_statements(statement->value_offset);
        }
        return std::move(findings_);
    }

  private:
    void error(std::size_t offset, std::string text) {
        findings_.push_back(TextFinding{Severity::error, offset, std::move(text)});
    }
    void warning(std::size_t offset, std::string text) {
        findings_.push_back(TextFinding{Severity::warning, offset, std::move(text)});
    }

    static const JsonMember* find(const std::vector<JsonMember>& members, std::string_view name) {
        const auto found = std::find_if(members.begin(), members.end(), [&](const auto& member) {
            return member.name == name;
        });
        return found == members.end() ? nullptr : &*found;
    }

    void check_names(const std::vector<JsonMember>& members,
                     std::span<const std::string_view> known,
                     std::string_view what) {
        std::set<std::string_view> seen;
        for (const JsonMember& member : members) {
            if (!seen.insert(member.name).second) {
                error(member.name_offset,
                      fmt::format("{} appears twice in {}", io::in_quotes(member.name), what));
            } else if (std::find(known.begin(), known.end(), member.name) == known.end()) {
                warning(member.name_offset,
                        fmt::format("IAM does not define {} in {}{}",
                                    io::in_quotes(member.name),
                                    what,
                                    did_you_mean(member.name, known)));
            }
        }
    }

    void check_statements(std::size_t offset) {
        if (policy_[offset] == '{') {
            check_statement(offset);
        } else if (policy_[offset] == '[') {
            const std::vector<std::size_t> statements = json_elements(policy_, offset);
            if (statements.empty()) {
                error(offset,
                      "the policy has no statements: no principal could use or manage the key");
            }
            for (const std::size_t statement : statements) {
                if (policy_[statement] == '{') {
                    check_statement(statement);
                } else {
                    error(statement, "a statement must be a JSON object");
                }
            }
        } else {
            error(offset, "Statement must be a statement or an array of statements");
        }
    }

    void check_statement(std::size_t offset) {
        const std::vector<JsonMember> members = json_members(policy_, offset);
        check_names(members, kStatementMembers, "a statement");
        if (const JsonMember* effect = find(members, "Effect")) {
            const std::size_t value = effect->value_offset;
            const std::string text = policy_[value] == '"' ? json_string(policy_, value) : "";
            if (text != "Allow" && text != "Deny") {
                error(value, "Effect must be \"Allow\" or \"Deny\" (case-sensitive)");
            }
        } else {
            error(offset, "the statement has no Effect: write \"Effect\": \"Allow\" or \"Deny\"");
        }
        check_one_of(members,
                     offset,
                     {"Principal", "NotPrincipal"},
                     "every statement of a key policy needs a principal");
        check_one_of(members,
                     offset,
                     {"Action", "NotAction"},
                     "every statement needs the actions that it allows or denies");
        if (find(members, "Resource") == nullptr && find(members, "NotResource") == nullptr) {
            warning(offset,
                    "the statement has no Resource and therefore no effect: write \"Resource\": "
                    "\"*\", which in a key policy means this key");
        }
    }

    void check_one_of(const std::vector<JsonMember>& members,
                      std::size_t offset,
                      const std::pair<std::string_view, std::string_view>& names,
                      std::string_view reason) {
        const JsonMember* plain = find(members, names.first);
        const JsonMember* negated = find(members, names.second);
        if (plain == nullptr && negated == nullptr) {
            error(offset, fmt::format("the statement has no {}: {}", names.first, reason));
        } else if (plain != nullptr && negated != nullptr) {
            error(
                negated->name_offset,
                fmt::format("a statement can have {} or {}, not both", names.first, names.second));
        }
    }

    std::string_view policy_;
    std::vector<TextFinding> findings_;
};

}  // namespace

std::vector<TextFinding> check_policy(std::string_view policy) {
    std::vector<TextFinding> findings;
    if (std::optional<TextFinding> finding = check_json(policy)) {
        findings.push_back(*std::move(finding));
    } else {
        findings = FormCheck(policy).run();
    }
    // Outside JSON strings, the JSON parser has already reported such a character at the same
    // position.
    std::optional<TextFinding> character = check_characters(policy);
    if (character && std::none_of(findings.begin(), findings.end(), [&](const auto& finding) {
            return finding.offset == character->offset;
        })) {
        findings.push_back(*std::move(character));
    }
    return findings;
}

}  // namespace keyferry::planner
