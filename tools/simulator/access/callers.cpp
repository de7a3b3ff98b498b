// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/access/callers.hpp"

#include "io/aws/timestamps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace keyferry::simulator {

namespace {

bool same_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
    };
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [&](char left, char right) {
               return lower(left) == lower(right);
           });
}

KmsRefusal invalid_signature(std::string text) {
    return {io::KmsErrorCode::invalid_signature, std::move(text)};
}

KmsRefusal incomplete_signature(std::string text) {
    return {
        io::KmsErrorCode::incomplete_signature, "IncompleteSignatureException", std::move(text)};
}

KmsRefusal unknown_client() {
    return {io::KmsErrorCode::invalid_client_token,
            "UnrecognizedClientException",
            "The security token included in the request is invalid."};
}

/// Returns AWS's error for a signature that is too old or too new. If the simulated time runs
/// faster than the machine's clock, signatures age faster as well, so the limit is five minutes of
/// the client's time.
std::optional<KmsRefusal> check_age(std::chrono::sys_seconds signed_at,
                                    std::string_view signed_at_text,
                                    const SimulatedTime& time) {
    const auto now = std::chrono::floor<std::chrono::seconds>(time.wall);
    const auto age_max = std::chrono::duration_cast<std::chrono::seconds>(
        Callers::kSignatureAgeMax * std::max(time.rate, 1.0));
    const auto earliest = now - age_max;
    const auto latest = now + age_max;
    if (signed_at < earliest) {
        return invalid_signature(
            fmt::format("Signature expired: {} is now earlier than {} ({} - 5 min.)",
                        signed_at_text,
                        io::amz_date(earliest),
                        io::amz_date(now)));
    }
    if (signed_at > latest) {
        return invalid_signature(
            fmt::format("Signature not yet current: {} is still later than {} ({} + 5 min.)",
                        signed_at_text,
                        io::amz_date(latest),
                        io::amz_date(now)));
    }
    return std::nullopt;
}

/// Checks the credential scope: its date must match the date of the request, and its service must
/// match the endpoint.
std::optional<KmsRefusal> check_scope(const io::CredentialScope& scope,
                                      std::string_view service,
                                      std::string_view date) {
    const std::string_view day = date.substr(0, date.find('T'));
    if (scope.day != day) {
        return invalid_signature(
            fmt::format("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of "
                        "date from HTTP: '{}' != '{}', from '{}'.",
                        scope.day,
                        day,
                        date));
    }
    if (scope.service != service) {
        return invalid_signature(
            fmt::format("Credential should be scoped to correct service: '{}'. ", service));
    }
    if (!io::Region::parse(scope.region)) {
        return invalid_signature("Credential should be scoped to a valid region. ");
    }
    return std::nullopt;
}

}  // namespace

std::string_view header_of(const io::SignableRequest& request, std::string_view name) {
    for (const io::SignableHeader& candidate : request.headers) {
        if (same_ignoring_case(candidate.name, name)) {
            return candidate.value;
        }
    }
    return {};
}

SimulatorIdentity example_identity() {
    return {"AKIDEXAMPLE",
            io::Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            io::AccountId::parse("111122223333").value()};
}

bool Callers::add_temporary(SimulatorIdentity identity, io::WallTime now) {
    if (temporary_count_ >= kTemporaryMax) {
        temporary_count_ -= std::erase_if(identities_, [&](const auto& each) {
            return each.second.expires_at && *each.second.expires_at <= now;
        });
    }
    if (temporary_count_ >= kTemporaryMax) {
        return false;
    }
    if (changes_) {
        changes_->credentials.push_back(identity.access_key_id);
    }
    ++temporary_count_;
    add(std::move(identity));
    return true;
}

void Callers::add(SimulatorIdentity identity) {
    signing_keys_.clear();
    std::string id = identity.access_key_id;
    identities_.insert_or_assign(std::move(id), std::move(identity));
}

const SimulatorRole* Callers::role(std::string_view account, std::string_view name) const {
    for (const SimulatorRole& candidate : roles_) {
        if (candidate.account.digits() == account && candidate.name == name) {
            return &candidate;
        }
    }
    return nullptr;
}

const SimulatorRole* Callers::role(std::string_view name) const {
    for (const SimulatorRole& candidate : roles_) {
        if (candidate.name == name) {
            return &candidate;
        }
    }
    return nullptr;
}

const io::Secret& Callers::signing_key_of(const SimulatorIdentity& identity,
                                          const io::CredentialScope& scope) {
    std::string name = identity.access_key_id + "/" + scope.text();
    const auto known = signing_keys_.find(name);
    if (known != signing_keys_.end()) {
        return known->second;
    }
    if (signing_keys_.size() == kSigningKeysMax) {
        signing_keys_.clear();
    }
    io::Secret derived = io::signing_key(identity.secret_access_key, scope);
    return signing_keys_.emplace(std::move(name), std::move(derived)).first->second;
}

std::variant<Callers::Caller, KmsRefusal> Callers::authenticate(const io::SignableRequest& request,
                                                                std::string_view service,
                                                                const SimulatedTime& time) {
    const std::string_view authorization_text = header_of(request, "authorization");
    if (authorization_text.empty()) {
        return KmsRefusal(io::KmsErrorCode::missing_authentication_token,
                          "MissingAuthenticationTokenException",
                          "Missing Authentication Token");
    }
    const auto authorization = io::parse_authorization(authorization_text);
    if (!authorization) {
        return incomplete_signature(authorization.error().text);
    }
    const std::string_view date = header_of(request, "x-amz-date");
    const auto signed_at = io::parse_amz_date(date);
    if (!signed_at) {
        return incomplete_signature(
            "Authorization header requires existence of a 'X-Amz-Date' header.");
    }
    const auto known = identities_.find(authorization->access_key_id);
    if (known == identities_.end() ||
        !io::equal_in_constant_time(header_of(request, "x-amz-security-token"),
                                    known->second.session_token.reveal())) {
        return unknown_client();
    }
    const SimulatorIdentity& caller = known->second;
    if (auto refusal = check_scope(authorization->scope, service, date)) {
        return *std::move(refusal);
    }
    if (auto refusal = check_age(*signed_at, date, time)) {
        return *std::move(refusal);
    }
    const io::Secret& key = signing_key_of(caller, authorization->scope);
    if (io::check_signature(request, *authorization, date, key) != io::SignatureCheck::matches) {
        return invalid_signature(
            "The request signature we calculated does not match the signature you provided. Check "
            "your AWS Secret Access Key and signing method. Consult the service documentation for "
            "details.");
    }
    if (caller.expires_at && *caller.expires_at <= time.wall) {
        return KmsRefusal(io::KmsErrorCode::expired_token,
                          "The security token included in the request is expired");
    }
    return Caller{
        &caller,
        io::AccountRegion(caller.account, io::Region::parse(authorization->scope.region).value())};
}

}  // namespace keyferry::simulator
