// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/policy/policy_document.hpp"

#include "io/names/lower_case.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <stdexcept>
#include <utility>

namespace keyferry::simulator {

namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 16;
constexpr std::size_t kStatementsMax = 1000;

constexpr const char* kSyntax = "Syntax errors in policy.";
constexpr const char* kNoPrincipal = "Policy contains a statement with no principal.";
constexpr const char* kInvalidPrincipal =
    "Policy contains a statement with one or more invalid principals.";
constexpr const char* kNoAction = "Policy contains a statement with no action.";
constexpr const char* kNoResource = "Policy contains a statement with no resource.";

[[noreturn]] void fail(const char* text) {
    throw std::invalid_argument(text);
}

std::string_view text_of(const json::value& value) {
    const json::string* text = value.if_string();
    if (text == nullptr) {
        fail(kSyntax);
    }
    return *text;
}

/// Reads a string or an array of strings.
std::vector<std::string> texts_of(const json::value& value) {
    std::vector<std::string> texts;
    if (const json::array* list = value.if_array()) {
        for (const json::value& item : *list) {
            texts.emplace_back(text_of(item));
        }
    } else {
        texts.emplace_back(text_of(value));
    }
    return texts;
}

bool is_unique_id(std::string_view text) {
    constexpr std::size_t kPrefixSize = 4;
    constexpr std::size_t kSizeMin = 16;
    const std::string_view prefix = text.substr(0, kPrefixSize);
    return text.size() >= kSizeMin && (prefix == "AIDA" || prefix == "AROA") &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
           });
}

bool is_account(std::string_view text) {
    constexpr std::size_t kDigits = 12;
    return text.size() == kDigits &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Whether IAM accepts `text` as the name of a user, a role or a session.
bool is_name(std::string_view text, std::size_t size_min = 1) {
    constexpr std::size_t kSizeMax = 64;
    return text.size() >= size_min && text.size() <= kSizeMax &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      std::string_view("_+=,.@-").find(c) != std::string_view::npos;
           });
}

/// Whether `text` is the name of a principal of this kind: "user/reader", "role/path/deployer".
bool is_named(std::string_view text, std::string_view kind) {
    if (!text.starts_with(kind)) {
        return false;
    }
    text.remove_prefix(kind.size());
    const std::size_t path = text.rfind('/') + 1;  // 0 if there is none
    const auto is_printable = [](char c) {
        return c > ' ' && c < '\x7f';
    };
    return is_name(text.substr(path)) &&
           std::all_of(
               text.begin(), text.begin() + static_cast<std::ptrdiff_t>(path), is_printable);
}

/// Whether `text` is a session: "assumed-role/deployer/me", "federated-user/me".
bool is_session(std::string_view text) {
    constexpr std::string_view kFederated = "federated-user/";
    constexpr std::string_view kAssumed = "assumed-role/";
    constexpr std::size_t kNameMin = 2;
    if (text.starts_with(kFederated)) {
        return is_name(text.substr(kFederated.size()), kNameMin);
    }
    if (!text.starts_with(kAssumed)) {
        return false;
    }
    text.remove_prefix(kAssumed.size());
    const std::size_t slash = text.find('/');
    return slash != std::string_view::npos && is_name(text.substr(0, slash)) &&
           is_name(text.substr(slash + 1), kNameMin);
}

void read_principals(std::string_view kind,
                     const json::value& value,
                     StatementPrincipals& principals) {
    const std::vector<std::string> texts = texts_of(value);
    if (texts.empty() || std::find(texts.begin(), texts.end(), "") != texts.end()) {
        fail(kNoPrincipal);
    }
    for (const std::string& text : texts) {
        if (kind == "AWS" && text == "*") {
            principals.is_everyone = true;
        } else if (kind == "AWS" && is_aws_principal(text)) {
            principals.aws.push_back(text);
        } else if (kind == "Federated" || kind == "CanonicalUser" ||
                   (kind == "Service" && text.find('.') != std::string::npos)) {
            principals.has_others = true;
        } else {
            fail(kInvalidPrincipal);
        }
    }
}

