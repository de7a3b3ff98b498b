// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/kms_handler.hpp"

#include "tools/simulator/server/plain_response.hpp"
#include "tools/simulator/wire/kms_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <vector>

namespace keyferry::simulator {

namespace {

constexpr std::string_view kTargetPrefix = "TrentService.";
constexpr std::size_t kLedgerOperationMax = 64;

/// "TrentService.ReplicateKey" -> "ReplicateKey"; empty for anything else.
std::string_view operation_in(const io::SignableRequest& request) {
    const std::string_view target = header_of(request, "x-amz-target");
    return target.substr(0, kTargetPrefix.size()) == kTargetPrefix
               ? target.substr(kTargetPrefix.size())
               : std::string_view{};
}

/// The permission that a request requires.
struct RequiredPermission {
    std::string_view action;  ///< without "kms:"
    std::string_view region;
};

template <typename Request>
std::vector<RequiredPermission> needed_for(const Request& /*request*/,
                                           const io::AccountRegion& place) {
    return {{name_of(KmsOperation<Request>::kApi), place.region.name()}};
}

std::vector<RequiredPermission> needed_for(const io::ReplicateKeyRequest& request,
                                           const io::AccountRegion& place) {
    std::vector<RequiredPermission> needed{{"ReplicateKey", place.region.name()},
                                           {"CreateKey", request.replica_region}};
    if (!request.tags.empty()) {
        needed.push_back({"TagResource", request.replica_region});
    }
    return needed;
}

std::vector<RequiredPermission> needed_for(const io::CreateKeyRequest& request,
                                           const io::AccountRegion& place) {
    std::vector<RequiredPermission> needed{{"CreateKey", place.region.name()}};
    if (!request.tags.empty()) {
        needed.push_back({"TagResource", place.region.name()});
    }
    return needed;
}

std::vector<RequiredPermission> needed_for(const UpdatePrimaryRegionRequest& request,
                                           const io::AccountRegion& place) {
    return {{"UpdatePrimaryRegion", place.region.name()},
            {"UpdatePrimaryRegion", request.primary_region}};
}

std::vector<RequiredPermission> needed_for(const ReEncryptRequest& /*request*/,
                                           const io::AccountRegion& place) {
    return {{"ReEncryptFrom", place.region.name()}, {"ReEncryptTo", place.region.name()}};
}

template <typename Request>
std::optional<KmsRefusal> check_permissions(const SimulatorIdentity& identity,
                                            const Request& request,
                                            const io::AccountRegion& place) {
    for (const RequiredPermission& needed : needed_for(request, place)) {
        const std::string action = fmt::format("kms:{}", needed.action);
        if (!identity.permissions.allow(action, needed.region)) {
            return refusal_not_allowed(identity.arn(place.region.partition().name),
                                       action,
                                       fmt::format("arn:{}:kms:{}:{}:key/*",
                                                   place.region.partition().name,
                                                   needed.region,
                                                   place.account.digits()));
        }
    }
    return std::nullopt;
}

}  // namespace

HandlerResponse KmsHandler::reject(const io::SignableRequest& request,
                                   const SimulatedTime& time,
                                   const io::AccountRegion* place,
                                   const KmsRefusal& refusal) {
    LedgerEntry entry;
    entry.time = time.now;
    entry.wall = time.wall;
    entry.operation = operation_in(request).substr(0, kLedgerOperationMax);
    if (place != nullptr) {
        entry.account = place->account.digits();
        entry.region = place->region.name();
    }
    HandlerResponse response;
    response.http_status = refusal.http_status;
    append_body(refusal, response.body);
    response.request_id = kms_.record_rejected(std::move(entry), refusal);
    return response;
}

template <typename Request>
HandlerResponse KmsHandler::serve(const io::SignableRequest& request,
                                  const SimulatedTime& time,
                                  const Callers::Caller& caller) {
    const io::AccountRegion& place = caller.place;
    const DecodedRequest<Request> decoded = decode_request<Request>(request.body);
    if (const auto* refusal = std::get_if<KmsRefusal>(&decoded)) {
        return reject(request, time, &place, *refusal);
    }
    if (auto refusal = check_permissions(*caller.identity, std::get<Request>(decoded), place)) {
        return reject(request, time, &place, *refusal);
    }
    auto served = kms_.serve(place, std::get<Request>(decoded), time);
    HandlerResponse response;
    response.delivery = served.delivery;
    response.delay = served.delay;
    response.retry_after = served.retry_after;
    response.request_id = std::move(served.request_id);
    if (const auto* refusal = std::get_if<KmsRefusal>(&served.response)) {
        response.http_status = refusal->http_status;
        append_body(*refusal, response.body);
    } else {
        response.http_status = kHttpOk;
        append_body(std::get<0>(served.response), response.body);
    }
    return response;
}

KmsHandler::Serve KmsHandler::serve_for(io::KmsApi api) {
    static const std::array<Serve, io::kKmsApiCount> kServes = [] {
        std::array<Serve, io::kKmsApiCount> serves{};
        const auto fill = [&]<typename... Request>(std::tuple<Request...>*) {
            ((serves[static_cast<std::size_t>(KmsOperation<Request>::kApi)] =
                  &KmsHandler::serve<Request>),
             ...);
        };
        fill(static_cast<KmsRequests*>(nullptr));
        return serves;
    }();
    return kServes[static_cast<std::size_t>(api)];
}

HandlerResponse KmsHandler::respond(const io::SignableRequest& request, const SimulatedTime& time) {
    const auto authenticated = callers_.authenticate(request, "kms", time);
    if (const auto* refusal = std::get_if<KmsRefusal>(&authenticated)) {
        return reject(request, time, nullptr, *refusal);
    }
    const auto& caller = std::get<Callers::Caller>(authenticated);
    if (const io::Region& region = caller.place.region; !kms_.model().has_region(region)) {
        return reject(request,
                      time,
                      nullptr,
                      {io::KmsErrorCode::invalid_signature,
                       fmt::format("Credential should be scoped to a valid region. Region '{}' is "
                                   "not known; keyferry simulate --unknown-regions allows it.",
                                   region.name())});
    }
    const auto api = io::kms_api_named(operation_in(request));
    const Serve served_by = api && request.method == "POST" ? serve_for(*api) : nullptr;
    if (served_by == nullptr) {
        return reject(request, time, &caller.place, {io::KmsErrorCode::unknown_operation, ""});
    }
    return (this->*served_by)(request, time, caller);
}

}  // namespace keyferry::simulator
