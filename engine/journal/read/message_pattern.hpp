// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::engine {

/// What error messages about the same problem have in common. Messages of KMS contain values that
/// differ from job to job: ARNs, key IDs, request IDs, account numbers, times, Regions. Two
/// messages have the same form() if they differ only in words with a digit, and such words can be
/// merged.
class MessagePattern {
  public:
    MessagePattern() = default;
    explicit MessagePattern(std::string_view message);

    /// The message with a placeholder for every word that contains a digit:
    /// "User: <ARN> is not authorized". Empty for an empty message.
    [[nodiscard]] const std::string& form() const noexcept { return form_; }
    /// Adds a message with the same form(): words in which it differs become placeholders in
    /// text().
    void merge(const MessagePattern& other);
    /// The message, with placeholders only for the words in which the merged messages differ.
    [[nodiscard]] std::string text() const;

  private:
    struct Word {
        std::size_t begin = 0;  ///< of the placeholder in form_
        std::size_t size = 0;   ///< of the placeholder
        std::string value;      ///< empty if the messages differ
    };

    std::string form_;
    std::vector<Word> words_;
};

}  // namespace keyferry::engine
