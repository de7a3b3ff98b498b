// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/service/simulated_kms.hpp"

#include <utility>

namespace keyferry::simulator {

namespace {

constexpr int kOk = 200;

/// Returns the key that a request refers to, as sent, or the alias if there is no key.
template <typename Request>
std::string key_in(const Request& request) {
    return request.key_id;
}
std::string key_in(const io::CreateKeyRequest& /*request*/) {
    return {};
}
std::string key_in(const io::ListKeysRequest& /*request*/) {
    return {};
}
std::string key_in(const ListRetirableGrantsRequest& /*request*/) {
    return {};
}
std::string key_in(const RetireGrantRequest& request) {
    return request.key_id.value_or("");
}
std::string key_in(const io::ListAliasesRequest& request) {
    return request.key_id.value_or("");
}
std::string key_in(const io::CreateAliasRequest& request) {
    return request.target_key_id;
}
std::string key_in(const io::UpdateAliasRequest& request) {
    return request.target_key_id;
}
std::string key_in(const io::DeleteAliasRequest& request) {
    return request.alias_name;
}

std::string key_in(const GenerateRandomRequest& /*request*/) {
    return {};
}

template <typename Request>
LedgerEntry entry_for(const io::AccountRegion& place,
                      const Request& request,
                      const SimulatedTime& time) {
    LedgerEntry entry;
    entry.time = time.now;
    entry.wall = time.wall;
    entry.account = place.account.digits();
    entry.region = place.region.name();
    entry.operation = name_of(KmsOperation<Request>::kApi);
    entry.key = key_in(request);
    if constexpr (std::is_same_v<Request, io::ReplicateKeyRequest>) {
        entry.replica_region = request.replica_region.substr(0, kLedgerKeyMax);
    }
    if constexpr (std::is_same_v<Request, UpdatePrimaryRegionRequest>) {
        entry.replica_region = request.primary_region.substr(0, kLedgerKeyMax);
    }
    return entry;
}

/// Returns the error response if `fault` occurs before the effect; nullopt for other faults.
std::optional<KmsRefusal> refusal_before_effect(const Fault& fault,
                                                const io::AccountRegion& place,
                                                const LedgerEntry& entry,
                                                std::uint64_t keys_per_region_max) {
    switch (fault.kind) {
        case FaultKind::throttle:
            return refusal_throttled();
        case FaultKind::internal:
        case FaultKind::reset:
            return refusal_internal();
        case FaultKind::limit:
            return refusal_key_quota(keys_per_region_max, keys_per_region_max);
        case FaultKind::denied:
            return refusal_denied(place, entry.operation, entry.key.empty() ? "*" : entry.key);
        case FaultKind::down:
            return refusal_dependency_timeout();
        case FaultKind::internal_after:
        case FaultKind::lost:
        case FaultKind::slow:
        case FaultKind::none:
            break;
    }
    return std::nullopt;
}

Delivery delivery_of(const Fault& fault) {
    switch (fault.kind) {
        case FaultKind::lost:
            return Delivery::closed;
        case FaultKind::reset:
            return Delivery::reset;
        case FaultKind::down:
            return fault.only_at_replica ? Delivery::answered : Delivery::unreachable;
        default:
            return Delivery::answered;
    }
}

void record_response(const KmsRefusal* refusal, Delivery delivery, LedgerEntry& entry) {
    entry.answered = delivery == Delivery::answered;
    if (delivery == Delivery::reset || delivery == Delivery::unreachable) {
        return;  // the response would not have been delivered anyway
    }
    entry.http_status = refusal != nullptr ? refusal->http_status : kOk;
    if (refusal != nullptr) {
        entry.code = refusal->wire_code;
    }
}

}  // namespace

SimulatedKms::SimulatedKms(const SimulatorSettings& settings)
    : started_at_(settings.started_at),
      model_(settings.model),
      quotas_(settings.quota_scale),
      faults_(settings.faults, settings.model.random_seed()),
      ledger_(settings.ledger_entries_max),
      request_ids_(settings.model.random_seed(), "request ids") {}

std::string SimulatedKms::next_request_id() {
    const std::uint64_t high = request_ids_.next();
    return uuid_text(high, request_ids_.next());
}

bool SimulatedKms::knows_region(std::string_view region) {
    return regions_.find(region) || (regions_.size() <= kRegionsMax && regions_.number(region) > 0);
}

bool SimulatedKms::take_quota(const QuotaCharge& charge, io::Moment now) {
    ledger_.count_arrival(charge, now);
    return quotas_.take(charge, now);
}

template <typename Request>
bool SimulatedKms::take_quotas(const io::AccountRegion& place,
                               const Request& /*request*/,
                               io::Moment now) {
    if (!knows_region(place.region.name())) {
        return false;
    }
    const QuotaCharge charge{
        place.account.digits(), place.region.name(), KmsOperation<Request>::kApi, 1};
    return take_quota(charge, now);
}

bool SimulatedKms::take_quotas(const io::AccountRegion& place,
                               const io::ReplicateKeyRequest& request,
                               io::Moment now) {
    const std::string& account = place.account.digits();
    return take_both(QuotaCharge{account, place.region.name(), io::KmsApi::replicate_key, 1},
                     QuotaCharge{account,
                                 request.replica_region,
                                 io::KmsApi::create_key,
                                 kCreateKeyUnitsPerReplicateKey},
                     now);
}

bool SimulatedKms::take_quotas(const io::AccountRegion& place,
                               const UpdatePrimaryRegionRequest& request,
                               io::Moment now) {
    const std::string& account = place.account.digits();
    constexpr io::KmsApi kApi = io::KmsApi::update_primary_region;
    return take_both(QuotaCharge{account, place.region.name(), kApi, 1},
                     QuotaCharge{account, request.primary_region, kApi, 1},
                     now);
}

bool SimulatedKms::take_shared_quota(const io::AccountRegion& place,
                                     io::KmsApi api,
                                     std::string_view key_spec,
                                     io::Moment now) {
    if (!knows_region(place.region.name())) {
        return false;
    }
    const SharedQuotaCharge shared = shared_quota_charge(api, key_spec);
    return take_quota(
        QuotaCharge{place.account.digits(), place.region.name(), shared.api, shared.units}, now);
}

template <std::derived_from<KeyUseRequest> Request>
bool SimulatedKms::take_quotas(const io::AccountRegion& place,
                               const Request& request,
                               io::Moment now) {
    constexpr io::KmsApi kApi = KmsOperation<Request>::kApi;
    if constexpr (std::derived_from<Request, DataKeyPairRequest>) {
        return take_shared_quota(place, kApi, request.key_pair_spec, now);
    } else {
        return take_shared_quota(place, kApi, model_.key_spec(place, request.key_id), now);
    }
}

bool SimulatedKms::take_quotas(const io::AccountRegion& place,
                               const ReEncryptRequest& request,
                               io::Moment now) {
    // It is not documented which key determines the quota if two keys have different types.
    return take_shared_quota(
        place, io::KmsApi::re_encrypt, model_.key_spec(place, request.key_id), now);
}

bool SimulatedKms::take_quotas(const io::AccountRegion& place,
                               const GenerateRandomRequest& /*request*/,
                               io::Moment now) {
    return take_shared_quota(place, io::KmsApi::generate_random, "SYMMETRIC_DEFAULT", now);
}

bool SimulatedKms::take_quotas(const io::AccountRegion& place,
                               const GetPublicKeyRequest& /*request*/,
                               io::Moment now) {
    return knows_region(place.region.name()) &&
           take_quota(
               QuotaCharge{
                   place.account.digits(), place.region.name(), io::KmsApi::get_public_key, 1},
               now);
}

bool SimulatedKms::take_both(const QuotaCharge& here, const QuotaCharge& there, io::Moment now) {
    // Both charges are counted as arrivals. If the second is rejected, the first is not refunded,
    // because KMS must call the other Region to find out.
    if (!knows_region(here.region)) {
        return false;
    }
    const bool has_here = take_quota(here, now);
    const bool is_same = there.region == here.region && there.api == here.api;
    if (!io::Region::parse(there.region) || is_same) {
        return has_here;  // no further quota applies; the model rejects the request
    }
    if (!knows_region(there.region)) {
        return false;
    }
    if (!has_here) {
        ledger_.count_arrival(there, now);
        return false;
    }
    return take_quota(there, now);
}

Fault SimulatedKms::decide_fault(const LedgerEntry& entry, io::KmsApi api) {
    if (!started_at_) {
        started_at_ = entry.time;
    }
    return faults_.decide(
        FaultCall{api, entry.region, entry.replica_region, entry.time - *started_at_});
}

template <typename Request>
Served<ResultOf<Request>> SimulatedKms::serve(const io::AccountRegion& place,
                                              const Request& request,
                                              const SimulatedTime& time,
                                              const PolicyCaller* caller) {
    using Result = ResultOf<Request>;
    LedgerEntry entry = entry_for(place, request, time);
    const Fault fault = decide_fault(entry, KmsOperation<Request>::kApi);
    Served<Result> served{
        refusal_internal(), delivery_of(fault), fault.delay, next_request_id(), fault.retry_after};
    entry.fault = fault.kind;
    // A request that does not reach the endpoint uses no quota.
    const bool arrived = served.delivery != Delivery::unreachable;
    // Whether KMS counts requests that it denies is not documented.
    std::optional<KmsRefusal> denial;
    if (arrived && caller != nullptr) {
        denial = model_.authorize(place, request, time, *caller);
    }
    if (denial) {
        served.response = *std::move(denial);
    } else if (arrived && !take_quotas(place, request, time.now)) {
        served.response = refusal_throttled();
    } else if (auto refusal =
                   refusal_before_effect(fault, place, entry, model_.keys_per_region_max())) {
        served.response = *std::move(refusal);
    } else {
        Handled<Result> handled = model_.handle(place, request, time, caller);
        entry.effect = std::move(handled.effect);
        if (fault.kind != FaultKind::internal_after) {
            served.response = std::move(handled.response);
        }
    }
    record_response(std::get_if<KmsRefusal>(&served.response), served.delivery, entry);
    entry.request_id = served.request_id;
    ledger_.record(std::move(entry));
    return served;
}

// clang-format off
template Served<io::EmptyResult> SimulatedKms::serve(const io::AccountRegion&, const io::CreateAliasRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<io::CreateKeyResult> SimulatedKms::serve(const io::AccountRegion&, const io::CreateKeyRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<io::EmptyResult> SimulatedKms::serve(const io::AccountRegion&, const io::DeleteAliasRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<io::DescribeKeyResult> SimulatedKms::serve(const io::AccountRegion&, const io::DescribeKeyRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<io::GetKeyPolicyResult> SimulatedKms::serve(const io::AccountRegion&, const io::GetKeyPolicyRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<io::ListAliasesResult> SimulatedKms::serve(const io::AccountRegion&, const io::ListAliasesRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<io::ListKeysResult> SimulatedKms::serve(const io::AccountRegion&, const io::ListKeysRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<io::ListResourceTagsResult> SimulatedKms::serve(const io::AccountRegion&, const io::ListResourceTagsRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<io::EmptyResult> SimulatedKms::serve(const io::AccountRegion&, const io::PutKeyPolicyRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<io::ReplicateKeyResult> SimulatedKms::serve(const io::AccountRegion&, const io::ReplicateKeyRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<io::EmptyResult> SimulatedKms::serve(const io::AccountRegion&, const io::TagResourceRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<io::EmptyResult> SimulatedKms::serve(const io::AccountRegion&, const io::UntagResourceRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<io::EmptyResult> SimulatedKms::serve(const io::AccountRegion&, const io::UpdateAliasRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<io::EmptyResult> SimulatedKms::serve(const io::AccountRegion&, const io::UpdateKeyDescriptionRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<CreateGrantResult> SimulatedKms::serve(const io::AccountRegion&, const CreateGrantRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<ListGrantsResult> SimulatedKms::serve(const io::AccountRegion&, const ListGrantsRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<ListGrantsResult> SimulatedKms::serve(const io::AccountRegion&, const ListRetirableGrantsRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<io::EmptyResult> SimulatedKms::serve(const io::AccountRegion&, const RetireGrantRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<io::EmptyResult> SimulatedKms::serve(const io::AccountRegion&, const RevokeGrantRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<KeyIdResult> SimulatedKms::serve(const io::AccountRegion&, const CancelKeyDeletionRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<KeyMaterialResult> SimulatedKms::serve(const io::AccountRegion&, const DeleteImportedKeyMaterialRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<io::EmptyResult> SimulatedKms::serve(const io::AccountRegion&, const io::DisableKeyRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<io::EmptyResult> SimulatedKms::serve(const io::AccountRegion&, const DisableKeyRotationRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<io::EmptyResult> SimulatedKms::serve(const io::AccountRegion&, const io::EnableKeyRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<io::EmptyResult> SimulatedKms::serve(const io::AccountRegion&, const EnableKeyRotationRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<GetKeyRotationStatusResult> SimulatedKms::serve(const io::AccountRegion&, const GetKeyRotationStatusRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<GetParametersForImportResult> SimulatedKms::serve(const io::AccountRegion&, const GetParametersForImportRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<KeyMaterialResult> SimulatedKms::serve(const io::AccountRegion&, const ImportKeyMaterialRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<ListKeyPoliciesResult> SimulatedKms::serve(const io::AccountRegion&, const ListKeyPoliciesRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<ListKeyRotationsResult> SimulatedKms::serve(const io::AccountRegion&, const ListKeyRotationsRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<KeyIdResult> SimulatedKms::serve(const io::AccountRegion&, const RotateKeyOnDemandRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<ScheduleKeyDeletionResult> SimulatedKms::serve(const io::AccountRegion&, const ScheduleKeyDeletionRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<io::EmptyResult> SimulatedKms::serve(const io::AccountRegion&, const UpdatePrimaryRegionRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<EncryptResult> SimulatedKms::serve(const io::AccountRegion&, const EncryptRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<DecryptResult> SimulatedKms::serve(const io::AccountRegion&, const DecryptRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<ReEncryptResult> SimulatedKms::serve(const io::AccountRegion&, const ReEncryptRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<DataKeyResult> SimulatedKms::serve(const io::AccountRegion&, const GenerateDataKeyRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<DataKeyWithoutPlaintextResult> SimulatedKms::serve(const io::AccountRegion&, const GenerateDataKeyWithoutPlaintextRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<DataKeyPairResult> SimulatedKms::serve(const io::AccountRegion&, const GenerateDataKeyPairRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<DataKeyPairWithoutPlaintextResult> SimulatedKms::serve(const io::AccountRegion&, const GenerateDataKeyPairWithoutPlaintextRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<GenerateRandomResult> SimulatedKms::serve(const io::AccountRegion&, const GenerateRandomRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<SignResult> SimulatedKms::serve(const io::AccountRegion&, const SignRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<VerifyResult> SimulatedKms::serve(const io::AccountRegion&, const VerifyRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<GenerateMacResult> SimulatedKms::serve(const io::AccountRegion&, const GenerateMacRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<VerifyMacResult> SimulatedKms::serve(const io::AccountRegion&, const VerifyMacRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<GetPublicKeyResult> SimulatedKms::serve(const io::AccountRegion&, const GetPublicKeyRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<DeriveSharedSecretResult> SimulatedKms::serve(const io::AccountRegion&, const DeriveSharedSecretRequest&, const SimulatedTime&, const PolicyCaller*);
template Served<GetKeyLastUsageResult> SimulatedKms::serve(const io::AccountRegion&, const GetKeyLastUsageRequest&, const SimulatedTime&, const PolicyCaller*);
// clang-format on

std::vector<ExceededQuota> SimulatedKms::exceeded_quotas() {
    std::vector<ExceededQuota> passed;
    for (LedgerPeak& peak : ledger_.peaks()) {
        const std::uint32_t quota = quotas_.quota(peak.account, peak.region, peak.api);
        if (peak.units > quota) {
            passed.push_back(ExceededQuota{std::move(peak), quota});
        }
    }
    return passed;
}

std::string SimulatedKms::record_rejected(LedgerEntry entry, const KmsRefusal& refusal) {
    entry.http_status = refusal.http_status;
    entry.code = refusal.wire_code;
    return record_other(std::move(entry));
}

std::string SimulatedKms::record_other(LedgerEntry entry) {
    entry.request_id = next_request_id();
    std::string request_id = entry.request_id;
    ledger_.record(std::move(entry));
    return request_id;
}

}  // namespace keyferry::simulator
