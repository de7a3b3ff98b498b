// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/requests/kms_refusal.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::simulator {

/// Maximum length of a key ID, ARN or alias (KeyIdType in the KMS service model).
inline constexpr std::size_t kKeyIdMax = 2048;

/// Collects the constraint violations of one request and reports them in one ValidationException,
/// as AWS services do: "2 validation errors detected: Value ... at 'keyId' failed to satisfy
/// constraint: ...; Value ...".
class ValidationFindings {
  public:
    /// `member` is in camel case, as in AWS's messages. Long values are truncated in the message.
    void add(std::string_view value, std::string_view member, std::string_view constraint);
    void add_missing(std::string_view member);
    void add_length(std::string_view value,
                    std::string_view member,
                    std::size_t characters_min,
                    std::size_t characters_max);
    void add_range(std::optional<std::int32_t> value,
                   std::string_view member,
                   std::int32_t min,
                   std::int32_t max);
    void add_enum(const std::optional<std::string>& value,
                  std::string_view member,
                  std::span<const std::string_view> allowed);
    void add_key_id(std::string_view key_id);
    void add_region(std::string_view region, std::string_view member);
    /// Adds the findings for the parameters that all paginated operations have.
    void add_page(std::optional<std::int32_t> limit,
                  int limit_max,
                  const std::optional<std::string>& marker);

    /// Returns nullopt if there are no findings.
    [[nodiscard]] std::optional<KmsRefusal> refusal() const;

  private:
    std::vector<std::string> findings_;
};

/// Whether UTF-8 `text` matches [\u0020-\u00FF]*; the characters in `controls` are also allowed.
[[nodiscard]] bool has_latin_1_only(std::string_view text, std::string_view controls);

}  // namespace keyferry::simulator