/// Returns the members of a document or a statement. Names are case-sensitive.
const json::object& members_of(const json::value& value,
                               std::initializer_list<std::string_view> known) {
    const json::object* members = value.if_object();
    if (members == nullptr) {
        fail(kSyntax);
    }
    for (const auto& member : *members) {
        if (std::find(known.begin(), known.end(), member.key()) == known.end()) {
            fail(kSyntax);
        }
    }
    return *members;
}

/// Rejects an Id or Sid that is not a string.
void check_name(const json::object& members, std::string_view name) {
    if (const json::value* value = members.if_contains(name)) {
        text_of(*value);
    }
}

StatementPrincipals principals_of(const json::value& value) {
    StatementPrincipals principals;
    if (const json::string* text = value.if_string()) {
        if (*text != "*") {
            fail(text->empty() ? kNoPrincipal : kInvalidPrincipal);
        }
        principals.is_everyone = true;
        return principals;
    }
    const json::object* kinds = value.if_object();
    if (kinds == nullptr) {
        fail(kSyntax);
    }
    if (kinds->empty()) {
        fail(kNoPrincipal);
    }
    for (const auto& kind : *kinds) {
        read_principals(kind.key(), kind.value(), principals);
    }
    return principals;
}

/// Reads `name` or its negation. A statement may contain only one of them.
const json::value* one_of(const json::object& statement, std::string_view name, bool& is_excluded) {
    const json::value* plain = statement.if_contains(name);
    const json::value* excluded = statement.if_contains("Not" + std::string(name));
    if (plain != nullptr && excluded != nullptr) {
        fail(kSyntax);
    }
    is_excluded = excluded != nullptr;
    return is_excluded ? excluded : plain;
}

/// Whether the name of an action or of a condition key has the form PREFIX:NAME.
bool has_service_prefix(std::string_view name) {
    const std::size_t colon = name.find(':');
    return colon != 0 && colon != std::string_view::npos && colon + 1 < name.size();
}

StatementPatterns actions_of(const json::object& statement) {
    StatementPatterns actions;
    const json::value* value = one_of(statement, "Action", actions.is_excluded);
    if (value == nullptr) {
        fail(kNoAction);
    }
    actions.patterns = texts_of(*value);
    if (actions.patterns.empty()) {
        fail(kNoAction);
    }
    for (const std::string& action : actions.patterns) {
        if (action != "*" && !has_service_prefix(action)) {
            fail(kSyntax);
        }
    }
    return actions;
}

std::string condition_value(const json::value& value) {
    // IAM also accepts numbers and booleans without quotes.
    return value.is_number() || value.is_bool() ? json::serialize(value)
                                                : std::string(text_of(value));
}

void read_conditions(const json::value& value,
                     bool has_variables,
                     std::vector<PolicyCondition>& conditions) {
    const json::object* operators = value.if_object();
    if (operators == nullptr) {
        fail(kSyntax);
    }
    for (const auto& block : *operators) {
        const auto test = condition_operator(block.key());
        const json::object* keys = block.value().if_object();
        if (!test || keys == nullptr) {
            fail(kSyntax);
        }
        for (const auto& line : *keys) {
            if (!has_service_prefix(line.key())) {
                fail(kSyntax);
            }
            PolicyCondition condition;
            condition.test = *test;
            condition.key = io::lower_case(line.key());
            condition.has_variables = has_variables;
            if (const json::array* list = line.value().if_array()) {
                for (const json::value& item : *list) {
                    condition.values.push_back(condition_value(item));
                }
            } else {
                condition.values.push_back(condition_value(line.value()));
            }
            conditions.push_back(std::move(condition));
        }
    }
}

/// Reads Principal or NotPrincipal, which identity-based policies must not have.
std::optional<StatementPrincipals> statement_principals(const json::object& members,
                                                        PolicyKind kind) {
    bool is_excluded = false;
    const json::value* value = one_of(members, "Principal", is_excluded);
    if (kind == PolicyKind::identity) {
        if (value != nullptr) {
            fail("Policy document should not specify a principal.");  // IAM's message
        }
        return std::nullopt;
    }
    if (value == nullptr) {
        fail(kNoPrincipal);
    }
    StatementPrincipals principals = principals_of(*value);
    principals.is_excluded = is_excluded;
    return principals;
}

