// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_metadata.hpp"
#include "io/names/kms_api.hpp"
#include "tools/simulator/requests/kms_refusal.hpp"

#include <optional>
#include <string_view>

namespace keyferry::simulator {

/// Checks whether `api` can be called on a key in this state, according to the table "Key states of
/// AWS KMS keys" in the KMS Developer Guide. Returns nullopt if the call is allowed or if the
/// operation does not act on a key. Otherwise returns the error from the table. Rules that depend
/// on the origin of the key material are checked elsewhere.
///
/// Where the table lists two errors for a key in PendingDeletion (DisabledException or
/// KMSInvalidStateException), this returns KMSInvalidStateException.
[[nodiscard]] std::optional<KmsRefusal> check_key_state(io::KmsApi api,
                                                        io::KeyState state,
                                                        std::string_view arn);

}  // namespace keyferry::simulator
