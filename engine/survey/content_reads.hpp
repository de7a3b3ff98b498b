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

/// The result of reading parts of a key.
struct ContentResult {
    planner::KeyContent content;       ///< the parts that were read
    std::vector<std::string> aliases;  ///< filtered by copyable_aliases; empty if they could not be
                                       ///< read
    planner::LookupStatus policy = planner::LookupStatus::not_requested;
    planner::LookupStatus tags = planner::LookupStatus::not_requested;
    planner::LookupStatus aliases_status = planner::LookupStatus::not_requested;

    /// The worst status of all reads that were made; LookupStatus::found if all succeeded.
    [[nodiscard]] planner::LookupStatus worst() const noexcept;
    /// Whether all requested parts of `content` were read.
    [[nodiscard]] bool is_content_complete() const noexcept;
};

/// Which parts of a key to read.
struct ContentRequest {
    planner::CopiedParts content;
    bool aliases = false;

    [[nodiscard]] bool any() const noexcept { return content.any() || aliases; }
};

/// Reads the parts of keys that KMS does not copy to replicas, using GetKeyPolicy, ListResourceTags
/// and ListAliases in each key's own Region. The description is already known from DescribeKey.
/// Identical policies are stored only once.
class ContentReads {
  public:
    /// KMS returns up to 50 tags or 100 aliases per page and, by default, allows 50 of each per
    /// key, so a list with more pages than this is invalid.
    static constexpr std::size_t kPagesMax = 10;

    /// `reads` must outlive this object, which must outlive the calls that it starts.
    explicit ContentReads(RepeatableCalls& reads) : reads_(reads) {}

    /// Requests `parts` of `key`. `description` is the description returned by DescribeKey. `done`
    /// is called once; if no KMS call is needed, it is called immediately.
    void ask(const io::KeyArn& key,
             const ContentRequest& parts,
             std::optional<std::string> description,
             std::function<void(ContentResult)> done);

  private:
    struct Reading;

    void read_policy(std::shared_ptr<Reading> reading);
    void read_tags(std::shared_ptr<Reading> reading, std::optional<std::string> marker);
    planner::LookupStatus on_policy(Reading& reading,
                                    const FinalOutcome<io::GetKeyPolicyResult>& outcome);
    void on_tags(const std::shared_ptr<Reading>& reading,
                 const FinalOutcome<io::ListResourceTagsResult>& outcome);
    void finish_tags(Reading& reading, planner::LookupStatus status);
    void read_aliases(std::shared_ptr<Reading> reading, std::optional<std::string> marker);
    void on_aliases(const std::shared_ptr<Reading>& reading,
                    const FinalOutcome<io::ListAliasesResult>& outcome);
    void finish_aliases(Reading& reading, planner::LookupStatus status);
    void finish_part(Reading& reading);

    RepeatableCalls& reads_;
    planner::SharedTexts policies_;
};

}  // namespace keyferry::engine
