// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace keyferry::engine {

/// How a job ended, permanently or for this run.
enum class JobOutcome : std::uint8_t {
    done,      ///< the replica exists and is usable
    failed,    ///< permanently refused by KMS
    conflict,  ///< an unusable or unrelated key exists in the replica's place
    unknown,   ///< the outcome of a sent call could not be determined; a rerun checks again
    deferred,  ///< neither failed nor done; a rerun resumes it
};

/// How an existing replica was created.
enum class Attribution : std::uint8_t {
    created,  ///< KMS returned it in response to this program's call
    /// the response was lost; a later read showed that the call had created it
    created_reconciled,
    existed,  ///< it already existed
};

/// "created", "created (reconciled)", "existed".
[[nodiscard]] std::string_view name_of(Attribution attribution) noexcept;

}  // namespace keyferry::engine