PolicyStatement statement_of(const json::value& value, PolicyKind kind, bool has_variables) {
    const json::object& members = members_of(value,
                                             {"Sid",
                                              "Effect",
                                              "Principal",
                                              "NotPrincipal",
                                              "Action",
                                              "NotAction",
                                              "Resource",
                                              "NotResource",
                                              "Condition"});
    check_name(members, "Sid");
    PolicyStatement statement;
    const json::value* effect = members.if_contains("Effect");
    const std::string_view effect_text = effect != nullptr ? text_of(*effect) : "";
    if (effect_text != "Allow" && effect_text != "Deny") {
        fail(kSyntax);
    }
    statement.is_allow = effect_text == "Allow";
    statement.principals = statement_principals(members, kind);
    statement.actions = actions_of(members);
    bool is_excluded = false;
    const json::value* resources = one_of(members, "Resource", is_excluded);
    if (resources != nullptr) {
        statement.resources.emplace(
            StatementPatterns{texts_of(*resources), is_excluded, has_variables});
    } else if (kind != PolicyKind::existing_key) {
        fail(kNoResource);
    }
    if (const json::value* conditions = members.if_contains("Condition")) {
        read_conditions(*conditions, has_variables, statement.conditions);
    }
    return statement;
}

PolicyDocument document_of(const json::value& value, PolicyKind kind) {
    constexpr std::string_view kOldVersion = "2008-10-17";
    constexpr std::string_view kVersion = "2012-10-17";
    const json::object& members = members_of(value, {"Version", "Id", "Statement"});
    const json::value* statement = members.if_contains("Statement");
    if (statement == nullptr) {
        fail(kSyntax);
    }
    check_name(members, "Id");
    const json::value* version = members.if_contains("Version");
    const std::string_view version_text = version != nullptr ? text_of(*version) : kOldVersion;
    if (version_text != kVersion && version_text != kOldVersion) {
        fail(kSyntax);
    }
    const json::array* list = statement->if_array();
    const std::size_t count = list ? list->size() : 1;
    if (count == 0 || count > kStatementsMax) {
        fail(kSyntax);
    }
    PolicyDocument document;
    for (std::size_t i = 0; i < count; ++i) {
        document.statements.push_back(
            statement_of(list ? (*list)[i] : *statement, kind, version_text == kVersion));
    }
    return document;
}

}  // namespace

bool is_aws_principal(std::string_view text) {
    constexpr std::size_t kParts = 5;
    if (is_account(text) || is_unique_id(text)) {
        return true;
    }
    std::array<std::string_view, kParts> parts;
    std::string_view rest = text;
    for (std::string_view& part : parts) {
        const std::size_t colon = rest.find(':');
        if (colon == std::string_view::npos) {
            return false;
        }
        part = rest.substr(0, colon);
        rest.remove_prefix(colon + 1);
    }
    const bool has_wildcard = text.find_first_of("*?") != std::string_view::npos;
    const std::string_view partition = parts[1];
    if (parts[0] != "arn" || partition.substr(0, 3) != "aws" || !parts[3].empty() ||
        !is_account(parts[4]) || has_wildcard) {
        return false;
    }
    if (parts[2] == "iam") {
        return rest == "root" || is_named(rest, "user/") || is_named(rest, "role/");
    }
    return parts[2] == "sts" && is_session(rest);
}

io::Parsed<PolicyDocument> parse_policy(const json::value& document, PolicyKind kind) {
    try {
        return document_of(document, kind);
    } catch (const std::invalid_argument& problem) {
        return io::ParseProblem{problem.what()};
    }
}

io::Parsed<PolicyDocument> parse_policy(std::string_view text, PolicyKind kind) {
    constexpr std::size_t kBufferBytes = 8192;
    std::array<unsigned char, kBufferBytes> buffer;  // NOLINT: written before it is read
    json::monotonic_resource memory(buffer.data(), buffer.size());
    json::parse_options options;
    options.max_depth = kDepthMax;
    json::error_code error;
    const json::value document =
        json::parse(json::string_view(text.data(), text.size()), error, &memory, options);
    if (error) {
        return io::ParseProblem{kSyntax};
    }
    return parse_policy(document, kind);
}

}  // namespace keyferry::simulator
