// SPDX-License-Identifier: Apache-2.0
// KmsModel: cryptographic operations.
#include "tools/simulator/cryptography/encryption.hpp"
#include "tools/simulator/cryptography/signing.hpp"
#include "tools/simulator/cryptography/symmetric_ciphertext.hpp"
#include "tools/simulator/model/key_state_rules.hpp"
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/requests/request_checks.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <fmt/format.h>

#include <utility>

namespace keyferry::simulator {

namespace {

KmsRefusal refusal_incorrect_key() {
    return {io::KmsErrorCode::other,
            "IncorrectKeyException",
            "The key ID in the request does not identify a CMK that can perform this operation."};
}

/// The error for Decrypt without a key ID if the key that the ciphertext names cannot be found.
KmsRefusal refusal_no_key_of_ciphertext() {
    return {io::KmsErrorCode::access_denied,
            "The ciphertext refers to a customer master key that does not exist, does not exist in "
            "this region, or you are not allowed to access."};
}

std::optional<KmsRefusal> check_supported(const UseOptions& options) {
    if (options.has_recipient) {
        return KmsRefusal(io::KmsErrorCode::unsupported_operation,
                          "The simulator does not support recipients with attestation documents.");
    }
    return std::nullopt;
}

template <typename Request>
std::optional<KmsRefusal> check_use_for(const Request& request, const KeyInUse& key) {
    return check_use(key, required_use(request), io::name_of(KmsOperation<Request>::kApi));
}

std::optional<KmsRefusal> check_use_for(const GetPublicKeyRequest& /*request*/,
                                        const KeyInUse& key) {
    return check_has_public_key(key);
}

bool is_symmetric_algorithm(const std::optional<std::string>& algorithm) {
    return !algorithm || *algorithm == kSymmetricAlgorithm;
}

}  // namespace

std::variant<KeyInUse, KmsRefusal> KmsModel::usable_key(const Found& key,
                                                        io::KmsApi api,
                                                        const SimulatedTime& time) {
    KeyInUse in_use;
    in_use.arn = arn_of(*key.set, key.key->region);
    if (auto refusal = check_key_state(api, key.key->state(time.now), in_use.arn)) {
        return *std::move(refusal);
    }
    if (key.set->life) {
        finish_rotation(*key.set->life, unix_ms(time.wall));
    }
    in_use.id = key.set->id;
    in_use.spec = &key_specs()[key.set->spec];
    in_use.usage = key.set->usage;
    in_use.origin = key.set->origin;
    in_use.material_id = current_material_id(*key.set).value_or("");
    return in_use;
}

std::optional<KmsRefusal> KmsModel::load_material(const KeySet& set, KeyInUse& in_use) {
    MaterialName name;
    const std::string id = set.id.text();
    name.account = table_.names().text(set.account);
    name.key_id = id;
    name.material_id = in_use.material_id;
    name.spec = in_use.spec->name;
    name.origin = set.origin;
    auto material = materials_.load(name);
    if (!material) {
        return KmsRefusal(
            io::KmsErrorCode::kms_invalid_state,
            fmt::format("The imported key material of {} is lost, because the simulator keeps "
                        "it only in memory. Import the same key material again.",
                        in_use.arn));
    }
    in_use.material = *std::move(material);
    return std::nullopt;
}

template <std::derived_from<KeyUseRequest> Request>
Handled<ResultOf<Request>> KmsModel::respond(const io::AccountRegion& place,
                                             const Request& request,
                                             const SimulatedTime& time) {
    constexpr io::KmsApi kApi = KmsOperation<Request>::kApi;
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    if (auto refusal = check_supported(request.options)) {
        return {*std::move(refusal), {}};
    }
    auto found = find_key(place, io::name_of(kApi), request.key_id);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& key = std::get<Found>(found);
    auto usable = usable_key(key, kApi, time);
    if (auto* refusal = std::get_if<KmsRefusal>(&usable)) {
        return {std::move(*refusal), {}};
    }
    KeyInUse& in_use = std::get<KeyInUse>(usable);
    if (auto refusal = check_use_for(request, in_use)) {
        return {*std::move(refusal), {}};
    }
    if (auto refusal = load_material(*key.set, in_use)) {
        return {*std::move(refusal), {}};
    }
    auto performed = perform(request, in_use);
    if (auto* refusal = std::get_if<KmsRefusal>(&performed)) {
        return {std::move(*refusal), {}};
    }
    if (request.options.dry_run.value_or(false)) {
        return {refusal_dry_run(), {}};
    }
    record_use(key, kApi, time);
    return {std::get<ResultOf<Request>>(std::move(performed)), {}};
}

// clang-format off
template Handled<EncryptResult> KmsModel::respond(const io::AccountRegion&, const EncryptRequest&, const SimulatedTime&);
template Handled<DataKeyResult> KmsModel::respond(const io::AccountRegion&, const GenerateDataKeyRequest&, const SimulatedTime&);
template Handled<DataKeyWithoutPlaintextResult> KmsModel::respond(const io::AccountRegion&, const GenerateDataKeyWithoutPlaintextRequest&, const SimulatedTime&);
template Handled<DataKeyPairResult> KmsModel::respond(const io::AccountRegion&, const GenerateDataKeyPairRequest&, const SimulatedTime&);
template Handled<DataKeyPairWithoutPlaintextResult> KmsModel::respond(const io::AccountRegion&, const GenerateDataKeyPairWithoutPlaintextRequest&, const SimulatedTime&);
template Handled<SignResult> KmsModel::respond(const io::AccountRegion&, const SignRequest&, const SimulatedTime&);
template Handled<VerifyResult> KmsModel::respond(const io::AccountRegion&, const VerifyRequest&, const SimulatedTime&);
template Handled<GenerateMacResult> KmsModel::respond(const io::AccountRegion&, const GenerateMacRequest&, const SimulatedTime&);
template Handled<VerifyMacResult> KmsModel::respond(const io::AccountRegion&, const VerifyMacRequest&, const SimulatedTime&);
template Handled<GetPublicKeyResult> KmsModel::respond(const io::AccountRegion&, const GetPublicKeyRequest&, const SimulatedTime&);
template Handled<DeriveSharedSecretResult> KmsModel::respond(const io::AccountRegion&, const DeriveSharedSecretRequest&, const SimulatedTime&);
// clang-format on

std::variant<KmsModel::Found, KmsRefusal> KmsModel::key_of_ciphertext(
    const io::AccountRegion& place, io::KmsApi api, const DecryptRequest& request) {
    const auto origin = is_symmetric_algorithm(request.algorithm)
                            ? ciphertext_origin(request.ciphertext)
                            : std::nullopt;
    if (!request.key_id.empty()) {
        auto found = find_key(place, io::name_of(api), request.key_id);
        const Found* key = std::get_if<Found>(&found);
        if (key != nullptr && origin && origin->key != key->set->id) {
            return refusal_incorrect_key();
        }
        return found;
    }
    if (!origin) {
        return refusal_invalid_ciphertext();
    }
    auto found = find_key(place, io::name_of(api), origin->key.text());
    return std::holds_alternative<Found>(found) ? found : refusal_no_key_of_ciphertext();
}

std::variant<std::pair<KmsModel::Found, DecryptResult>, KmsRefusal> KmsModel::decrypt(
    const io::AccountRegion& place,
    io::KmsApi api,
    const DecryptRequest& request,
    const SimulatedTime& time) {
    auto found = key_of_ciphertext(place, api, request);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return std::move(*refusal);
    }
    const Found& key = std::get<Found>(found);
    auto usable = usable_key(key, api, time);
    if (auto* refusal = std::get_if<KmsRefusal>(&usable)) {
        return std::move(*refusal);
    }
    KeyInUse& in_use = std::get<KeyInUse>(usable);
    if (auto refusal = check_use(in_use, required_use(request), io::name_of(api))) {
        return *std::move(refusal);
    }
    if (is_symmetric_algorithm(request.algorithm)) {
        const auto origin = ciphertext_origin(request.ciphertext);
        KeyLife* life = key.set->life.get();
        const bool is_known = origin && (origin->material_id == in_use.material_id ||
                                         (life != nullptr && life->with_id(origin->material_id)));
        if (!is_known) {
            return refusal_invalid_ciphertext();
        }
        in_use.material_id = origin->material_id;
    }
    if (auto refusal = load_material(*key.set, in_use)) {
        return *std::move(refusal);
    }
    auto performed = perform(request, in_use);
    if (auto* refusal = std::get_if<KmsRefusal>(&performed)) {
        return std::move(*refusal);
    }
    return std::pair(key, std::get<DecryptResult>(std::move(performed)));
}

