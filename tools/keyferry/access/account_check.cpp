// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/access/account_check.hpp"

#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <boost/asio/co_spawn.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace keyferry::cli {

namespace asio = boost::asio;

namespace {

/// Checks the caller of one account. False if its credentials are missing, refused or belong to
/// another account.
bool matches_account(const io::AccountId& expected, const AccountIdentities::Caller& caller) {
    if (!caller.credentials) {
        log_message(
            fmt::format("account {}: {}", expected.digits(), caller.credentials.error().text));
        return false;
    }
    if (!caller.identity) {
        const io::StsFailure& failure = caller.identity.error();
        if (failure.retryable || failure.code.empty()) {
            log_message(
                fmt::format("WARNING: cannot verify that the credentials belong to account {}: {}",
                            expected.digits(),
                            failure.text));
            return true;
        }
        log_message(fmt::format("account {}: {} (credentials from {})",
                                expected.digits(),
                                failure.text,
                                (*caller.credentials)->source));
        return false;
    }
    if (caller.identity->account == expected) {
        return true;
    }
    log_message(fmt::format(
        "the keys belong to account {}, but the credentials from {} belong to account {} ({}). Set "
        "a profile or role for account {} in [accounts.{}] of the spec, or use --profile",
        expected.digits(),
        (*caller.credentials)->source,
        caller.identity->account.digits(),
        caller.identity->arn,
        expected.digits(),
        expected.digits()));
    return false;
}

asio::awaitable<bool> check_all(AccountIdentities& identities,
                                std::vector<io::CallerIdentity>& callers) {
    bool all_match = true;
    for (const io::AccountId& account : identities.accounts()) {
        const AccountIdentities::Caller caller = co_await identities.caller_of(account);
        all_match = matches_account(account, caller) && all_match;
        const bool is_known =
            caller.identity && std::any_of(callers.begin(), callers.end(), [&](const auto& known) {
                return known.arn == caller.identity->arn;
            });
        if (caller.credentials && caller.identity && !is_known) {
            callers.push_back(*caller.identity);
        }
    }
    co_return all_match;
}

}  // namespace

int check_accounts(AccountIdentities& identities,
                   asio::io_context& io,
                   std::vector<io::CallerIdentity>& callers) {
    bool all_match = false;
    std::exception_ptr thrown;
    asio::co_spawn(io, check_all(identities, callers), [&](std::exception_ptr error, bool result) {
        thrown = std::move(error);
        all_match = result;
        io.stop();
    });
    io.run();
    io.restart();
    if (thrown) {
        std::rethrow_exception(thrown);
    }
    if (!all_match) {
        log_message(
            "nothing was changed; 'keyferry whoami' shows the credentials used for each account");
        return exit_permission;
    }
    return exit_done;
}

}  // namespace keyferry::cli
