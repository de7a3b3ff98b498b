// SPDX-License-Identifier: Apache-2.0
#include "io/aws/timestamps.hpp"
#include "io/clock/steady_clock.hpp"
#include "io/names/terminal_text.hpp"
#include "tools/keyferry/access/account_identities.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/fleet/fleet_file.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keyferry::cli {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

struct WhoamiOptions {
    std::string fleet;
    KmsOptions kms;
    bool json = false;
};

constexpr const char* kWhoamiFooter = R"(Examples:
  keyferry whoami fleet.toml
      For each account of the spec: the identity that signs its calls (STS GetCallerIdentity), the
      source of the credentials and when they expire. Never prints the credentials.
  keyferry whoami fleet.toml --json | jq -r '.accounts[].arn'

keyferry looks for credentials in the same places and in the same order as the AWS CLI:
environment, the profile's role, web identity, IAM Identity Center (SSO), shared files,
credential_process, container credentials, EC2 instance metadata. [accounts] in the spec sets a
profile or role per account. The Region of the STS endpoint is AWS_REGION, the profile's Region, or
the Region of a primary key; AWS_ENDPOINT_URL_STS overrides the endpoint.

Exit codes: 0 the credentials of all accounts are correct; 3 invalid spec; 6 credentials are
missing, refused, or belong to another account.)";

using Caller = AccountIdentities::Caller;

/// One account of the spec and the caller used for it.
struct Row {
    io::AccountId account;
    Caller caller;

    bool is_correct() const {
        return caller.credentials && caller.identity && caller.identity->account == account;
    }
    /// The warning shown next to the account; empty if its credentials are correct.
    std::string_view mark() const {
        if (is_correct()) {
            return "";
        }
        return !caller.credentials ? "  NO CREDENTIALS"
               : !caller.identity  ? "  UNKNOWN IDENTITY"
                                   : "  WRONG ACCOUNT";
    }
    /// Description of the error; empty if there is none.
    std::string problem() const {
        if (!caller.credentials) {
            return caller.credentials.error().text;
        }
        if (!caller.identity) {
            return caller.identity.error().text;
        }
        return is_correct() ? std::string()
                            : fmt::format("these credentials belong to account {}",
                                          caller.identity->account.digits());
    }
};

std::string utc_text(std::chrono::sys_seconds time) {
    const std::string text = io::amz_date(time);  // 20261123T123600Z
    return fmt::format("{}-{}-{} {}:{}:{}",
                       text.substr(0, 4),
                       text.substr(4, 2),
                       text.substr(6, 2),
                       text.substr(9, 2),
                       text.substr(11, 2),
                       text.substr(13, 2));
}

std::string text_of(const Row& row) {
    std::string text = fmt::format("account {}{}\n", row.account.digits(), row.mark());
    const auto add = [&](std::string_view what, std::string_view value) {
        text += fmt::format("  {:<8} {}\n", what, io::terminal_line(value));
    };
    if (row.caller.credentials && row.caller.identity) {
        add("caller", row.caller.identity->arn);
    }
    if (row.caller.credentials) {
        const io::Credentials& credentials = **row.caller.credentials;
        add("from", credentials.source);
        add("expires",
            credentials.expires_at ? utc_text(*credentials.expires_at) + " UTC"
                                   : std::string("unknown"));
    }
    if (const std::string problem = row.problem(); !problem.empty()) {
        add("problem", problem);
    }
    return text;
}

/// One JSON object:
///
///     format    "keyferry-whoami-1"
///     accounts  [{account, correct, arn, source, expires_at, problem}]  arn, source and expires_at
///               ("2026-11-23 12:36:00", UTC) are null if unknown, problem is null if there is none
std::string json_of(const std::vector<Row>& rows) {
    json::array accounts;
    for (const Row& row : rows) {
        json::object object{{"account", row.account.digits()},
                            {"correct", row.is_correct()},
                            {"arn", nullptr},
                            {"source", nullptr},
                            {"expires_at", nullptr},
                            {"problem", nullptr}};
        if (row.caller.credentials) {
            const io::Credentials& credentials = **row.caller.credentials;
            object["source"] = credentials.source;
            if (credentials.expires_at) {
                object["expires_at"] = utc_text(*credentials.expires_at);
            }
            if (row.caller.identity) {
                object["arn"] = row.caller.identity->arn;
            }
        }
        if (const std::string problem = row.problem(); !problem.empty()) {
            object["problem"] = problem;
        }
        accounts.push_back(std::move(object));
    }
    return json::serialize(json::object{{"format", "keyferry-whoami-1"}, {"accounts", accounts}}) +
           "\n";
}

asio::awaitable<void> identify_all(AccountIdentities& identities, std::vector<Row>& rows) {
    for (const io::AccountId& account : identities.accounts()) {
        Caller caller = co_await identities.caller_of(account);
        rows.push_back(Row{account, std::move(caller)});
    }
}

std::optional<FleetScope> scope_in(const std::string& fleet) {
    planner::FleetLoad load = read_fleet_file(fleet);
    if (load.unresolved) {
        return scope_of(load.unresolved->spec);
    }
    return load.plan ? std::optional(scope_of(*load.plan)) : std::nullopt;
}

int whoami(const WhoamiOptions& options) {
    const std::optional<FleetScope> scope = scope_in(options.fleet);
    if (!scope) {
        return exit_usage;
    }
    const io::Parsed<KmsRoute> route = find_route(options.kms);
    if (!route) {
        log_error(route.error().text);
        return exit_usage;
    }
    asio::io_context io{1};
    io::SteadyClock clock(io);
    AccountIdentities identities(*scope, options.kms.profile, *route, io, clock);
    std::vector<Row> rows;
    std::exception_ptr thrown;
    asio::co_spawn(io, identify_all(identities, rows), [&](std::exception_ptr error) {
        thrown = std::move(error);
        io.stop();
    });
    io.run();
    if (thrown) {
        std::rethrow_exception(thrown);
    }
    std::string text;
    bool all_are_correct = true;
    for (const Row& row : rows) {
        text += text_of(row);
        all_are_correct = all_are_correct && row.is_correct();
    }
    write_stdout(options.json ? json_of(rows) : text);
    return all_are_correct ? exit_done : exit_permission;
}

}  // namespace

void add_whoami_command(Command& parent) {
    auto options = std::make_shared<WhoamiOptions>();
    Command command =
        parent.command("whoami", "Show the credentials and identity used for each account");
    command.footer(kWhoamiFooter);
    command.argument("FLEET", options->fleet, "Fleet spec, a TOML file");
    command.option(
        "--profile", options->kms.profile, "Profile in the shared AWS config files [AWS_PROFILE]");
    command.option(
        "--ca-bundle",
        options->kms.ca_bundle,
        "PEM file of CA certificates to trust [AWS_CA_BUNDLE, or the system's CA certificates]");
    command.flag("--json", options->json, "Print one JSON object");
    command.on_run([options] { return whoami(*options); });
}

}  // namespace keyferry::cli
