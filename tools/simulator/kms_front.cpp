#include "tools/simulator/kms_front.hpp"

#include "io/aws/timestamps.hpp"
#include "tools/simulator/kms_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

namespace keyferry {

namespace {

constexpr int kOk = 200;
constexpr std::string_view kTargetPrefix = "TrentService.";
constexpr std::size_t kLedgerOperationMax = 64;

bool same_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
    };
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [&](char left, char right) {
               return lower(left) == lower(right);
           });
}

std::string_view header(const SignableRequest& request, std::string_view name) {
    for (const SignableHeader& candidate : request.headers) {
        if (same_ignoring_case(candidate.name, name)) {
            return candidate.value;
        }
    }
    return {};
}

/// "TrentService.ReplicateKey" -> "ReplicateKey"; empty for anything else.
std::string_view operation_in(const SignableRequest& request) {
    const std::string_view target = header(request, "x-amz-target");
    return target.substr(0, kTargetPrefix.size()) == kTargetPrefix
               ? target.substr(kTargetPrefix.size())
               : std::string_view{};
}

KmsRefusal invalid_signature(std::string text) {
    return {KmsErrorCode::invalid_signature, std::move(text)};
}

KmsRefusal incomplete_signature(std::string text) {
    return {KmsErrorCode::incomplete_signature, "IncompleteSignatureException", std::move(text)};
}

KmsRefusal unknown_client() {
    return {KmsErrorCode::invalid_client_token,
            "UnrecognizedClientException",
            "The security token included in the request is invalid."};
}

/// AWS's texts for a signature that is too old or too new.
std::optional<KmsRefusal> check_age(std::chrono::sys_seconds signed_at,
                                    std::string_view signed_at_text,
                                    WallTime wall) {
    const auto now = std::chrono::floor<std::chrono::seconds>(wall);
    const auto earliest = now - KmsFront::kSignatureAgeMax;
    const auto latest = now + KmsFront::kSignatureAgeMax;
    if (signed_at < earliest) {
        return invalid_signature(
            fmt::format("Signature expired: {} is now earlier than {} ({} - 5 min.)",
                        signed_at_text,
                        amz_date(earliest),
                        amz_date(now)));
    }
    if (signed_at > latest) {
        return invalid_signature(
            fmt::format("Signature not yet current: {} is still later than {} ({} + 5 min.)",
                        signed_at_text,
                        amz_date(latest),
                        amz_date(now)));
    }
    return std::nullopt;
}

/// What the scope says beside the Region: the day must be the date's, the service KMS.
std::optional<KmsRefusal> check_scope(const CredentialScope& scope, std::string_view date) {
    const std::string_view day = date.substr(0, date.find('T'));
    if (scope.day != day) {
        return invalid_signature(
            fmt::format("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of "
                        "date from HTTP: '{}' != '{}', from '{}'.",
                        scope.day,
                        day,
                        date));
    }
    if (scope.service != "kms") {
        return invalid_signature("Credential should be scoped to correct service: 'kms'. ");
    }
    if (!Region::parse(scope.region)) {
        return invalid_signature("Credential should be scoped to a valid region. ");
    }
    return std::nullopt;
}

}  // namespace

SimulatorIdentity example_identity() {
    return {"AKIDEXAMPLE",
            Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            AccountId::parse("111122223333").value()};
}

void KmsFront::add_identity(SimulatorIdentity identity) {
    std::erase_if(identities_, [&](const SimulatorIdentity& earlier) {
        return earlier.access_key_id == identity.access_key_id;
    });
    identities_.push_back(std::move(identity));
    signing_keys_.clear();
}

const SimulatorIdentity* KmsFront::identity(std::string_view access_key_id) const {
    for (const SimulatorIdentity& candidate : identities_) {
        if (candidate.access_key_id == access_key_id) {
            return &candidate;
        }
    }
    return nullptr;
}

const Secret& KmsFront::signing_key_of(const SimulatorIdentity& identity,
                                       const CredentialScope& scope) {
    std::string name = identity.access_key_id + "/" + scope.text();
    const auto known = signing_keys_.find(name);
    if (known != signing_keys_.end()) {
        return known->second;
    }
    if (signing_keys_.size() == kSigningKeysMax) {
        signing_keys_.clear();
    }
    Secret derived = signing_key(identity.secret_access_key, scope);
    return signing_keys_.emplace(std::move(name), std::move(derived)).first->second;
}

