// SPDX-License-Identifier: Apache-2.0
#include "io/checksum/sha256.hpp"

#include <openssl/evp.h>

#include <cassert>
#include <new>

namespace keyferry::io {

namespace {

struct ContextDeleter {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, ContextDeleter>;

Context new_context() {
    Context context(EVP_MD_CTX_new());
    if (!context) {
        throw std::bad_alloc();
    }
    return context;
}

/// Fetched once, because with EVP_sha256(), OpenSSL 3 would look up the algorithm on every init.
const EVP_MD* algorithm() {
    static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    assert(fetched != nullptr && "OpenSSL offers no SHA-256");
    return fetched;
}

// These functions do not fail for SHA-256 with valid arguments; a failure means that OpenSSL is
// broken.
void start(EVP_MD_CTX* context) {
    const int done = EVP_DigestInit_ex2(context, algorithm(), nullptr);
    assert(done == 1);
    static_cast<void>(done);
}

void add(EVP_MD_CTX* context, std::string_view bytes) {
    const int done = EVP_DigestUpdate(context, bytes.data(), bytes.size());
    assert(done == 1);
    static_cast<void>(done);
}

Sha256Digest result_of(EVP_MD_CTX* context) {
    Sha256Digest digest{};
    unsigned int size_bytes = 0;
    const int done = EVP_DigestFinal_ex(context, digest.data(), &size_bytes);
    assert(done == 1 && size_bytes == digest.size());
    static_cast<void>(done);
    return digest;
}

}  // namespace

Sha256Digest sha256(std::string_view bytes) {
    // One context per thread is reused, because creating a context costs more than hashing a
    // request.
    thread_local const Context context = new_context();
    start(context.get());
    add(context.get(), bytes);
    return result_of(context.get());
}

struct Sha256::State {
    Context context = new_context();
    bool finished = false;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    start(state_->context.get());
}

Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
    assert(!state_->finished);
    add(state_->context.get(), bytes);
}

Sha256Digest Sha256::finish() {
    assert(!state_->finished);
    state_->finished = true;
    return result_of(state_->context.get());
}

void Sha256::continue_from(const Sha256& other) {
    assert(!other.state_->finished);
    const int done = EVP_MD_CTX_copy_ex(state_->context.get(), other.state_->context.get());
    if (done != 1) {
        throw std::bad_alloc();  // copying allocates; this is the only possible failure
    }
    state_->finished = false;
}

std::array<char, 64> hex_digits(const Sha256Digest& digest) noexcept {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::array<char, 64> text{};
    for (std::size_t i = 0; i < digest.size(); ++i) {
        text[2 * i] = kDigits[digest[i] >> 4U];
        text[2 * i + 1] = kDigits[digest[i] & 0x0fU];
    }
    return text;
}

std::string hex(const Sha256Digest& digest) {
    const std::array<char, 64> digits = hex_digits(digest);
    return std::string(digits.data(), digits.size());
}

}  // namespace keyferry::io
