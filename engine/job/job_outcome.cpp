// SPDX-License-Identifier: Apache-2.0
#include "engine/job/job_outcome.hpp"

namespace keyferry::engine {

std::string_view name_of(Attribution attribution) noexcept {
    switch (attribution) {
        case Attribution::created:
            return "created";
        case Attribution::created_reconciled:
            return "created (reconciled)";
        case Attribution::existed:
            return "existed";
    }
    return "(no attribution)";
}

}  // namespace keyferry::engine