std::variant<Place, KmsRefusal> KmsFront::authenticate(const SignableRequest& request,
                                                       const SimulatedTime& time) {
    const std::string_view authorization_text = header(request, "authorization");
    if (authorization_text.empty()) {
        return KmsRefusal(KmsErrorCode::missing_authentication_token,
                          "MissingAuthenticationTokenException",
                          "Missing Authentication Token");
    }
    const auto authorization = parse_authorization(authorization_text);
    if (!authorization) {
        return incomplete_signature(authorization.error().text);
    }
    const std::string_view date = header(request, "x-amz-date");
    const auto signed_at = parse_amz_date(date);
    if (!signed_at) {
        return incomplete_signature(
            "Authorization header requires existence of a 'X-Amz-Date' header.");
    }
    const SimulatorIdentity* caller = identity(authorization->access_key_id);
    if (caller == nullptr || !equal_in_constant_time(header(request, "x-amz-security-token"),
                                                     caller->session_token.reveal())) {
        return unknown_client();
    }
    if (auto refusal = check_scope(authorization->scope, date)) {
        return *std::move(refusal);
    }
    if (auto refusal = check_age(*signed_at, date, time.wall)) {
        return *std::move(refusal);
    }
    const Secret& key = signing_key_of(*caller, authorization->scope);
    if (check_signature(request, *authorization, date, key) != SignatureCheck::matches) {
        return invalid_signature(
            "The request signature we calculated does not match the signature you provided. Check "
            "your AWS Secret Access Key and signing method. Consult the service documentation for "
            "details.");
    }
    return Place(caller->account, Region::parse(authorization->scope.region).value());
}

FrontAnswer KmsFront::turn_away(const SignableRequest& request,
                                const SimulatedTime& time,
                                const Place* place,
                                const KmsRefusal& refusal) {
    LedgerEntry entry;
    entry.time = time.now;
    entry.wall = time.wall;
    entry.operation = operation_in(request).substr(0, kLedgerOperationMax);
    if (place != nullptr) {
        entry.account = place->account.digits();
        entry.region = place->region.name();
    }
    FrontAnswer answer;
    answer.http_status = refusal.http_status;
    append_body(refusal, answer.body);
    answer.request_id = kms_.record_turned_away(std::move(entry), refusal);
    return answer;
}

template <typename Request>
FrontAnswer KmsFront::serve(const SignableRequest& request,
                            const SimulatedTime& time,
                            const Place& place) {
    const DecodedRequest<Request> decoded = decode_request<Request>(request.body);
    if (const auto* refusal = std::get_if<KmsRefusal>(&decoded)) {
        return turn_away(request, time, &place, *refusal);
    }
    auto served = kms_.serve(place, std::get<Request>(decoded), time);
    FrontAnswer answer;
    answer.delivery = served.delivery;
    answer.delay = served.delay;
    answer.retry_after = served.retry_after;
    answer.request_id = std::move(served.request_id);
    if (const auto* refusal = std::get_if<KmsRefusal>(&served.answer)) {
        answer.http_status = refusal->http_status;
        append_body(*refusal, answer.body);
    } else {
        answer.http_status = kOk;
        append_body(std::get<0>(served.answer), answer.body);
    }
    return answer;
}

KmsFront::Serve KmsFront::serve_for(KmsApi api) {
    static const std::array<Serve, kKmsApiCount> kServes = [] {
        std::array<Serve, kKmsApiCount> serves{};
        const auto fill = [&]<typename... Request>(std::tuple<Request...>*) {
            ((serves[static_cast<std::size_t>(KmsOperation<Request>::kApi)] =
                  &KmsFront::serve<Request>),
             ...);
        };
        fill(static_cast<KmsRequests*>(nullptr));
        return serves;
    }();
    return kServes[static_cast<std::size_t>(api)];
}

FrontAnswer KmsFront::answer(const SignableRequest& request, const SimulatedTime& time) {
    const auto authenticated = authenticate(request, time);
    if (const auto* refusal = std::get_if<KmsRefusal>(&authenticated)) {
        return turn_away(request, time, nullptr, *refusal);
    }
    const Place& place = std::get<Place>(authenticated);
    const auto api = kms_api_named(operation_in(request));
    const Serve served_by = api && request.method == "POST" ? serve_for(*api) : nullptr;
    if (served_by == nullptr) {
        return turn_away(request, time, &place, {KmsErrorCode::unknown_operation, ""});
    }
    return (this->*served_by)(request, time, place);
}

}  // namespace keyferry
