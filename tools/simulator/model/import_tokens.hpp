// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/values/packed_key_id.hpp"
#include "tools/simulator/values/seeded_random.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

namespace keyferry::simulator {

/// An import token and the parameters for which it was issued.
struct ImportToken {
    std::string bytes;
    std::uint32_t account = 0;
    PackedKeyId key;
    std::uint32_t region = 0;
    std::string algorithm;
    std::string spec;
    std::int64_t valid_to_ms = 0;  ///< Unix epoch
};

/// The tokens issued by GetParametersForImport; only the last kTokensMax are kept.
class ImportTokens {
  public:
    static constexpr std::size_t kTokensMax = 10'000;

    explicit ImportTokens(std::uint64_t seed) : random_(seed, "import tokens") {}

    /// Generates the token's bytes and stores it.
    const ImportToken& add(ImportToken token) {
        constexpr int kWords = 24;
        for (int i = 0; i < kWords; ++i) {
            const std::uint64_t word = random_.next();
            token.bytes.append(reinterpret_cast<const char*>(&word), sizeof(word));
        }
        restore(std::move(token));
        return tokens_.back();
    }

    /// Adds a token of an earlier run.
    void restore(ImportToken token) {
        if (tokens_.size() == kTokensMax) {
            tokens_.pop_front();
        }
        tokens_.push_back(std::move(token));
    }

    [[nodiscard]] const std::deque<ImportToken>& all() const noexcept { return tokens_; }

    /// Returns nullptr if `bytes` is not a known token.
    [[nodiscard]] const ImportToken* find(std::string_view bytes) const {
        for (const ImportToken& token : tokens_) {
            if (token.bytes == bytes) {
                return &token;
            }
        }
        return nullptr;
    }

  private:
    SeededRandom random_;
    std::deque<ImportToken> tokens_;
};

}  // namespace keyferry::simulator
