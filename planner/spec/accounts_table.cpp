// SPDX-License-Identifier: Apache-2.0
#include "planner/spec/accounts_table.hpp"

#include "io/names/in_quotes.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/toml/table_reader.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace keyferry::planner {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::string_view kPlaceholder = "{account}";
constexpr std::array kSettings{std::string_view("profile"),
                               std::string_view("role"),
                               std::string_view("external_id"),
                               std::string_view("session_name"),
                               std::string_view("duration"),
                               std::string_view("session_policy")};
constexpr std::size_t kProfileBytesMax = 256;
constexpr std::size_t kRoleBytesMax = 2048;
constexpr std::size_t kSessionPolicyFileBytesMax = 65'536;

bool has_only(std::string_view text, std::string_view signs) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               signs.find(c) != std::string_view::npos;
    });
}

/// Reads a string of `least` to `most` letters, digits and characters in `signs`.
std::string read_word(TableReader& table,
                      std::string_view key,
                      std::size_t least,
                      std::size_t most,
                      std::string_view signs,
                      DiagnosticList& problems) {
    const std::optional<Located<std::string>> text = table.string(key);
    if (!text) {
        return {};
    }
    if (text->value.size() < least || text->value.size() > most || !has_only(text->value, signs)) {
        problems.error(
            text->where,
            fmt::format(
                "{} is not a valid {}: expected {} to {} characters: letters, digits and {}",
                io::in_quotes(text->value),
                key,
                least,
                most,
                signs));
        return {};
    }
    return text->value;
}

/// Returns `text` with `account` in place of {account}.
std::string filled(std::string text, std::string_view account) {
    for (std::size_t at = text.find(kPlaceholder); at != std::string::npos;
         at = text.find(kPlaceholder, at)) {
        text.replace(at, kPlaceholder.size(), account);
    }
    return text;
}

/// Reads the ARN of a role in `account`: "arn:<partition>:iam::<account>:role/<path and name>".
/// `account` is an account ID, or the placeholder for every account.
std::string read_role(TableReader& table, std::string_view account, DiagnosticList& problems) {
    const std::optional<Located<std::string>> text = table.string("role");
    if (!text) {
        return {};
    }
    const std::string_view arn = text->value;
    const std::string middle = fmt::format(":iam::{}:role/", account);
    const std::size_t at = arn.find(middle);
    const bool is_default = account == kPlaceholder;
    const bool is_role =
        arn.starts_with("arn:aws") && at != std::string_view::npos &&
        has_only(arn.substr(4, at - 4), "-") && arn.size() <= kRoleBytesMax &&
        arn.size() > at + middle.size() &&
        has_only(is_default ? filled(std::string(arn.substr(at + middle.size())), "0")
                            : std::string(arn.substr(at + middle.size())),
                 "_+=,.@-/");
    if (!is_role) {
        problems.error(
            text->where,
            fmt::format("{} is not the ARN of a role in {}: expected \"arn:aws{}<name>\"",
                        io::in_quotes(arn),
                        is_default ? "every account" : "this account",
                        middle));
        return {};
    }
    return text->value;
}

std::string read_profile(TableReader& table, DiagnosticList& problems) {
    const std::optional<Located<std::string>> text = table.string("profile");
    if (!text) {
        return {};
    }
    if (text->value.empty() || text->value.size() > kProfileBytesMax ||
        io::has_control_characters(text->value) || text->value.find(']') != std::string::npos) {
        problems.error(text->where,
                       fmt::format("{} is not a valid profile name", io::in_quotes(text->value)));
        return {};
    }
    return text->value;
}

/// Returns the session policy if it is valid; otherwise reports an error and returns an empty
/// string.
std::string checked_policy(std::string text, SourcePosition named_at, DiagnosticList& problems) {
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(text, error);
    if (error || !value.is_object()) {
        problems.error(named_at, "the session policy is not a JSON object");
        return {};
    }
    if (text.size() > kSessionPolicyBytesMax) {
        problems.error(named_at,
                       fmt::format("the session policy is {} bytes; STS allows at most {}",
                                   text.size(),
                                   kSessionPolicyBytesMax));
        return {};
    }
    return text;
}

std::string read_session_policy(TableReader& access, const SpecSource& source) {
    const SpecNode* node = access.table("session_policy");
    if (node == nullptr) {
        return {};
    }
    TableReader table(*node, "session_policy", source.problems);
    const std::optional<Located<std::string>> path = table.string("file");
    const std::optional<Located<std::string>> text = table.string("inline");
    table.finish();
    if (path && text) {
        source.problems.error(
            node->where,
            "a session policy must have exactly one source: { file = \"...\" } or "
            "{ inline = '...' }");
        return {};
    }
    if (text) {
        return checked_policy(text->value, text->where, source.problems);
    }
    if (!path) {
        if (std::get<SpecNode::Table>(node->value).empty()) {
            source.problems.error(node->where,
                                  "write session_policy = { file = \"...\" } or "
                                  "{ inline = '...' }");
        }
        return {};
    }
    std::optional<NamedFile> file = read_named_file(*path, kSessionPolicyFileBytesMax, source);
    return file ? checked_policy(std::move(file->text), path->where, source.problems)
                : std::string();
}

