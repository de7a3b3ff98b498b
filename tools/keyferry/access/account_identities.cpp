// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/access/account_identities.hpp"

#include "io/names/first_line.hpp"
#include "io/names/kms_error.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/terminal/version.hpp"

#include <boost/asio/co_spawn.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <exception>
#include <string_view>
#include <utility>

namespace keyferry::cli {

namespace asio = boost::asio;

namespace {

std::string table_of(const planner::AccountAccess& access) {
    return fmt::format("[accounts.{}]", access.account.digits());
}

/// The Region of the STS endpoint if neither the environment nor the profile sets a Region. Returns
/// the Region of a primary key, because it is in the right partition and enabled for the account.
io::Region sts_region(const FleetScope& scope) {
    return scope.primaries.empty() ? io::Region::parse("us-east-1").value()
                                   : *scope.primaries.begin();
}

/// Whether two settings are equal apart from their account.
bool have_same_settings(const std::optional<planner::AccountAccess>& a,
                        const std::optional<planner::AccountAccess>& b) {
    if (!a || !b) {
        return !a && !b;
    }
    planner::AccountAccess renamed = *a;
    renamed.account = b->account;
    return renamed == *b;
}

/// Whether an error code of STS means the same as that of KMS: access was denied, or the
/// credentials were rejected.
bool is_credential_code(std::string_view code) {
    constexpr int kBadRequest = 400;
    switch (io::kms_error_code(code, kBadRequest)) {
        case io::KmsErrorCode::access_denied:
        case io::KmsErrorCode::expired_token:
        case io::KmsErrorCode::incomplete_signature:
        case io::KmsErrorCode::invalid_signature:
        case io::KmsErrorCode::request_expired:
            return true;
        default:
            return false;
    }
}

/// Converts a credential failure to a call failure, with the error code of STS, if there is one.
/// The message is printable and limited in length.
io::CallFailure failed_call(const io::AccountId& account, const io::CredentialFailure& failure) {
    constexpr std::size_t kMessageBytesMax = 1024;
    io::CallFailure call(
        io::Certainty::not_sent,
        failure.retryable ? io::KmsErrorCode::service_unavailable
                          : io::KmsErrorCode::missing_authentication_token,
        io::first_line(
            fmt::format("no usable credentials for account {}: {}", account.digits(), failure.text),
            kMessageBytesMax));
    if (!failure.retryable && is_credential_code(failure.code)) {
        call.wire_code = failure.code;
    }
    return call;
}

}  // namespace

AccountIdentities::AccountIdentities(const FleetScope& scope,
                                     std::optional<std::string> profile,
                                     const KmsRoute& route,
                                     asio::io_context& io,
                                     io::Clock& clock)
    : profile_(std::move(profile)),
      environment_(process_environment()),
      io_(io),
      clock_(clock),
      resolver_(io,
                clock,
                route.http(),
                route.credentials,
                sts_region(scope),
                fmt::format("keyferry/{}", kVersion)) {
    for (const io::AccountId& account : scope.accounts) {
        const auto access = std::find_if(
            scope.access.begin(), scope.access.end(), [&](const planner::AccountAccess& one) {
                return one.account == account;
            });
        slot_of_account_.emplace(
            account,
            slot_for(access == scope.access.end() ? std::nullopt
                                                  : std::optional<planner::AccountAccess>(*access),
                     route));
    }
}

std::size_t AccountIdentities::slot_for(const std::optional<planner::AccountAccess>& access,
                                        const KmsRoute& route) {
    const auto known = std::find_if(slots_.begin(), slots_.end(), [&](const CredentialSlot& slot) {
        return have_same_settings(slot.access, access);
    });
    if (known != slots_.end()) {
        return static_cast<std::size_t>(known - slots_.begin());
    }
    const std::size_t index = slots_.size();
    slots_.emplace_back(access, route.config);
    slots_.back().identity = std::make_unique<io::CachedCredentialsProvider>(
        io_,
        clock_,
        [this, index] { return find(index); },
        [this] { return clock_correction_ ? clock_correction_() : std::chrono::seconds(0); });
    return index;
}

io::Parsed<io::CredentialChain> AccountIdentities::plan(
    const std::optional<planner::AccountAccess>& access, const io::SharedConfig& config) const {
    std::optional<std::string> profile = profile_;
    if (access && !access->profile.empty()) {
        profile = access->profile;
    }
    io::Parsed<io::CredentialChain> plan = io::find_credential_chain(profile, environment_, config);
    if (!plan || !access) {
        return plan;
    }
    if (!access->role.empty()) {
        io::RoleStep step;
        step.role_arn = access->role;
        step.session_name = access->session_name.empty() ? std::string(io::kDefaultSessionName)
                                                         : access->session_name;
        step.external_id = access->external_id;
        if (access->duration) {
            step.duration = std::chrono::duration_cast<std::chrono::seconds>(*access->duration);
        }
        step.where = table_of(*access);
        plan->roles.push_back(std::move(step));
    }
    if (access->session_policy.empty()) {
        return plan;
    }
    if (plan->roles.empty()) {
        return io::ParseProblem{
            fmt::format("{} has a session policy, but profile '{}' does not assume a role that the "
                        "policy could restrict; set a role",
                        table_of(*access),
                        access->profile)};
    }
    plan->roles.back().session_policy = access->session_policy;
    return plan;
}

/// Reads the configuration again after the first search, because the files may have changed.
asio::awaitable<io::CredentialsOutcome> AccountIdentities::find(std::size_t index) {
    CredentialSlot& slot = slots_[index];
    std::shared_ptr<const io::SharedConfig> config = std::exchange(slot.config, nullptr);
    if (!config) {
        io::Parsed<io::SharedConfig> loaded = io::SharedConfig::load(environment_);
        if (!loaded) {
            co_return io::CredentialFailure(false, loaded.error().text);
        }
        config = std::make_shared<const io::SharedConfig>(*std::move(loaded));
    }
    io::Parsed<io::CredentialChain> planned = plan(slot.access, *config);
    config.reset();  // it contains secrets
    if (!planned) {
        co_return io::CredentialFailure(false, planned.error().text);
    }
    slot.region = planned->region;
    co_return co_await resolver_.resolve(std::move(*planned));
}

std::map<io::AccountId, io::CredentialFailure> AccountIdentities::find_all() {
    std::vector<std::optional<io::CredentialFailure>> failures(slots_.size());
    std::size_t left = slots_.size();
    for (std::size_t index = 0; index < slots_.size(); ++index) {
        asio::co_spawn(io_,
                       slots_[index].identity->refresh(nullptr),
                       [&, index](const std::exception_ptr& error, io::SharedCredentials found) {
                           if (error) {
                               failures[index] =
                                   io::CredentialFailure(false, "an unexpected error");
                           } else if (!found) {
                               failures[index] = found.error();
                           }
                           if (--left == 0) {
                               io_.stop();
                           }
                       });
    }
    if (left > 0) {
        io_.run();
        io_.restart();
    }
    std::map<io::AccountId, io::CredentialFailure> failed;
    for (const auto& [account, slot] : slot_of_account_) {
        if (!failures[slot]) {
            continue;
        }
        const std::optional<planner::AccountAccess>& access = slots_[slot].access;
        io::CredentialFailure failure = *failures[slot];
        // The error about a role starts with the table that configures the role.
        if (const std::string table = access ? table_of(*access) : "";
            !failure.text.starts_with(table)) {
            failure.text = fmt::format("{}: {}", table, failure.text);
        }
        failed.emplace(account, std::move(failure));
    }
    return failed;
}

void AccountIdentities::refuse(const io::AccountId& account, const io::CredentialFailure& why) {
    refused_.insert_or_assign(account, why.text);
    refusal_codes_.insert_or_assign(account, why.code);
}

std::shared_ptr<const io::Credentials> AccountIdentities::current(const io::AccountRegion& place) {
    return refused_.contains(place.account)
               ? nullptr
               : slots_[slot_of_account_.at(place.account)].identity->current();
}

asio::awaitable<io::RefreshedCredentials> AccountIdentities::refresh(
    io::AccountRegion place, std::shared_ptr<const io::Credentials> refused) {
    if (const auto reason = refused_.find(place.account); reason != refused_.end()) {
        io::CredentialFailure why(false, reason->second);
        why.code = refusal_codes_.at(place.account);
        co_return failed_call(place.account, why);
    }
    const io::SharedCredentials found =
        co_await slots_[slot_of_account_.at(place.account)].identity->refresh(std::move(refused));
    if (!found) {
        co_return failed_call(place.account, found.error());
    }
    co_return *found;
}

std::string AccountIdentities::sources() const {
    if (slots_.size() == 1) {
        const auto credentials = slots_.front().identity->current();
        return credentials ? credentials->source : "an unknown source";
    }
    return planner::counted(slots_.size(), "source") + " ('keyferry whoami' lists them)";
}

std::vector<io::AccountId> AccountIdentities::accounts() const {
    std::vector<io::AccountId> result;
    for (const auto& [account, slot] : slot_of_account_) {
        result.push_back(account);
    }
    return result;
}

asio::awaitable<AccountIdentities::Caller> AccountIdentities::caller_of(io::AccountId account) {
    CredentialSlot& slot = slots_[slot_of_account_.at(account)];
    const io::SharedCredentials found = co_await slot.identity->refresh(nullptr);
    if (!found) {
        co_return Caller(found, io::StsFailure());
    }
    io::StsOutcome<io::CallerIdentity> identity = co_await resolver_.caller_of(*found, slot.region);
    co_return Caller(found, std::move(identity));
}

}  // namespace keyferry::cli
