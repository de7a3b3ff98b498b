// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/cryptography/key_pair.hpp"

#include "tools/simulator/cryptography/openssl_failure.hpp"
#include "tools/simulator/cryptography/openssl_handles.hpp"

#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <cstdint>
#include <utility>

namespace keyferry::simulator {

namespace {

enum class KeyPairKind : std::uint8_t { rsa, ec, ed25519, sm2 };

struct KeyPairSpec {
    std::string_view name;
    KeyPairKind kind;
    int rsa_bits = 0;
    int curve = NID_undef;
};

constexpr std::array kKeyPairSpecs{
    KeyPairSpec{"RSA_2048", KeyPairKind::rsa, 2048, NID_undef},
    KeyPairSpec{"RSA_3072", KeyPairKind::rsa, 3072, NID_undef},
    KeyPairSpec{"RSA_4096", KeyPairKind::rsa, 4096, NID_undef},
    KeyPairSpec{"ECC_NIST_P256", KeyPairKind::ec, 0, NID_X9_62_prime256v1},
    KeyPairSpec{"ECC_NIST_P384", KeyPairKind::ec, 0, NID_secp384r1},
    KeyPairSpec{"ECC_NIST_P521", KeyPairKind::ec, 0, NID_secp521r1},
    KeyPairSpec{"ECC_SECG_P256K1", KeyPairKind::ec, 0, NID_secp256k1},
    KeyPairSpec{"ECC_NIST_EDWARDS25519", KeyPairKind::ed25519, 0, NID_undef},
    KeyPairSpec{"SM2", KeyPairKind::sm2, 0, NID_sm2},  // can be imported, but not used
};

const KeyPairSpec* key_pair_spec(std::string_view name) {
    for (const KeyPairSpec& spec : kKeyPairSpecs) {
        if (spec.name == name) {
            return &spec;
        }
    }
    return nullptr;
}

void require(bool succeeded, const char* what) {
    if (!succeeded) {
        throw OpensslFailure(what);
    }
}

/// Makes `context` use the bytes of `stream` as random numbers on this thread, with OpenSSL's
/// deterministic generator for tests.
void replace_random_numbers(OSSL_LIB_CTX* context, std::string& stream) {
    unsigned int strength_bits = 256;
    std::size_t request_bytes_max = std::size_t{1} << 16U;
    const std::array parameters{
        OSSL_PARAM_construct_octet_string(
            OSSL_RAND_PARAM_TEST_ENTROPY, stream.data(), stream.size()),
        OSSL_PARAM_construct_uint(OSSL_RAND_PARAM_STRENGTH, &strength_bits),
        OSSL_PARAM_construct_size_t(OSSL_RAND_PARAM_MAX_REQUEST, &request_bytes_max),
        OSSL_PARAM_construct_end()};
    require(RAND_set_DRBG_type(context, "TEST-RAND", nullptr, nullptr, nullptr) > 0,
            "select a deterministic generator");
    for (EVP_RAND_CTX* generator : {RAND_get0_private(context), RAND_get0_public(context)}) {
        require(generator != nullptr && EVP_RAND_uninstantiate(generator) > 0 &&
                    EVP_RAND_instantiate(
                        generator, strength_bits, 0, nullptr, 0, parameters.data()) > 0,
                "start a deterministic generator");
    }
}

/// Expands a seed with SHAKE256.
std::string expanded(const io::Secret& seed, std::size_t bytes) {
    std::string stream(bytes, '\0');
    const Owned<EVP_MD_CTX> hash(EVP_MD_CTX_new());
    require(hash && EVP_DigestInit_ex(hash.get(), EVP_shake256(), nullptr) > 0 &&
                EVP_DigestUpdate(hash.get(), seed.reveal().data(), seed.reveal().size()) > 0 &&
                EVP_DigestFinalXOF(hash.get(), bytes_of(stream), stream.size()) > 0,
            "expand a seed");
    return stream;
}

io::Secret pkcs8_der(EVP_PKEY* key) {
    const Owned<PKCS8_PRIV_KEY_INFO> unencrypted(EVP_PKEY2PKCS8(key));
    unsigned char* der = nullptr;
    const int size = unencrypted ? i2d_PKCS8_PRIV_KEY_INFO(unencrypted.get(), &der) : 0;
    require(size > 0, "write a private key");
    io::Secret secret(
        std::string_view(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)));
    OPENSSL_clear_free(der, static_cast<std::size_t>(size));
    return secret;
}

/// Returns nullptr if the bytes are not exactly one private key.
Owned<EVP_PKEY> key_in_pkcs8(std::string_view der) {
    const unsigned char* at = bytes_of(der);
    const Owned<PKCS8_PRIV_KEY_INFO> unencrypted(
        d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
    const bool is_whole = unencrypted && at == bytes_of(der) + der.size();
    return Owned<EVP_PKEY>(is_whole ? EVP_PKCS82PKEY(unencrypted.get()) : nullptr);
}

/// Derives an RSA key from `seed` and returns its DER. OpenSSL generates the key in a separate
/// library context, whose random numbers are replaced.
io::Secret derived_rsa_der(int bits, const io::Secret& seed) {
    // The search for two primes reads about 128 bytes per bit of the key. Only one key in many
    // millions needs eight times as much.
    constexpr std::size_t kStreamBytesPerBit = 1024;
    std::string stream = expanded(seed, static_cast<std::size_t>(bits) * kStreamBytesPerBit);
    const Owned<OSSL_LIB_CTX> context(OSSL_LIB_CTX_new());
    require(context != nullptr, "create a library context");
    replace_random_numbers(context.get(), stream);
    const OpensslKey generated{Owned<EVP_PKEY>(
        EVP_PKEY_Q_keygen(context.get(), nullptr, "RSA", static_cast<std::size_t>(bits)))};
    OPENSSL_cleanse(stream.data(), stream.size());
    require(generated.key != nullptr, "generate an RSA key");
    return pkcs8_der(generated.key.get());
}

/// Derives a private key for the curve, in the range from 1 to the order - 1. `seed` is at least
/// 128 bits longer than the order, so that the distribution is practically uniform (FIPS 186-5,
/// A.2.1).
Owned<BIGNUM> derived_scalar(const EC_GROUP* group, const io::Secret& seed, BN_CTX* numbers) {
    Owned<BIGNUM> scalar(BN_secure_new());
    const Owned<BIGNUM> range(BN_dup(EC_GROUP_get0_order(group)));
    const std::string_view bytes = seed.reveal();
    require(
        scalar && range && BN_sub_word(range.get(), 1) > 0 &&
            BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), scalar.get()) != nullptr &&
            BN_mod(scalar.get(), scalar.get(), range.get(), numbers) > 0 &&
            BN_add_word(scalar.get(), 1) > 0,
        "derive a private key");
    return scalar;
}