/// Reports settings that require a role if there is none.
void report_missing_role(TableReader& table,
                         std::string_view account,
                         const AccountAccess& access,
                         DiagnosticList& problems) {
    for (const std::string_view key : {"external_id", "session_name", "duration"}) {
        if (const SpecNode* node = table.find(key); node != nullptr && access.role.empty()) {
            problems.error(node->where,
                           fmt::format("{} requires a role: write role = \"arn:aws:iam::{}:"
                                       "role/...\" or remove this setting",
                                       key,
                                       account));
        }
    }
    if (const SpecNode* node = table.find("session_policy");
        node != nullptr && access.role.empty() && access.profile.empty()) {
        problems.error(node->where,
                       "a session policy requires a role: add role = \"...\", or a profile that "
                       "assumes a role");
    }
}

/// Reads the settings in `table`. `account` is as for read_role().
void read_access_settings(TableReader& table,
                          std::string_view account,
                          AccountAccess& access,
                          const SpecSource& source) {
    DiagnosticList& problems = source.problems;
    access.profile = read_profile(table, problems);
    const bool names_role = table.find("role") != nullptr;
    access.role = read_role(table, account, problems);
    access.external_id = read_word(table, "external_id", 2, 1224, "_+=,.@:/-", problems);
    access.session_name = read_word(table, "session_name", 2, 64, "_+=,.@-", problems);
    if (const auto duration = table.duration("duration", minutes(15), hours(12))) {
        access.duration = duration->value;
        if (duration->value % std::chrono::seconds(1) != std::chrono::milliseconds(0)) {
            problems.error(duration->where, "duration must be a whole number of seconds");
        }
    }
    access.session_policy = read_session_policy(table, source);
    if (!names_role) {
        report_missing_role(table, account, access, problems);
    }
}

AccountAccess read_access(const SpecMember& member,
                          const io::AccountId& account,
                          const SpecSource& source) {
    TableReader table(member.node, fmt::format("[accounts.{}]", account.digits()), source.problems);
    AccountAccess access(account);
    read_access_settings(table, account.digits(), access, source);
    if (table.find("role") == nullptr && table.find("profile") == nullptr) {
        source.problems.error(member.node.where,
                              fmt::format("{} has neither profile nor role", table.name()));
    }
    table.finish();
    return access;
}

/// The accounts with keys, or in which groups select keys.
std::set<io::AccountId> accounts_of(const FleetSpec& fleet) {
    std::set<io::AccountId> accounts;
    for (const FleetGroup& group : fleet.groups) {
        if (group.home) {
            accounts.insert(group.home->account);
        }
        for (const SpecKey& key : group.keys) {
            accounts.insert(key.primary.account);
        }
    }
    return accounts;
}

/// Adds the default settings for the accounts without a table.
void add_defaults(TableReader& table,
                  const FleetSpec& fleet,
                  const SpecSource& source,
                  std::vector<AccountAccess>& result) {
    const std::set<io::AccountId> accounts = accounts_of(fleet);
    const io::AccountId any = io::AccountId::parse("000000000000").value();
    AccountAccess defaults(any);
    read_access_settings(table, kPlaceholder, defaults, source);
    if (defaults.role.empty() && defaults.profile.empty()) {
        return;
    }
    std::set<io::AccountId> with_table;
    for (const AccountAccess& access : result) {
        with_table.insert(access.account);
    }
    for (const io::AccountId& account : accounts) {
        if (with_table.contains(account)) {
            continue;
        }
        AccountAccess access = defaults;
        access.account = account;
        access.role = filled(std::move(access.role), account.digits());
        access.profile = filled(std::move(access.profile), account.digits());
        result.push_back(std::move(access));
    }
}

}  // namespace

std::vector<AccountAccess> read_accounts(const SpecNode& accounts,
                                         const FleetSpec& fleet,
                                         const SpecSource& source) {
    std::vector<AccountAccess> result;
    TableReader table(accounts, "[accounts]", source.problems);
    for (const SpecMember& member : std::get<SpecNode::Table>(accounts.value)) {
        if (std::find(kSettings.begin(), kSettings.end(), member.key) != kSettings.end()) {
            continue;
        }
        const io::Parsed<io::AccountId> account = io::AccountId::parse(member.key);
        if (!account) {
            source.problems.error(
                member.key_where,
                fmt::format(
                    "unknown key {} in [accounts]: settings of one account belong in a table named "
                    "after its ID, such as [accounts.111122223333]; valid keys: {}",
                    io::in_quotes(member.key),
                    fmt::join(kSettings, ", ")));
        } else if (table.table(member.key) != nullptr) {
            result.push_back(read_access(member, *account, source));
        }
    }
    add_defaults(table, fleet, source, result);
    return result;
}

void check_accounts_used(const SpecNode& accounts,
                         const FleetSpec& fleet,
                         DiagnosticList& problems) {
    std::set<std::string_view> used;
    const std::set<io::AccountId> in_fleet = accounts_of(fleet);
    for (const io::AccountId& account : in_fleet) {
        used.insert(account.digits());
    }
    for (const SpecMember& member : std::get<SpecNode::Table>(accounts.value)) {
        if (io::AccountId::parse(member.key) && used.count(member.key) == 0) {
            problems.warning(member.key_where,
                             fmt::format("no group has keys in account {}", member.key));
        }
    }
}

}  // namespace keyferry::planner
