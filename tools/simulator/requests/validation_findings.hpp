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

/// Longest key id, ARN or alias (KeyIdType of KMS's model).
inline constexpr std::size_t kKeyIdMax = 2048;

/// What KMS's model complains about in one request, gathered into the one ValidationException that
/// AWS's services answer with: "2 validation errors detected: Value ... at 'keyId' failed to
/// satisfy constraint: ...; Value ...".
class ValidationFindings {
  public:
    /// `member` in camel case as AWS prints it. A long value is cut in the text.
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
    /// What the operations have in common that answer page by page.
    void add_page(std::optional<std::int32_t> limit,
                  int limit_max,
                  const std::optional<std::string>& marker);

    /// Nothing when there were no findings.
    [[nodiscard]] std::optional<KmsRefusal> refusal() const;

  private:
    std::vector<std::string> findings_;
};

/// [\u0020-\u00FF]* on UTF-8 text, `controls` allowed as well.
[[nodiscard]] bool has_latin_1_only(std::string_view text, std::string_view controls);

}  // namespace keyferry::simulator
