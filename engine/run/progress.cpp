// SPDX-License-Identifier: Apache-2.0
#include "engine/run/progress.hpp"

#include <cassert>

namespace keyferry::engine {

void Progress::count(const JobEnd& end) {
    switch (end.outcome) {
        case JobOutcome::done:
            assert(end.attribution);
            switch (*end.attribution) {
                case Attribution::created:
                    ++created;
                    return;
                case Attribution::created_reconciled:
                    ++created_reconciled;
                    return;
                case Attribution::existed:
                    ++existed;
                    return;
            }
            return;
        case JobOutcome::failed:
            ++failed;
            return;
        case JobOutcome::conflict:
            ++conflicts;
            return;
        case JobOutcome::unknown:
            ++unknown;
            return;
        case JobOutcome::deferred:
            ++deferred;
            return;
    }
}

}  // namespace keyferry::engine
