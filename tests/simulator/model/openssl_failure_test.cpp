// SPDX-License-Identifier: Apache-2.0
// Tests what a client sees if OpenSSL fails.
#include "tests/simulator/model/kms_model_fixture.hpp"

#include <openssl/evp.h>

#include <chrono>
#include <string>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;

/// While an object of this class exists, OpenSSL finds no algorithm, and every operation fails.
class BrokenOpenssl {
  public:
    BrokenOpenssl() { EVP_set_default_properties(nullptr, "provider=none"); }
    ~BrokenOpenssl() { EVP_set_default_properties(nullptr, ""); }
    BrokenOpenssl(const BrokenOpenssl&) = delete;
    BrokenOpenssl& operator=(const BrokenOpenssl&) = delete;
};

class OpensslFailureTest : public KmsModelTest {
  protected:
    template <typename Request>
    auto call(const Request& request, std::chrono::nanoseconds when = 0s) {
        return model_.handle(in_virginia(), request, at(when));
    }
    template <typename Request>
    std::string code_of(const Request& request) {
        return refusal_of(call(request, 5s)).wire_code;
    }
};

TEST_F(OpensslFailureTest, is_an_internal_error_of_one_request_and_has_no_effect) {
    EncryptRequest encrypt(kKeyId);
    encrypt.plaintext = io::Secret("plain");
    DecryptRequest decrypt(kKeyId);
    decrypt.ciphertext = result_of(call(encrypt)).ciphertext;
    GenerateDataKeyPairRequest data_key_pair(kKeyId);
    data_key_pair.key_pair_spec = "ECC_NIST_P256";
    const std::string state = model_.state_text(at(5s));
    {
        const BrokenOpenssl broken;
        EXPECT_EQ(code_of(encrypt), "KMSInternalException");
        EXPECT_EQ(code_of(decrypt), "KMSInternalException");
        EXPECT_EQ(code_of(data_key_pair), "KMSInternalException");
    }
    EXPECT_EQ(model_.state_text(at(5s)), state);
    const auto handled = call(decrypt, 6s);
    EXPECT_EQ(result_of(handled).plaintext.reveal(), "plain");
}

}  // namespace
}  // namespace keyferry::simulator
