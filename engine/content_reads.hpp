#pragma once

#include "engine/read_calls.hpp"
#include "io/names/key_arn.hpp"
#include "planner/inventory.hpp"
#include "planner/key_content.hpp"
#include "planner/shared_text.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace keyferry {

/// What came of reading parts of a key.
struct ReadContent {
    KeyContent content;  ///< of the parts that were seen
    Look policy = Look::not_taken;
    Look tags = Look::not_taken;

    /// The look that went worst of those that were taken; Look::seen where all is there.
    Look worst() const noexcept {
        const Look at_policy = policy == Look::not_taken ? Look::seen : policy;
        const Look at_tags = tags == Look::not_taken ? Look::seen : tags;
        return at_policy > at_tags ? at_policy : at_tags;
    }
    bool is_whole() const noexcept { return worst() == Look::seen; }
};

/// Reads what keys have that KMS copies to no replica, in their own Regions: GetKeyPolicy and
/// ListResourceTags; a key's description DescribeKey has told already. Equal policies are held
/// once.
class ContentReads {
  public:
    /// KMS lists up to 50 tags a page and lets a key have 50 besides AWS's own: what needs more
    /// pages than this makes no sense.
    static constexpr std::size_t kTagPagesMax = 10;

    /// `reads` must outlive this, and this the calls that it asks for.
    explicit ContentReads(ReadCalls& reads) : reads_(reads) {}

    /// Asks for `parts` of `key`. `description` is the one that DescribeKey has told. `done` is
    /// called once, at once where no call is needed.
    void ask(const KeyArn& key,
             const CopiedParts& parts,
             std::optional<std::string> description,
             std::function<void(ReadContent)> done);

  private:
    struct Reading;

    void ask_policy(std::shared_ptr<Reading> reading);
    void ask_tags(std::shared_ptr<Reading> reading, std::optional<std::string> marker);
    Look heard_policy(Reading& reading, const ReadOutcome<GetKeyPolicyResult>& outcome);
    void heard_tags(const std::shared_ptr<Reading>& reading,
                    const ReadOutcome<ListResourceTagsResult>& outcome);
    void tags_are_over(Reading& reading, Look look);
    void part_is_over(Reading& reading);

    ReadCalls& reads_;
    SharedTexts policies_;
};

}  // namespace keyferry
