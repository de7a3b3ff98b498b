// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/repeatable_calls.hpp"
#include "io/names/key_arn.hpp"
#include "planner/plan/key_content.hpp"
#include "planner/review/inventory.hpp"
#include "planner/text/shared_text.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::engine {

/// What came of reading parts of a key.
struct ReadContent {
    planner::KeyContent content;       ///< of the parts that were seen
    std::vector<std::string> aliases;  ///< by copyable_aliases; empty where they were not seen
    planner::LookupStatus policy = planner::LookupStatus::not_requested;
    planner::LookupStatus tags = planner::LookupStatus::not_requested;
    planner::LookupStatus aliases_look = planner::LookupStatus::not_requested;

    /// The look that went worst of those that were taken; Look::seen where all is there.
    [[nodiscard]] planner::LookupStatus worst() const noexcept;
    /// Whether all of `content` is there that was asked for.
    [[nodiscard]] bool is_content_whole() const noexcept;
};

/// What is read of a key.
struct PartsToRead {
    planner::CopiedParts content;
    bool aliases = false;

    [[nodiscard]] bool any() const noexcept { return content.any() || aliases; }
};

/// Reads what keys have that KMS copies to no replica, in their own Regions: GetKeyPolicy,
/// ListResourceTags and ListAliases; a key's description DescribeKey has told already. Equal
/// policies are held once.
class ContentReads {
  public:
    /// KMS lists up to 50 tags or 100 aliases a page and lets a key have 50 of each by default:
    /// what needs more pages than this makes no sense.
    static constexpr std::size_t kPagesMax = 10;

    /// `reads` must outlive this, and this the calls that it asks for.
    explicit ContentReads(RepeatableCalls& reads) : reads_(reads) {}

    /// Asks for `parts` of `key`. `description` is the one that DescribeKey has told. `done` is
    /// called once, at once where no call is needed.
    void ask(const io::KeyArn& key,
             const PartsToRead& parts,
             std::optional<std::string> description,
             std::function<void(ReadContent)> done);

  private:
    struct Reading;

    void ask_policy(std::shared_ptr<Reading> reading);
    void ask_tags(std::shared_ptr<Reading> reading, std::optional<std::string> marker);
    planner::LookupStatus heard_policy(Reading& reading,
                                       const FinalOutcome<io::GetKeyPolicyResult>& outcome);
    void heard_tags(const std::shared_ptr<Reading>& reading,
                    const FinalOutcome<io::ListResourceTagsResult>& outcome);
    void tags_are_over(Reading& reading, planner::LookupStatus look);
    void ask_aliases(std::shared_ptr<Reading> reading, std::optional<std::string> marker);
    void heard_aliases(const std::shared_ptr<Reading>& reading,
                       const FinalOutcome<io::ListAliasesResult>& outcome);
    void aliases_are_over(Reading& reading, planner::LookupStatus look);
    void part_is_over(Reading& reading);

    RepeatableCalls& reads_;
    planner::SharedTexts policies_;
};

}  // namespace keyferry::engine
