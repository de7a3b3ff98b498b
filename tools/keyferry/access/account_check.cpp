// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/access/account_check.hpp"

#include "io/names/terminal_text.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <boost/asio/co_spawn.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <set>
#include <string>
#include <utility>

namespace keyferry::cli {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kNamedMax = 10;

/// Why the credentials of one account must not be used; nullopt if they can be.
std::optional<io::CredentialFailure> why_refused(const io::AccountId& expected,
                                                 const AccountIdentities::Caller& caller) {
    if (!caller.credentials) {
        return caller.credentials.error();
    }
    if (!caller.identity) {
        const io::StsFailure& failure = caller.identity.error();
        if (failure.retryable || failure.code.empty()) {
            log_message(
                fmt::format("WARNING: cannot verify that the credentials belong to account {}: {}",
                            expected.digits(),
                            failure.text));
            return std::nullopt;
        }
        io::CredentialFailure why(
            false,
            fmt::format("{} (credentials from {})", failure.text, (*caller.credentials)->source));
        why.code = failure.code;
        return why;
    }
    if (caller.identity->account == expected) {
        return std::nullopt;
    }
    return io::CredentialFailure(
        false,
        fmt::format("the keys belong to account {}, but the credentials from {} belong to account "
                    "{} ({}). Set a profile or role for account {} in [accounts.{}] of the spec, "
                    "or use --profile",
                    expected.digits(),
                    (*caller.credentials)->source,
                    caller.identity->account.digits(),
                    caller.identity->arn,
                    expected.digits(),
                    expected.digits()));
}

asio::awaitable<void> identify_all(AccountIdentities& identities,
                                   std::vector<io::CallerIdentity>& callers) {
    for (const io::AccountId& account : identities.accounts()) {
        if (identities.refused().contains(account)) {
            continue;
        }
        const AccountIdentities::Caller caller = co_await identities.caller_of(account);
        if (const std::optional<io::CredentialFailure> why = why_refused(account, caller)) {
            identities.refuse(account, *why);
            continue;
        }
        const bool is_known =
            caller.identity && std::any_of(callers.begin(), callers.end(), [&](const auto& known) {
                return known.arn == caller.identity->arn;
            });
        if (caller.identity && !is_known) {
            callers.push_back(*caller.identity);
        }
    }
}

void run_until_identified(AccountIdentities& identities,
                          asio::io_context& io,
                          std::vector<io::CallerIdentity>& callers) {
    std::exception_ptr thrown;
    asio::co_spawn(io, identify_all(identities, callers), [&](std::exception_ptr error) {
        thrown = std::move(error);
        io.stop();
    });
    io.run();
    io.restart();
    if (thrown) {
        std::rethrow_exception(thrown);
    }
}

/// Accounts that use the same credentials have the same reason, which is listed only once.
std::string reasons_of(const AccountIdentities& identities) {
    std::set<std::string_view> seen;
    std::string text;
    for (const auto& [account, reason] : identities.refused()) {
        if (seen.insert(reason).second && seen.size() <= kNamedMax) {
            text.append(text.empty() ? "" : "\n").append(reason);
        }
    }
    if (seen.size() > kNamedMax) {
        text += "\n... and " + planner::counted(seen.size() - kNamedMax, "more reason");
    }
    return text;
}

void log_refused(const AccountIdentities& identities) {
    const std::size_t count = identities.refused().size();
    std::size_t named = 0;
    for (const auto& [account, reason] : identities.refused()) {
        if (++named <= kNamedMax) {
            log_message(fmt::format("WARNING: account {} is left out: {}",
                                    account.digits(),
                                    io::terminal_line(reason)));
        }
    }
    if (count > kNamedMax) {
        log_message(fmt::format(
            "WARNING: {} left out; 'keyferry whoami' lists them",
            planner::counted(count - kNamedMax, "more account is", "more accounts are")));
    }
}

}  // namespace

std::optional<io::ParseProblem> check_accounts(AccountIdentities& identities,
                                               bool has_sts,
                                               asio::io_context& io,
                                               std::vector<io::CallerIdentity>& callers) {
    for (const auto& [account, failure] : identities.find_all()) {
        identities.refuse(account, failure);
    }
    const std::size_t accounts = identities.accounts().size();
    if (identities.refused().size() == accounts && accounts > 0) {
        return io::ParseProblem{reasons_of(identities)};
    }
    if (has_sts) {
        run_until_identified(identities, io, callers);
    }
    if (identities.refused().size() == accounts && accounts > 0) {
        return io::ParseProblem{
            reasons_of(identities) +
            "\nnothing was changed; 'keyferry whoami' shows the credentials used for each account"};
    }
    log_refused(identities);
    return std::nullopt;
}

}  // namespace keyferry::cli
