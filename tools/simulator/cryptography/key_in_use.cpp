// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/cryptography/key_in_use.hpp"

#include <fmt/format.h>

namespace keyferry::simulator {

namespace {

/// Whether `name` is in a list that is separated by spaces.
bool lists(std::string_view list, std::string_view name) {
    while (!list.empty()) {
        const std::size_t space = list.find(' ');
        if (list.substr(0, space) == name) {
            return true;
        }
        list.remove_prefix(space == std::string_view::npos ? list.size() : space + 1);
    }
    return false;
}

std::optional<KmsRefusal> check_implemented(const KeyInUse& key, std::string_view algorithm) {
    // OpenSSL 3.0 signs with Ed25519, but not with its prehashed form.
    if (is_usable_spec(key.spec->name) && algorithm != "ED25519_PH_SHA_512") {
        return std::nullopt;
    }
    return KmsRefusal(io::KmsErrorCode::unsupported_operation,
                      fmt::format("The simulator does not implement {} with key spec {}.",
                                  algorithm.empty() ? "cryptographic operations" : algorithm,
                                  key.spec->name));
}

}  // namespace

std::optional<KmsRefusal> check_use(const KeyInUse& key,
                                    const RequiredUse& required,
                                    std::string_view operation) {
    constexpr std::string_view kWireCode = "InvalidKeyUsageException";
    if (key.usage != required.usage) {
        return KmsRefusal(io::KmsErrorCode::other,
                          kWireCode,
                          fmt::format("{} key usage is {} which is not valid for {}.",
                                      key.arn,
                                      name_of(key.usage),
                                      operation));
    }
    const KeySpecUse* use = key.spec->use(required.usage);
    if (use == nullptr || !lists(use->algorithms, required.algorithm)) {
        return KmsRefusal(io::KmsErrorCode::other,
                          kWireCode,
                          fmt::format("Algorithm {} is incompatible with key spec {}.",
                                      required.algorithm,
                                      key.spec->name));
    }
    return check_implemented(key, required.algorithm);
}

std::optional<KmsRefusal> check_has_public_key(const KeyInUse& key) {
    if (key.spec->name == kSymmetricAlgorithm || key.usage == KeyUsage::generate_verify_mac) {
        return KmsRefusal(io::KmsErrorCode::unsupported_operation, "");  // message is unknown
    }
    return check_implemented(key, "");
}

}  // namespace keyferry::simulator
