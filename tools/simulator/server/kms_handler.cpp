// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/kms_handler.hpp"

#include "tools/simulator/server/plain_response.hpp"
#include "tools/simulator/wire/kms_json.hpp"

#include <array>
#include <optional>
#include <tuple>

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
    const PolicyCaller policy_caller = callers_.policy_caller(*caller.identity);
    auto served = kms_.serve(place, std::get<Request>(decoded), time, &policy_caller);
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
