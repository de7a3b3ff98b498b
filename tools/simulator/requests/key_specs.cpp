// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/requests/key_specs.hpp"

#include <array>

namespace keyferry::simulator {

namespace {

using enum KeyUsage;

struct UsageName {
    KeyUsage usage;
    std::string_view name;
};

constexpr std::array kUsageNames{
    UsageName{encrypt_decrypt, "ENCRYPT_DECRYPT"},
    UsageName{sign_verify, "SIGN_VERIFY"},
    UsageName{generate_verify_mac, "GENERATE_VERIFY_MAC"},
    UsageName{key_agreement, "KEY_AGREEMENT"},
    UsageName{encapsulate_decapsulate, "ENCAPSULATE_DECAPSULATE"},
};

constexpr KeySpecUse kAgreement{key_agreement, "ECDH"};
constexpr std::array kSymmetric{KeySpecUse{encrypt_decrypt, "SYMMETRIC_DEFAULT"}};
constexpr std::array kRsa{
    KeySpecUse{encrypt_decrypt, "RSAES_OAEP_SHA_1 RSAES_OAEP_SHA_256"},
    KeySpecUse{sign_verify,
               "RSASSA_PKCS1_V1_5_SHA_256 RSASSA_PKCS1_V1_5_SHA_384 RSASSA_PKCS1_V1_5_SHA_512 "
               "RSASSA_PSS_SHA_256 RSASSA_PSS_SHA_384 RSASSA_PSS_SHA_512"}};
constexpr std::array kP256{KeySpecUse{sign_verify, "ECDSA_SHA_256"}, kAgreement};
constexpr std::array kP384{KeySpecUse{sign_verify, "ECDSA_SHA_384"}, kAgreement};
constexpr std::array kP521{KeySpecUse{sign_verify, "ECDSA_SHA_512"}, kAgreement};
constexpr std::array kSecg{KeySpecUse{sign_verify, "ECDSA_SHA_256"}};
constexpr std::array kEdwards{KeySpecUse{sign_verify, "ED25519_SHA_512 ED25519_PH_SHA_512"}};
constexpr std::array kHmac224{KeySpecUse{generate_verify_mac, "HMAC_SHA_224"}};
constexpr std::array kHmac256{KeySpecUse{generate_verify_mac, "HMAC_SHA_256"}};
constexpr std::array kHmac384{KeySpecUse{generate_verify_mac, "HMAC_SHA_384"}};
constexpr std::array kHmac512{KeySpecUse{generate_verify_mac, "HMAC_SHA_512"}};
constexpr std::array kSm2{
    KeySpecUse{encrypt_decrypt, "SM2PKE"}, KeySpecUse{sign_verify, "SM2DSA"}, kAgreement};
constexpr std::array kMlDsa{KeySpecUse{sign_verify, "ML_DSA_SHAKE_256"}};
constexpr std::array kMlKem{KeySpecUse{encapsulate_decapsulate, "ML_KEM"}};

constexpr std::array kKeySpecs{
    KeySpecEntry{"SYMMETRIC_DEFAULT", kSymmetric},
    KeySpecEntry{"RSA_2048", kRsa},
    KeySpecEntry{"RSA_3072", kRsa},
    KeySpecEntry{"RSA_4096", kRsa},
    KeySpecEntry{"ECC_NIST_P256", kP256},
    KeySpecEntry{"ECC_NIST_P384", kP384},
    KeySpecEntry{"ECC_NIST_P521", kP521},
    KeySpecEntry{"ECC_SECG_P256K1", kSecg},
    KeySpecEntry{"ECC_NIST_EDWARDS25519", kEdwards},
    KeySpecEntry{"HMAC_224", kHmac224},
    KeySpecEntry{"HMAC_256", kHmac256},
    KeySpecEntry{"HMAC_384", kHmac384},
    KeySpecEntry{"HMAC_512", kHmac512},
    KeySpecEntry{"SM2", kSm2},
    KeySpecEntry{"ML_DSA_44", kMlDsa},
    KeySpecEntry{"ML_DSA_65", kMlDsa},
    KeySpecEntry{"ML_DSA_87", kMlDsa},
    KeySpecEntry{"ML_KEM_512", kMlKem},
    KeySpecEntry{"ML_KEM_768", kMlKem},
    KeySpecEntry{"ML_KEM_1024", kMlKem},
};

}  // namespace

std::string_view name_of(KeyUsage usage) noexcept {
    return kUsageNames[static_cast<std::size_t>(usage)].name;
}

std::optional<KeyUsage> key_usage_named(std::string_view name) noexcept {
    for (const UsageName& known : kUsageNames) {
        if (known.name == name) {
            return known.usage;
        }
    }
    return std::nullopt;
}

const KeySpecUse* KeySpecEntry::use(KeyUsage usage) const noexcept {
    for (const KeySpecUse& candidate : uses) {
        if (candidate.usage == usage) {
            return &candidate;
        }
    }
    return nullptr;
}

std::span<const KeySpecEntry> key_specs() noexcept {
    return kKeySpecs;
}

std::optional<std::uint8_t> key_spec_index(std::string_view name) noexcept {
    for (std::size_t i = 0; i < kKeySpecs.size(); ++i) {
        if (kKeySpecs[i].name == name) {
            return static_cast<std::uint8_t>(i);
        }
    }
    return std::nullopt;
}

std::string_view name_of(KeyOrigin origin) noexcept {
    return origin == KeyOrigin::aws_kms ? "AWS_KMS" : "EXTERNAL";
}

}  // namespace keyferry::simulator
