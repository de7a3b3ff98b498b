// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/scope_note.hpp"

#include "io/names/duration_text.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

namespace keyferry::cli {

namespace {

namespace json = boost::json;

using engine::FailureClass;
using engine::FailureScope;
using State = engine::CircuitBreaker::State;

std::string_view name_of(State state) noexcept {
    switch (state) {
        case State::closed:
            return "open";
        case State::parked:
            return "parked";
        case State::abandoned:
            return "abandoned";
    }
    return "?";
}

std::string_view name_of(FailureScope scope) noexcept {
    switch (scope) {
        case FailureScope::account:
            return "account";
        case FailureScope::endpoint:
            return "endpoint";
        case FailureScope::replicas:
            return "replicas";
        case FailureScope::pair:
            return "pair";
    }
    return "?";
}

double seconds_of(std::chrono::milliseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

std::string what_of(const engine::ScopeNews& news) {
    return news.scope == FailureScope::account
               ? scope_name(news)
               : fmt::format("{} (account {})", scope_name(news), news.place.account.digits());
}

/// The action that the user can take.
std::string_view remedy_for(FailureClass reason) noexcept {
    switch (reason) {
        case FailureClass::key_quota:
            return "request an increase of the quota \"KMS keys\" in that Region (Service Quotas, "
                   "AWS KMS)";
        case FailureClass::unreachable:
            return "if this persists, check the network between this machine and the endpoint";
        case FailureClass::timeout:
        case FailureClass::server_error:
            return "if this persists, check the AWS Health Dashboard";
        case FailureClass::unusable_endpoint:
            return "check the endpoint's name, the trusted certificates, and whether the account "
                   "has enabled the Region";
        case FailureClass::no_credentials:
            return "check the credential source of this account; log in again if its session has "
                   "ended";
        case FailureClass::bad_credentials:
            return "renew the credentials of this account, then run the same command again";
        case FailureClass::throttled:
        case FailureClass::none:
            break;
    }
    return "nothing";
}

std::string cause_of(const engine::ScopeNews& news) {
    return fmt::format("{} ({} {} in a row; most recent: {})",
                       name_of(news.reason),
                       news.failures,
                       news.failures == 1 ? "failure" : "failures",
                       last_failure_text(news));
}

}  // namespace

std::string scope_name(const engine::ScopeNews& news) {
    const std::string_view region = news.place.region.name();
    switch (news.scope) {
        case FailureScope::account:
            return fmt::format("account {}", news.place.account.digits());
        case FailureScope::endpoint:
            return fmt::format("KMS in {}", region);
        case FailureScope::replicas:
            return fmt::format("replicas in {}", region);
        case FailureScope::pair:
            return fmt::format("replicas in {} of keys in {}",
                               region,
                               news.primary_region ? news.primary_region->name() : "?");
    }
    return "?";
}

std::string scope_message(const engine::ScopeNews& news) {
    switch (news.state) {
        case State::closed:
            return what_of(news) + ": resumed";
        case State::parked:
            return fmt::format(
                "{}: parked, {}. Next probe in {}, then at increasing intervals; other calls "
                "continue. To do: {}",
                what_of(news),
                cause_of(news),
                io::long_duration_text(seconds_of(news.probe_in)),
                remedy_for(news.reason));
        case State::abandoned:
            return fmt::format(
                "{}: abandoned, {}. No more calls are sent there until the command is run again. "
                "To do: {}",
                what_of(news),
                cause_of(news),
                remedy_for(news.reason));
    }
    return what_of(news);
}

std::string scope_object(const engine::ScopeNews& news) {
    json::object region;
    region["account"] = news.place.account.digits();
    if (news.scope != FailureScope::account) {
        region["region"] = news.place.region.name();
    }
    region["about"] = name_of(news.scope);
    if (news.primary_region) {
        region["primary_region"] = news.primary_region->name();
    }
    region["state"] = name_of(news.state);
    region["reason"] = name_of(news.reason);
    region["failures"] = news.failures;
    region["message"] = last_failure_text(news);
    region["probe_in_s"] = seconds_of(news.probe_in);
    region["abandoned_in_s"] = seconds_of(news.abandoned_in);
    return json::serialize(region);
}

std::string scope_json(const engine::ScopeNews& news) {
    return fmt::format(R"({{"region":{}}})", scope_object(news));
}

void show_scope_news(ProgressStyle style, const engine::ScopeNews& news) {
    if (style == ProgressStyle::json) {
        show_progress(style, scope_json(news));
        return;
    }
    end_progress(style);
    log_message(scope_message(news));
}

}  // namespace keyferry::cli
