#include "engine/progress.hpp"

#include <cassert>

namespace keyferry {

void Progress::count(const JobEnd& end) {
    switch (end.outcome) {
        case JournalEvent::done:
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
        case JournalEvent::failed:
            ++failed;
            return;
        case JournalEvent::conflict:
            ++conflicts;
            return;
        case JournalEvent::unknown:
            ++unknown;
            return;
        case JournalEvent::deferred:
            ++deferred;
            return;
        case JournalEvent::open:
        case JournalEvent::run:
        case JournalEvent::sent:
        case JournalEvent::accepted:
        case JournalEvent::end:
        case JournalEvent::rewritten:
        case JournalEvent::lost:
            break;
    }
    assert(!"not the end of a job");
}

}  // namespace keyferry
