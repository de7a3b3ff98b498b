#include "tools/keyferry/access/account_identities.hpp"

#include "io/names/first_line.hpp"
#include "tools/keyferry/terminal/version.hpp"

#include <boost/asio/co_spawn.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <exception>
#include <utility>

namespace keyferry {

namespace asio = boost::asio;

namespace {

std::string table_of(const AccountAccess& access) {
    return fmt::format("[accounts.{}]", access.account.digits());
}

/// Whose STS is asked where neither environment nor profile names a Region. A primary's own: it is
/// of the right partition, and enabled for the account.
Region sts_region(const FleetScope& scope) {
    return scope.primaries.empty() ? Region::parse("us-east-1").value() : *scope.primaries.begin();
}

/// The same but for the account that it is said of.
bool is_same_way(const std::optional<AccountAccess>& a, const std::optional<AccountAccess>& b) {
    if (!a || !b) {
        return !a && !b;
    }
    AccountAccess renamed = *a;
    renamed.account = b->account;
    return renamed == *b;
}

/// As the failure of a call, whose message is printable and of bounded length.
CallFailure failed_call(const CredentialFailure& failure) {
    constexpr std::size_t kMessageBytesMax = 1024;
    std::string text = first_line(failure.text, kMessageBytesMax);
    return failure.may_pass
               ? CallFailure(
                     Certainty::not_sent, KmsErrorCode::service_unavailable, std::move(text))
               : CallFailure(Certainty::refused,
                             KmsErrorCode::missing_authentication_token,
                             std::move(text));
}

}  // namespace

AccountIdentities::AccountIdentities(const FleetScope& scope,
                                     std::optional<std::string> profile,
                                     const KmsRoute& route,
                                     asio::io_context& io,
                                     Clock& clock)
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
    for (const AccountId& account : scope.accounts) {
        const auto said = std::find_if(
            scope.access.begin(), scope.access.end(), [&](const AccountAccess& access) {
                return access.account == account;
            });
        way_of_account_.emplace(
            account,
            way_of(said == scope.access.end() ? std::nullopt
                                              : std::optional<AccountAccess>(*said)));
    }
}

std::size_t AccountIdentities::way_of(const std::optional<AccountAccess>& access) {
    const auto known = std::find_if(ways_.begin(), ways_.end(), [&](const Way& way) {
        return is_same_way(way.access, access);
    });
    if (known != ways_.end()) {
        return static_cast<std::size_t>(known - ways_.begin());
    }
    const std::size_t index = ways_.size();
    ways_.emplace_back(access);
    ways_.back().identity =
        std::make_unique<Identity>(io_, clock_, [this, index] { return find(index); });
    return index;
}

/// From the beginning each time: files may have other keys by now.
Parsed<CredentialPlan> AccountIdentities::plan(const std::optional<AccountAccess>& access) const {
    const Parsed<SharedConfig> config = SharedConfig::load(environment_);
    if (!config) {
        return config.error();
    }
    std::optional<std::string> profile = profile_;
    if (access && !access->profile.empty()) {
        profile = access->profile;
    }
    Parsed<CredentialPlan> plan = plan_credentials(profile, environment_, *config);
    if (!plan || !access) {
        return plan;
    }
    if (!access->role.empty()) {
        RoleStep step;
        step.role_arn = access->role;
        step.session_name =
            access->session_name.empty() ? std::string(kSessionName) : access->session_name;
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
        return ParseProblem{fmt::format(
            "{} has a session policy, and profile '{}' assumes no role that it could narrow; name "
            "a role",
            table_of(*access),
            access->profile)};
    }
    plan->roles.back().session_policy = access->session_policy;
    return plan;
}

asio::awaitable<CredentialsOutcome> AccountIdentities::find(std::size_t way) {
    Parsed<CredentialPlan> planned = plan(ways_[way].access);
    if (!planned) {
        co_return CredentialFailure(false, planned.error().text);
    }
    co_return co_await resolver_.resolve(std::move(*planned));
}

std::optional<ParseProblem> AccountIdentities::find_all() {
    std::vector<std::optional<CredentialFailure>> failures(ways_.size());
    std::size_t left = ways_.size();
    for (std::size_t index = 0; index < ways_.size(); ++index) {
        asio::co_spawn(io_,
                       ways_[index].identity->fresh(nullptr),
                       [&, index](const std::exception_ptr& error, SharedCredentials found) {
                           if (error) {
                               failures[index] = CredentialFailure(false, "an unexpected error");
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
    for (std::size_t index = 0; index < ways_.size(); ++index) {
        if (failures[index]) {
            const std::optional<AccountAccess>& access = ways_[index].access;
            const std::string table = access ? table_of(*access) : "";
            const std::string& text = failures[index]->text;
            // A role's failure begins with who asks for the role.
            return ParseProblem{text.starts_with(table) ? text
                                                        : fmt::format("{}: {}", table, text)};
        }
    }
    return std::nullopt;
}

std::shared_ptr<const Credentials> AccountIdentities::at_hand(const Place& place) {
    return ways_[way_of_account_.at(place.account)].identity->at_hand();
}

asio::awaitable<FreshCredentials> AccountIdentities::renewed(
    Place place, std::shared_ptr<const Credentials> refused) {
    const SharedCredentials found =
        co_await ways_[way_of_account_.at(place.account)].identity->fresh(std::move(refused));
    if (!found) {
        co_return failed_call(found.error());
    }
    co_return *found;
}

std::string AccountIdentities::sources() const {
    if (ways_.size() == 1) {
        const auto credentials = ways_.front().identity->at_hand();
        return credentials ? credentials->source : "a source that has nothing yet";
    }
    return fmt::format("{} sources ('keyferry whoami' lists them)", ways_.size());
}

std::vector<AccountId> AccountIdentities::accounts() const {
    std::vector<AccountId> result;
    for (const auto& [account, way] : way_of_account_) {
        result.push_back(account);
    }
    return result;
}

asio::awaitable<AccountIdentities::Caller> AccountIdentities::caller_of(AccountId account) {
    Way& way = ways_[way_of_account_.at(account)];
    const Parsed<CredentialPlan> planned = plan(way.access);
    std::optional<Region> region;
    if (planned) {
        region = planned->region;
    }
    const SharedCredentials found = co_await way.identity->fresh(nullptr);
    if (!found) {
        co_return Caller(found, StsFailure());
    }
    StsOutcome<CallerIdentity> identity = co_await resolver_.caller_of(*found, region);
    co_return Caller(found, std::move(identity));
}

}  // namespace keyferry