Owned<EVP_PKEY> derived_ec_key(int curve, const io::Secret& seed) {
    const Owned<BN_CTX> numbers(BN_CTX_secure_new());
    const Owned<EC_GROUP> group(EC_GROUP_new_by_curve_name(curve));
    require(numbers && group, "prepare a curve");
    const Owned<BIGNUM> scalar = derived_scalar(group.get(), seed, numbers.get());
    const Owned<EC_POINT> point(EC_POINT_new(group.get()));
    require(point &&
                EC_POINT_mul(group.get(), point.get(), scalar.get(), nullptr, nullptr, nullptr) > 0,
            "derive a public key");
    unsigned char* encoded = nullptr;
    const std::size_t encoded_size = EC_POINT_point2buf(
        group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, &encoded, numbers.get());
    const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
    const bool is_built =
        encoded_size > 0 && builder &&
        OSSL_PARAM_BLD_push_utf8_string(
            builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, OBJ_nid2sn(curve), 0) > 0 &&
        OSSL_PARAM_BLD_push_octet_string(
            builder.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded, encoded_size) > 0 &&
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar.get()) > 0;
    const Owned<OSSL_PARAM> parameters(is_built ? OSSL_PARAM_BLD_to_param(builder.get()) : nullptr);
    OPENSSL_free(encoded);
    const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY* key = nullptr;
    require(parameters && context && EVP_PKEY_fromdata_init(context.get()) > 0 &&
                EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.get()) > 0,
            "create an elliptic curve key");
    return Owned<EVP_PKEY>(key);
}

