// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace keyferry::engine {

/// How a job ended, for good or for this run.
enum class JobOutcome : std::uint8_t {
    done,      ///< the replica is there and usable
    failed,    ///< KMS refused for good
    conflict,  ///< something else stands where the replica should be
    unknown,   ///< the outcome of a sent call could not be learned; a rerun asks again
    deferred,  ///< not failed, not done: a rerun would go on with it
};

/// How a replica that is there came to be.
enum class Attribution : std::uint8_t {
    created,             ///< KMS answered this program's call with it
    created_reconciled,  ///< the answer was lost, a read showed that the call had made it
    existed,             ///< it was there before
};

/// "created", "created (reconciled)", "existed".
[[nodiscard]] std::string_view name_of(Attribution attribution) noexcept;

}  // namespace keyferry::engine
