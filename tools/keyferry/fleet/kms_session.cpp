// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/kms_session.hpp"

#include <cassert>

namespace keyferry::cli {

void KmsSession::open(const FleetScope& scope) {
    if (!kms_) {
        kms_ = open_kms(options_, scope, io_, clock_);
    }
}

KmsAccess& KmsSession::kms() const {
    assert(kms_);
    return *kms_;
}

}  // namespace keyferry::cli
