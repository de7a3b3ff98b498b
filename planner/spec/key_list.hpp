// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"
#include "planner/toml/spec_source.hpp"
#include "planner/toml/table_reader.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace keyferry::planner {

/// Longest keys_file, in bytes: kFleetKeysMax ARNs and some comment.
inline constexpr std::size_t kKeysFileBytesMax = std::size_t{256} << 20;

/// A setting of a group or, where the group has none, of [fleet]. "Written but wrong" is kept apart
/// from "not written", so that one mistake makes one complaint.
template <typename T>
struct OptionalSetting {
    bool written = false;
    std::optional<T> value;
};

/// What a bare key id does not say, and what an ARN must agree with.
struct KeyHome {
    OptionalSetting<io::AccountId> account;
    OptionalSetting<io::Region> primary;
};

/// Reads `keys` and `keys_file` of a group: key ids (which need the group's account and primary) or
/// key ARNs (which must agree with them where they are stated). Keys that are wrong are complaints
/// and are left out.
///
/// A keys_file has one key a line; '#' starts a comment, empty lines do not count.
[[nodiscard]] std::vector<SpecKey> read_keys(TableReader& group,
                                             const KeyHome& home,
                                             const SpecSource& source);

}  // namespace keyferry::planner