Handled<DecryptResult> KmsModel::respond(const io::AccountRegion& place,
                                         const DecryptRequest& request,
                                         const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    if (auto refusal = check_supported(request.options)) {
        return {*std::move(refusal), {}};
    }
    auto result = decrypt(place, io::KmsApi::decrypt, request, time);
    if (auto* refusal = std::get_if<KmsRefusal>(&result)) {
        return {std::move(*refusal), {}};
    }
    if (request.options.dry_run.value_or(false)) {
        return {refusal_dry_run(), {}};
    }
    auto& [key, plain] = std::get<0>(result);
    record_use(key, io::KmsApi::decrypt, time);
    return {std::move(plain), {}};
}

Handled<ReEncryptResult> KmsModel::respond(const io::AccountRegion& place,
                                           const ReEncryptRequest& request,
                                           const SimulatedTime& time) {
    constexpr io::KmsApi kApi = io::KmsApi::re_encrypt;
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    DecryptRequest from(request.source_key_id);
    from.ciphertext = request.ciphertext;
    from.context = request.source_context;
    from.algorithm = request.source_algorithm;
    auto source = decrypt(place, kApi, from, time);
    if (auto* refusal = std::get_if<KmsRefusal>(&source)) {
        return {std::move(*refusal), {}};
    }
    auto& [source_key, plain] = std::get<0>(source);
    auto found = find_key(place, io::name_of(kApi), request.key_id);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& key = std::get<Found>(found);
    auto usable = usable_key(key, kApi, time);
    if (auto* refusal = std::get_if<KmsRefusal>(&usable)) {
        return {std::move(*refusal), {}};
    }
    KeyInUse& in_use = std::get<KeyInUse>(usable);
    EncryptRequest to(request.key_id);
    to.plaintext = std::move(plain.plaintext);
    to.context = request.context;
    to.algorithm = request.algorithm;
    if (auto refusal = check_use(in_use, required_use(to), io::name_of(kApi))) {
        return {*std::move(refusal), {}};
    }
    if (auto refusal = load_material(*key.set, in_use)) {
        return {*std::move(refusal), {}};
    }
    auto performed = perform(to, in_use);
    if (auto* refusal = std::get_if<KmsRefusal>(&performed)) {
        return {std::move(*refusal), {}};
    }
    if (request.options.dry_run.value_or(false)) {
        return {refusal_dry_run(), {}};
    }
    record_use(source_key, kApi, time);
    record_use(key, kApi, time);
    auto& encrypted_again = std::get<EncryptResult>(performed);
    ReEncryptResult result;
    result.key_id = std::move(encrypted_again.key_id);
    result.source_key_id = std::move(plain.key_id);
    result.ciphertext = std::move(encrypted_again.ciphertext);
    result.source_algorithm = std::move(plain.algorithm);
    result.algorithm = std::move(encrypted_again.algorithm);
    result.source_key_material_id = std::move(plain.key_material_id);
    if (!in_use.material.pair) {
        result.key_material_id = in_use.material_id;
    }
    return {std::move(result), {}};
}

Handled<GenerateRandomResult> KmsModel::respond(const io::AccountRegion& /*place*/,
                                                const GenerateRandomRequest& request,
                                                const SimulatedTime& /*time*/) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    if (request.has_recipient || request.has_custom_key_store) {
        return {KmsRefusal(io::KmsErrorCode::unsupported_operation,
                           "The simulator supports neither recipients with attestation documents "
                           "nor custom key stores."),
                {}};
    }
    GenerateRandomResult result;
    result.plaintext = random_secret(static_cast<std::size_t>(request.number_bytes.value()));
    return {std::move(result), {}};
}

std::string_view KmsModel::key_spec(const io::AccountRegion& place, std::string_view key_id) {
    const auto found = find_key(place, io::name_of(io::KmsApi::encrypt), key_id);
    const Found* key = std::get_if<Found>(&found);
    return key_specs()[key != nullptr ? key->set->spec : 0].name;
}

}  // namespace keyferry::simulator
