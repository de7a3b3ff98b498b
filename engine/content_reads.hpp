#pragma once

#include "engine/read_calls.hpp"
#include "io/names/key_arn.hpp"
#include "planner/inventory.hpp"
#include "planner/key_content.hpp"
#include "planner/shared_text.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace keyferry {

/// Reads what a plan copies of its primaries, in their own Regions: GetKeyPolicy and
/// ListResourceTags; a key's description DescribeKey has told already. Equal policies are held
/// once.
class ContentReads {
  public:
    /// KMS lists up to 50 tags a page and lets a key have 50 besides AWS's own: what needs more
    /// pages than this makes no sense.
    static constexpr std::size_t kTagPagesMax = 10;

    /// Both must outlive this, and the calls that it asks for. Fills `inventory`'s contents and,
    /// of the keys asked about, SeenKey::policy and SeenKey::tags.
    ContentReads(ReadCalls& reads, Inventory& inventory) : reads_(reads), inventory_(inventory) {}

    /// Asks for `parts` of `primary`, the key with index `key`. `description` is the one that
    /// DescribeKey has told.
    void ask(std::uint32_t key,
             const KeyArn& primary,
             const CopiedParts& parts,
             std::optional<std::string> description);

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
    Inventory& inventory_;
    SharedTexts policies_;
};

}  // namespace keyferry
