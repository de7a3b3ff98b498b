// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_metadata.hpp"
#include "io/names/kms_api.hpp"
#include "tools/simulator/requests/kms_refusal.hpp"

#include <optional>
#include <string_view>

namespace keyferry::simulator {

/// Why `api` cannot be called on a key in this state: the table "Key states of AWS KMS keys" of the
/// KMS Developer Guide, with its texts. Nothing where it can be, and for operations that are not on
/// a key. What depends on where a key's material comes from is not here.
///
/// Where the table names two errors for a key that is to be deleted (DisabledException or
/// KMSInvalidStateException), it is KMSInvalidStateException.
[[nodiscard]] std::optional<KmsRefusal> check_key_state(io::KmsApi api,
                                                        io::KeyState state,
                                                        std::string_view arn);

}  // namespace keyferry::simulator