Owned<EVP_PKEY> derived_ed25519_key(const io::Secret& seed) {
    constexpr std::size_t kEd25519Bytes = 32;
    return Owned<EVP_PKEY>(EVP_PKEY_new_raw_private_key(
        EVP_PKEY_ED25519, nullptr, bytes_of(seed.reveal()), kEd25519Bytes));
}

bool is_key_of(const KeyPairSpec& spec, EVP_PKEY* key) {
    switch (spec.kind) {
        case KeyPairKind::rsa:
            return EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
                   EVP_PKEY_get_bits(key) == spec.rsa_bits;
        case KeyPairKind::ed25519:
            return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
        case KeyPairKind::ec:
        case KeyPairKind::sm2:
            break;
    }
    constexpr std::size_t kCurveNameMax = 64;
    std::array<char, kCurveNameMax> curve{};
    std::size_t size = 0;
    return EVP_PKEY_get_group_name(key, curve.data(), curve.size(), &size) > 0 &&
           OBJ_txt2nid(curve.data()) == spec.curve;
}

std::shared_ptr<const OpensslKey> shared(Owned<EVP_PKEY> key) {
    require(key != nullptr, "generate a key pair");
    return std::make_shared<const OpensslKey>(OpensslKey{std::move(key)});
}

}  // namespace

bool KeyPair::supports(std::string_view spec) {
    const KeyPairSpec* known = key_pair_spec(spec);
    return known != nullptr && known->kind != KeyPairKind::sm2;
}

KeyPair KeyPair::derived(std::string_view spec, const io::Secret& seed) {
    const KeyPairSpec* known = key_pair_spec(spec);
    require(known != nullptr && seed.reveal().size() == kSeedBytes, "derive this key");
    if (known->kind == KeyPairKind::rsa) {
        auto pair = from_der(spec, derived_rsa_der(known->rsa_bits, seed).reveal());
        require(pair.has_value(), "read an RSA key");
        return *std::move(pair);
    }
    return KeyPair(shared(known->kind == KeyPairKind::ed25519
                              ? derived_ed25519_key(seed)
                              : derived_ec_key(known->curve, seed)));
}

KeyPair KeyPair::generated(std::string_view spec) {
    const KeyPairSpec* known = key_pair_spec(spec);
    if (known != nullptr && known->kind == KeyPairKind::rsa) {
        return KeyPair(
            shared(Owned<EVP_PKEY>(EVP_RSA_gen(static_cast<unsigned int>(known->rsa_bits)))));
    }
    std::string seed(kSeedBytes, '\0');
    require(RAND_priv_bytes(bytes_of(seed), static_cast<int>(seed.size())) > 0,
            "generate random numbers");
    return derived(spec, io::Secret::take(seed));
}

std::optional<KeyPair> KeyPair::from_der(std::string_view spec, std::string_view der) {
    const KeyPairSpec* known = key_pair_spec(spec);
    Owned<EVP_PKEY> key = key_in_pkcs8(der);
    if (!key || known == nullptr || !is_key_of(*known, key.get())) {
        return std::nullopt;
    }
    return KeyPair(shared(std::move(key)));
}

bool KeyPair::is_consistent() const {
    const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(key_->key.get(), nullptr));
    return context && EVP_PKEY_check(context.get()) == 1;
}

std::string KeyPair::public_key_der() const {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key_->key.get(), &der);
    require(size > 0, "write a public key");
    std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return text;
}

io::Secret KeyPair::private_key_der() const {
    return pkcs8_der(key_->key.get());
}

}  // namespace keyferry::simulator
