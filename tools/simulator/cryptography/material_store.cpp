// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/cryptography/material_store.hpp"

#include "tools/simulator/cryptography/openssl_failure.hpp"
#include "tools/simulator/cryptography/openssl_handles.hpp"

#include <fmt/format.h>
#include <openssl/core_names.h>

#include <array>
#include <utility>

namespace keyferry::simulator {

namespace {

/// The length of symmetric material; nullopt for asymmetric key specs.
std::optional<std::size_t> symmetric_bytes(std::string_view spec) {
    constexpr std::array kBytes{std::pair{std::string_view("SYMMETRIC_DEFAULT"), std::size_t{32}},
                                std::pair{std::string_view("HMAC_224"), std::size_t{28}},
                                std::pair{std::string_view("HMAC_256"), std::size_t{32}},
                                std::pair{std::string_view("HMAC_384"), std::size_t{48}},
                                std::pair{std::string_view("HMAC_512"), std::size_t{64}}};
    for (const auto& [name, size] : kBytes) {
        if (name == spec) {
            return size;
        }
    }
    return std::nullopt;
}

}  // namespace

bool is_usable_spec(std::string_view spec) {
    return symmetric_bytes(spec) || KeyPair::supports(spec);
}

void MaterialStore::keep_imported(const std::string& material_id, io::Secret bytes) {
    imported_.insert_or_assign(material_id, std::move(bytes));
}

io::Secret MaterialStore::derived_bytes(const MaterialName& name, std::size_t bytes) const {
    std::string seed = fmt::format("keyferry simulator {}", seed_);
    std::string salt = "key material 1";  // the version of the derivation
    std::string info =
        fmt::format("{} {} {} {}", name.account, name.key_id, name.spec, name.material_id);
    std::string digest = "SHA256";
    const std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), digest.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, seed.data(), seed.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
        OSSL_PARAM_construct_end()};
    const Owned<EVP_KDF> function(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
    const Owned<EVP_KDF_CTX> context(EVP_KDF_CTX_new(function.get()));
    std::string derived(bytes, '\0');
    if (!context ||
        EVP_KDF_derive(context.get(), bytes_of(derived), derived.size(), parameters.data()) <= 0) {
        throw OpensslFailure("derive key material");
    }
    return io::Secret::take(derived);
}

KeyPair MaterialStore::derived_pair(const MaterialName& name) {
    const bool is_slow = name.spec.substr(0, 4) == "RSA_";
    const std::string cached_as =
        is_slow ? fmt::format("{} {}", name.account, name.material_id) : std::string();
    if (is_slow) {
        const auto known = rsa_pairs_.find(cached_as);
        if (known != rsa_pairs_.end()) {
            return known->second;
        }
    }
    KeyPair pair = KeyPair::derived(name.spec, derived_bytes(name, KeyPair::kSeedBytes));
    if (is_slow) {
        if (rsa_pairs_.size() == kRsaPairsMax) {
            rsa_pairs_.erase(rsa_pairs_oldest_first_.front());
            rsa_pairs_oldest_first_.pop_front();
        }
        rsa_pairs_.emplace(cached_as, pair);
        rsa_pairs_oldest_first_.push_back(cached_as);
    }
    return pair;
}

std::optional<KeyMaterialBytes> MaterialStore::load(const MaterialName& name) {
    const auto size_bytes = symmetric_bytes(name.spec);
    KeyMaterialBytes material;
    if (name.origin == KeyOrigin::external) {
        const auto known = imported_.find(name.material_id);
        if (known == imported_.end()) {
            return std::nullopt;
        }
        if (size_bytes) {
            material.bytes = known->second.copy();
        } else {
            material.pair = KeyPair::from_der(name.spec, known->second.reveal());
            if (!material.pair) {  // it was readable when it was imported
                throw OpensslFailure("read an imported key");
            }
        }
    } else if (size_bytes) {
        material.bytes = derived_bytes(name, *size_bytes);
    } else {
        material.pair = derived_pair(name);
    }
    return material;
}

}  // namespace keyferry::simulator
